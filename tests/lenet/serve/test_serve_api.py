"""The server's answers, over HTTP: what is predicted, and what is refused."""

import base64
import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from served import Running, model_of, row, served
from typer.testing import CliRunner

import lenet
from lenet.cli import app

TOKEN = "a-secret-of-some-length"


@pytest.fixture(scope="module")
def server(pictures: Path, numbers: Path, places: Path, table: Path) -> Iterator[Running]:
    with served(
        [pictures, numbers, places, table], most_bytes=3 * 10**5, most_rows=40, most_pixels=10**6,
        rate=1e5, patience=2,
    ) as running:  # fmt: skip
        yield running


def drawing(ink: int = 0, paper: int = 255, size: int = 200) -> bytes:
    """A PNG of a seven."""
    picture = Image.new("L", (size, size), paper)
    points = [(size * x // 10, size * y // 10) for x, y in ((3, 2), (7, 2), (4, 8))]
    ImageDraw.Draw(picture).line(points, ink, size // 12)
    buffer = io.BytesIO()
    picture.save(buffer, "png")
    return buffer.getvalue()


def form(*files: bytes) -> tuple[bytes, str]:
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="p"; filename="%d.png"\r\n\r\n%b\r\n' % (k, f)
        for k, f in enumerate(files)
    ]
    return b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x"


# What is predicted.


def test_alone_or_together_the_answer_is_equal(server: Running) -> None:
    """To the last bit, though the net takes Winograd's transforms; and as the model itself says."""
    rows = [row(k) for k in range(37)]
    together = server.ask("/v1/models/digits/predict", {"rows": rows}).json["answers"]
    alone = [
        server.ask("/v1/models/digits/predict", {"row": values}).json["answer"] for values in rows
    ]
    assert alone == together
    images = np.array(rows, np.uint8).reshape(-1, 1, 28, 28)
    model = server.shelf.find("digits").model
    own = model.predict(images, in_blocks=True)
    assert [answer["probabilities"] for answer in alone] == own.probabilities.tolist()
    singly = np.concatenate([model.predict(image[None]).probabilities for image in images])
    assert not np.array_equal(own.probabilities, singly), "this net's two ways should differ"


def test_requests_that_come_together_are_predicted_together(server: Running) -> None:
    rows = [row(k) for k in range(24)]
    alone = [server.ask("/v1/models/digits/predict", {"row": r}).body for r in rows]
    found: dict[int, bytes] = {}
    served_one = server.shelf.find("digits")
    before, predict = len(server.batches), served_one.batcher._predict
    gate = threading.Event()

    def slowly(images: Any) -> Any:
        gate.wait(10)
        return predict(images)

    def ask(k: int) -> None:
        found[k] = server.ask("/v1/models/digits/predict", {"row": rows[k]}).body

    served_one.batcher._predict = slowly
    try:
        threads = [threading.Thread(target=ask, args=(k,)) for k in range(24)]
        for thread in threads:
            thread.start()
        while len(served_one.batcher._waiting) < 20:
            assert any(thread.is_alive() for thread in threads)
        gate.set()
        for thread in threads:
            thread.join()
    finally:
        served_one.batcher._predict = predict
    assert [found[k] for k in range(24)] == alone
    assert max(server.batches[before:]) >= 20


@pytest.mark.parametrize("ink", [(0, 255), (255, 0)])
def test_drawings_are_prepared_as_by_predict(
    server: Running, pictures: Path, tmp_path: Path, ink: tuple[int, int]
) -> None:
    """Raw, in a form, and in JSON."""
    data = drawing(*ink)
    (tmp_path / "seven.png").write_bytes(data)
    done = CliRunner().invoke(
        app, ["predict", str(pictures), str(tmp_path / "seven.png"), "--json"]
    )
    expected = json.loads(done.stdout.splitlines()[0])
    path = "/v1/models/digits/predict"
    body, kind = form(data, data)
    text = base64.b64encode(data).decode()
    answers = [
        server.ask(path, data, "image/png").json["answer"],
        server.ask(path, data, "application/octet-stream").json["answer"],
        *server.ask(path, body, kind).json["answers"],
        server.ask(path, {"picture": text}).json["answer"],
        server.ask(path, {"picture": f"data:image/png;base64,{text}"}).json["answer"],
        *server.ask(path, {"pictures": [text, text]}).json["answers"],
    ]
    assert len(answers) == 8 and all(answer == answers[0] for answer in answers)
    assert answers[0]["prepared"] == expected["prepared"]
    np.testing.assert_allclose(answers[0]["probabilities"], expected["probabilities"], 1e-5)


def test_numbers_and_nested_rows(server: Running) -> None:
    values = [0.5, -1, 2, 1e3, 0]
    found = server.ask("/v1/models/flats/predict", {"row": values}).json
    own = server.shelf.find("flats").model.predict(np.array([values], np.float32), in_blocks=True)
    assert found["answer"]["answers"] == pytest.approx(own[0])
    assert found["model"] == "flats" and found["version"] == "1"
    nested = np.reshape(row(), (1, 28, 28)).tolist()
    path = "/v1/models/digits/predict"
    answers = [server.ask(path, {"row": r}).json for r in (row(), nested, nested[0])]
    assert answers[0] == answers[1] == answers[2]


HOME = {"rooms": 3, "area": 71.5, "street": "Oak", "said": "an old one by the sea"}


def test_rows_of_a_table(server: Running) -> None:
    """Their answers do not depend on what else is asked, and are those of `lenet predict`."""
    homes = [HOME, {**HOME, "street": None, "said": 7}, {**HOME, "rooms": 1.5, "more": [1]}]
    path = "/v1/models/homes/predict"
    together = server.ask(path, {"rows": homes}).json["answers"]
    assert [server.ask(path, {"row": home}).json["answer"] for home in homes] == together
    own = server.shelf.find("homes").model.predict([HOME], in_blocks=True)
    assert together[0]["probabilities"] == own.probabilities[0].tolist()
    found = server.ask("/v1/models/homes/explain", {"row": HOME}).json["occlusion"]
    assert found["columns"] == list(HOME) and len(found["falls"]) == 4
    for column, unknown in (("street", "Fir"), ("rooms", 2.5)):  # 2.5 is the mean
        value = server.ask(path, {"row": {**HOME, column: unknown}}).json["answer"]
        fall = found["value"] - value["probabilities"][found["answer"]]
        assert found["falls"][found["columns"].index(column)] == pytest.approx(fall, abs=1e-6)


def test_places_have_masks(server: Running) -> None:
    answer = server.ask("/v1/models/places/predict", {"row": row(2, 64)}).json["answer"]
    assert sum(answer["answers"].values()) == pytest.approx(1)
    with Image.open(io.BytesIO(base64.b64decode(answer["mask"]))) as mask:
        assert mask.size == (8, 8) and np.asarray(mask).max() <= 2


def test_one_clients_mistake_is_not_the_others(server: Running) -> None:
    """Of a batch that cannot be predicted, the sound rows still are."""
    flats = server.shelf.find("flats")
    sound, huge = np.ones((1, 5), np.float32), np.full((1, 5), 3e38, np.float32)
    answers = flats.batcher._answers([sound, huge, sound])
    assert isinstance(answers[1], lenet.LenetError) or len(answers[1]) == 1
    assert answers[0] == answers[2] == flats.predict(sound)


def test_explanations(server: Running) -> None:
    found = server.ask("/v1/models/digits/explain?answer=3", drawing(), "image/png").json
    assert [layer["name"] for layer in found["layers"]] == [
        "conv", "relu1", "maxpool1", "score", "logsoftmax1",
    ]  # fmt: skip
    assert found["layers"][0]["maps"] == 8 and found["occlusion"]["answer"] == 3
    with Image.open(io.BytesIO(base64.b64decode(found["input"]))) as picture:
        assert picture.size == (28, 28)
    found = server.ask("/v1/models/flats/explain", {"row": [0, 1, 2, 3, 4]}).json
    assert len(found["occlusion"]["falls"]) == 5
    assert server.ask("/v1/models/places/explain", {"row": row(1, 64)}).status == 200


# What is refused.


@pytest.mark.parametrize(
    ("path", "value", "kind", "status", "said"),
    [
        ("digits/predict", {"row": [0] * 783}, "", 400, "row 0 is no list of 784 numbers"),
        ("digits/predict", {"row": [[0] * 28] * 27}, "", 400, "nested as 1x28x28 or flat"),
        ("digits/predict", {"row": [0.5] * 784}, "", 400, "whole numbers from 0 to 255"),
        ("digits/predict", {"row": [256] + [0] * 783}, "", 400, "has 256.0 at place 0"),
        ("digits/predict", {"row": [True] * 784}, "", 400, "no numbers: bool"),
        ("digits/predict", {"row": ["1"] * 784}, "", 400, "no numbers: str"),
        ("digits/predict", {"rows": []}, "", 400, "nothing to predict"),
        ("digits/predict", {"rows": [[0] * 784] * 41}, "", 413, "41 are more than 40"),
        ("digits/predict", {"row": 1, "rows": 2}, "", 400, "needs one key"),
        ("digits/predict", {"picture": "%%%"}, "", 400, "no base64"),
        ("digits/predict", [], "", 400, "no JSON object"),
        ("digits/predict", b'{"row": [NaN]}', "", 400, "NaN is no number"),
        ("digits/predict", b"[" * 50_000, "", 400, "no JSON"),
        ("digits/predict", b"\xff\xfe", "", 400, "no JSON"),
        ("digits/predict", {}, "text/plain", 415, "text/plain are not taken"),
        ("digits/predict", {}, "multipart/form-data", 400, "boundary"),
        ("digits/predict", b"--x--\r\n", "multipart/form-data; boundary=x", 400, "form"),
        ("digits/predict", b"nothing", "image/png", 400, "no picture that can be read"),
        ("digits/predict", bytes(3 * 10**5 + 1), "image/png", 413, "more than 300,000 bytes"),
        ("digits/predict?invert=maybe", {}, "", 400, "invert=maybe"),
        ("digits/predict?size=3", {}, "", 400, "no parameter size"),
        ("digits/explain", {"rows": [[0] * 784]}, "", 400, "one row or picture"),
        ("digits/explain?answer=10", {"row": [0] * 784}, "", 400, "no answer 10"),
        ("digits/explain?answer=x", {"row": [0] * 784}, "", 400, "answer=x"),
        ("flats/predict", {"row": [1, 2, 3, 4, 1e39]}, "", 400, "finite numbers of float32"),
        ("flats/predict", b'{"row": [0, 0, 0, 0, %b]}' % (b"9" * 400), "", 400, "beyond all"),
        ("flats/predict", b"", "image/png", 415, "image/png are not taken"),
        ("flats/predict", {"picture": ""}, "", 400, "one key of row, rows"),
        ("homes/predict", {"row": [1]}, "", 400, "row 0 is no object"),
        ("homes/predict", {"row": {"rooms": 1}}, "", 400, "row 0 lacks area, street, said"),
        ("homes/predict", {"row": {**HOME, "area": "x"}}, "", 400, "row 0, area: it is no number"),
        ("homes/predict", {"row": {**HOME, "area": None}}, "", 400, "area: it is no number"),
        ("homes/predict", {"row": {**HOME, "area": 10**400}}, "", 400, "beyond all bounds"),
        ("homes/predict", {"row": {**HOME, "street": ["x"]}}, "", 400, "street: it is no text"),
        ("homes/predict", {"row": {**HOME, "said": "\ud800"}}, "", 400, "half of a character"),
        ("nobody/predict", {}, "", 404, "no model 'nobody'"),
        ("digits/versions/2/predict", {}, "", 404, "no version '2'"),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_refusals(
    server: Running, path: str, value: Any, kind: str, status: int, said: str
) -> None:
    answer = server.ask(f"/v1/models/{path}", value, kind or "application/json")
    assert (answer.status, said in answer.json["error"]) == (status, True), answer.body


def test_pictures_beyond_the_limits(server: Running) -> None:
    buffer = io.BytesIO()
    Image.new("1", (2000, 2000)).save(buffer, "png")  # some 600 bytes
    answer = server.ask("/v1/models/digits/predict", buffer.getvalue(), "image/png")
    assert answer.status == 413 and "2000x2000 pixels" in answer.json["error"]
    blank = io.BytesIO()
    Image.new("L", (50, 50), 255).save(blank, "png")
    body, kind = form(drawing(), blank.getvalue())
    answer = server.ask("/v1/models/digits/predict", body, kind)
    assert answer.status == 400 and answer.json["error"].startswith("1.png: I see nothing drawn")
    answer = server.ask("/v1/models/places/predict", drawing(), "image/png")
    assert answer.status == 400 and "?resize=yes" in answer.json["fix"]
    assert server.ask("/v1/models/places/predict?resize=yes", drawing(), "image/png").status == 200


def test_a_body_without_a_length_is_not_read_beyond_the_limit(server: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    parts = (bytes(10**4) for _ in range(10**6))
    try:
        headers = {"Content-Type": "image/png"}
        connection.request("POST", "/v1/models/digits/predict", parts, headers, encode_chunked=True)
        status = connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):  # it hangs up: who goes on is not listened to
        status = 413
    finally:
        connection.close()
    assert status == 413


def test_a_body_that_does_not_come(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        head = "Host: localhost\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n"
        line.sendall(b"POST /v1/models/digits/predict HTTP/1.1\r\n" + head.encode())
        assert line.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("endless", [b"X-%d: y\r\n", b"%d" * 20], ids=["many", "long"])
def test_headers_without_an_end(server: Running, endless: bytes) -> None:
    """Many, or a long one: the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), 20) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        with pytest.raises(OSError):
            for number in range(10**6):
                line.sendall(endless % ((number,) if endless[:1] == b"X" else (number,) * 20))
    assert server.ask("/health").status == 200


def test_too_many_requests(pictures: Path) -> None:
    with served([pictures], rate=3) as running:
        answers = [running.ask("/v1/models/digits/predict", {"row": row()}) for _ in range(5)]
        assert [a.status for a in answers[:3]] == [200] * 3 and answers[4].status == 429
        assert int(answers[4].headers["retry-after"]) >= 1
        assert running.ask("/health").status == 200  # is not limited
    with served([pictures], concurrency=1) as running:
        running.app._working = 1
        answer = running.ask("/v1/models/digits/predict", {"row": row()})
        assert answer.status == 429 and answer.headers["retry-after"] == "1"
        running.app._working = 0
        assert running.ask("/v1/models/digits/predict", {"row": row()}).status == 200
        assert running.app._working == 0


def test_other_methods_and_addresses(server: Running) -> None:
    answer = server.ask("/v1/models/digits/predict")
    assert answer.status == 405 and answer.headers["allow"] == "POST"
    for path in ("/nothing", "/..%2f..%2fetc/passwd", "/v1/models/..%2fdigits"):
        answer = server.ask(path)
        assert answer.status == 404 and "error" in answer.json


# Who may ask.


def test_the_token(pictures: Path) -> None:
    with served([pictures], token=TOKEN) as running:
        path = "/v1/models"
        assert running.ask(path).status == 401
        assert running.ask(path).headers["www-authenticate"] == "Bearer"
        for wrong in ("Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é" * 9, TOKEN):
            assert running.ask(path, Authorization=wrong).status == 401
        assert running.ask(path, Authorization=f"Bearer {TOKEN}").status == 200
        assert {running.ask(p).status for p in ("/", "/health", "/ready")} == {200}
        assert {running.ask(p).status for p in ("/metrics", "/openapi.json")} == {401}


def test_other_sites_may_not_ask(server: Running) -> None:
    value = {"row": row()}
    path = "/v1/models/digits/predict"
    assert server.ask(path, value, Origin="https://evil.example").status == 403
    assert server.ask(path, value, Origin="null").status == 403
    own = f"127.0.0.1:{server.port}"
    assert server.ask(path, value, Origin=f"http://{own}").status == 200
    assert server.ask(path, value, Host="evil.example").status == 421
    assert server.ask(path, value, Host="[::1").status == 421
    assert server.ask(path, value, Host=f"localhost:{server.port}").status == 200


# What is told.


def test_metrics_and_health(server: Running) -> None:
    server.ask("/v1/models/digits/predict", {"rows": [row(), row(1)]})
    text = server.ask("/metrics").body.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[:1] != "#")
    assert float(lines['lenet_rows_total{model="digits",version="1"}']) >= 2
    assert float(lines['lenet_requests_total{endpoint="predict",status="200"}']) >= 1
    assert float(lines["lenet_requests_in_progress"]) == 0
    assert server.ask("/health").json == {"status": "ok"}
    assert server.ask("/ready").json == {"status": "ready"}


def test_the_page_asks_this_server_only(server: Running) -> None:
    answer = server.ask("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    page = answer.body.decode()
    assert "/* S" not in page and "http" not in page.replace("http-equiv", "")


# New files.


def test_a_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    from served import NUMBERS

    path = tmp_path / "model.safetensors"
    model_of(NUMBERS).save(path)
    values = {"row": [1, 2, 3, 4, 5]}
    with served([path]) as running:
        old = running.ask("/v1/models/flats/predict", values).json
        assert running.ask("/v1/reload", b"").json["models"][0]["outcome"] == "unchanged"
        path.write_bytes(path.read_bytes()[:-3])
        answer = running.ask("/v1/reload", b"")
        assert answer.status == 409 and "error" in answer.json["models"][0]
        assert running.ask("/v1/models/flats/predict", values).json == old
        assert running.ask("/ready").status == 200
        assert len(running.ask("/v1/models").json["problems"]) == 1
        model_of(NUMBERS, seed=2).save(path)
        statuses = set()
        end = time.monotonic() + 30
        while time.monotonic() < end:  # it is seen without being asked for
            answer = running.ask("/v1/models/flats/predict", values)
            statuses.add(answer.status)
            if answer.json != old:
                break
        else:
            pytest.fail("the new file was not read")
        assert statuses == {200} and answer.json["digest"] != old["digest"]
        assert "problems" not in running.ask("/v1/models").json
        assert [looked.outcome for looked in running.said][-1] == "reloaded"


def test_versions(pictures: Path, numbers: Path) -> None:
    paths = [Path(f"m@v1={numbers}"), Path(f"m={pictures}")]
    with served(paths) as running:
        told = running.ask("/v1/models").json["models"]
        named = [(m["name"], m["version"], m["newest"]) for m in told]
        assert named == [("m", "v1", False), ("m", "2", True)]
        assert running.ask("/v1/models/m/predict", {"row": row()}).json["version"] == "2"
        old = running.ask("/v1/models/m/versions/v1/predict", {"row": [1, 2, 3, 4, 5]})
        assert old.status == 200 and old.json["version"] == "v1"
        paths = running.ask("/openapi.json").json["paths"]
        assert "/v1/models/m/versions/v1/predict" in paths
