"""report.html: what is in it for every kind of answer, and that nothing in it runs."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli_train import SPEC, run

import lenet
from lenet.pages import report as pages
from lenet.pages.report import compared_page, report_page
from lenet.reported import BRIEF, WHOLE, Effort, Judged, Reported, reported_of
from lenet.runtime.data.dataset import Dataset, Images
from lenet.runtime.metrics.outcomes import Outcomes, outcomes_of
from lenet.runtime.models.evaluation import evaluated
from lenet.runtime.models.model import Model
from lenet.runtime.unit import Unit

VOID = {"meta", "img", "br", "link", "input", "hr"}
HOSTILE = ("<script>alert(1)</script>", "\x1b[31mcat", "a\u202eb", "\"&'", "")


class Page(HTMLParser):
    """A page's tags with their attributes, its text, and what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def sections(self) -> list[str | None]:
        return [attributes["id"] for attributes in self.all("h2")]


def checked(text: str) -> Page:
    """It is whole, fetches and runs nothing, and can be read without eyes and without a mouse."""
    page = Page(text)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "form"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("href", "src", "xlink:href"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:image/png;base64,", "data:image/svg+xml;base64,"))
        if tag == "img":
            assert attributes["alt"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text)
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policy and policy.startswith("default-src 'none'")
    assert page.tags[0] == ("html", {"lang": "en"}) and len(page.all("h1")) == 1
    assert len(page.all("table")) == len(page.all("caption"))
    names = page.sections()
    assert [link["href"] for link in page.all("a")] == [f"#{name}" for name in names]
    assert max(Counter(a["id"] for _, a in page.tags if "id" in a).values()) == 1
    return page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, `one` and `two`, that differ in a setting and the rate, and what was printed."""
    folder = tmp_path_factory.mktemp("report")
    spec = folder / "tiny.lenet"
    spec.write_text(SPEC)
    found = run("train", spec, "--engine", "local", "-o", folder / "one", "--json")
    (folder / "one.json").write_text(found.stdout)
    spec.write_text(SPEC.replace("rate 0.1", "rate 0.05"))
    words = ["train", spec, "--engine", "local", "-o", folder / "two", "--epochs", 1, "--seed", 7]
    (folder / "two.txt").write_text(run(*words).stdout)
    return folder


def test_the_end_of_a_run(folder: Path) -> None:
    text = (folder / "one" / "report.html").read_text()
    page = checked(text)
    found = ["course", "answers", "mistakes", "decided", "filters", "net", "file", "repeat"]
    assert page.sections() == [*found, "environment"]
    done = json.loads((folder / "one.json").read_text().splitlines()[-1])
    assert done["report"] == str(folder / "one" / "report.html") and done["digest"] in page.text
    assert f"report   {folder / 'two' / 'report.html'}\n" in (folder / "two.txt").read_text()
    assert "360 held-out images of digits" in page.text and "reshape filters*3*3" in text
    assert f"lenet train {folder / 'tiny.lenet'} --engine local" in page.text
    for words in ("numba", "Python", "processor", "one thread needs".capitalize(), "seed"):
        assert words in page.text
    assert sum("filter " in (i["alt"] or "") for i in page.all("img")) == 4
    two = checked((folder / "two" / "report.html").read_text())
    assert "--engine local --epochs 1 --seed 7" in two.text


def test_the_numbers_are_those_of_the_evaluation(folder: Path) -> None:
    model = folder / "one" / "model.safetensors"
    bare = run("evaluate", model, "--json").stdout
    file = folder / "page.html"
    assert run("evaluate", model, "--json", "--report", file).stdout == bare
    found, page = json.loads(bare), checked(file.read_text())
    cells = re.search(r'<table class="matrix">.*?</table>', file.read_text(), re.S)
    assert cells is not None
    rows = re.findall(r"<tr>(?=<th scope=\"row\">)(.*?)</tr>", cells[0])
    shown = [[int(n.replace("·", "0")) for n in re.findall(r">([\d·]+)</td>", r)] for r in rows]
    assert shown == found["confusion"]
    for row in found["classes"]:
        assert f"{row['label']} {row['count']} {row['f1']:.2%}" in page.text
    wrong = found["count"] - sum(found["confusion"][k][k] for k in range(10))
    assert f"24 of {wrong} mistakes" in page.text or f"All {wrong} mistakes" in page.text
    assert "course" in page.sections() and "repeat" in page.sections()


def test_a_run_that_is_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = folder / "one" / "report.html"
    result = run("report", folder / "one", "-o", folder / "again.html")
    assert result.exit_code == 0 and result.stderr == f"wrote {folder / 'again.html'}\n"
    again = checked((folder / "again.html").read_text())
    alts = [image["alt"] or "" for image in again.all("img")]
    counts = Counter(alt.rsplit(": ", 1)[-1] for alt in alts)
    assert counts["gradient times input"] == counts["occlusion"] == 6
    assert page.exists()
    monkeypatch.chdir(folder)
    assert run("report", "one", "two").stderr == "wrote report.html\n"
    both = checked((folder / "report.html").read_text())
    assert both.sections() == ["metrics", "settings", "courses", "files", "repeat"]
    assert "train: rate 0.1 0.05" in both.text and "seed 1 7" in both.text
    assert "train: batch" not in both.text, "it is the same"
    assert "- rate 0.1 + rate 0.05" in both.text and "2: two" in both.text


def test_what_cannot_be_reported(folder: Path, tmp_path: Path) -> None:
    for words, message in (
        (["report", tmp_path], "there is no run in"),
        (["report", folder / "one", "-o", "page.pdf"], "name a file that ends in .html"),
        (["report", folder / "one", folder / "two", "--data", "x"], "--data is for one run"),
        (["evaluate", folder / "one" / "model.safetensors", "--report", "x"], "ends in .html"),
    ):
        result = run(*words)
        assert result.exit_code in (1, 2) and message in result.stderr.replace("\n", " ")
    (tmp_path / "run.json").write_bytes((folder / "one" / "run.json").read_bytes())
    assert "has no model yet" in run("report", tmp_path).stderr


def test_a_report_is_written_or_not_and_never_costs_a_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["train", folder / "tiny.lenet", "--engine", "local", "--epochs", 1]
    assert "report   " not in run(*words, "-o", tmp_path / "a", "--no-report").stdout
    assert not (tmp_path / "a" / "report.html").exists()

    def broken(_: object) -> str:
        raise RuntimeError("of no importance")

    monkeypatch.setattr(pages, "report_page", broken)
    result = run(*words, "-o", tmp_path / "b")
    assert result.exit_code == 0 and "report   " not in result.stdout
    line = "there is no report of the run: RuntimeError: of no importance"
    assert sum(line in text for text in result.stderr.splitlines()) == 1
    assert (tmp_path / "b" / "model.safetensors").exists()
    assert not (tmp_path / "b" / "report.html").exists()


def test_a_run_whose_data_are_gone(folder: Path, tmp_path: Path) -> None:
    """All but the images is shown, and why they are not."""
    about = json.loads((folder / "one" / "run.json").read_text())
    about["given"] = True
    (tmp_path / "run.json").write_text(json.dumps(about))
    for name in ("model.safetensors", "history.jsonl"):
        (tmp_path / name).write_bytes((folder / "one" / name).read_bytes())
    result = run("report", tmp_path)
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: the report lacks the held-out images: a program gave")
    page = checked((tmp_path / "report.html").read_text())
    assert "No held-out images were looked at: a program gave" in page.text
    assert "lenet.train(spec, data) repeats it" in page.text and "mistakes" not in page.sections()


def model(outputs: str, train: str, names: tuple[str, ...], given: str = "1x6x6") -> Model:
    """One that never predicts here: its answers are made up."""
    answers = None
    if "loss" in train:
        answers = ((0.0,) * len(names), (1.0,) * len(names))
    flat = "" if "conv" in outputs or "x" not in given else "flatten\n"
    source = f"input {given}\n{flat}{outputs}\n{train}"
    graph = lenet.load(source).graph
    tensors = {
        f"{node.name}.{p.name}": np.zeros(p.shape, np.float32)
        for node in graph.nodes
        for p in node.parameters
    }
    return Model(source, tensors, names, 1 / 255, (0.0,), (1.0,), answers=answers)


TRAIN = "train\n  loss {}\n  rate 0.1\n"
RNG = np.random.default_rng(1)
IMAGES = 40


def judged(own: Model, labels: Any, outputs: Any, shape: tuple[int, ...] = (1, 6, 6)) -> Judged:
    """As if the model had said `outputs`."""
    pixels = RNG.integers(0, 256, (IMAGES, *shape)).astype(np.uint8)
    mean = np.zeros(labels.shape[1]) if labels.ndim == 2 else ()
    unit = None if own.answers is None else Unit.of(own.graph, tuple(mean), tuple(mean + 1))
    kind = np.int32 if unit is None else np.float32
    labels, outputs = labels.astype(kind), outputs.astype(np.float32)
    outcomes: Outcomes = outcomes_of(outputs, labels, True, unit)
    found = evaluated(outcomes, own.classes, ())
    map_ = shape[1:] if unit is not None and labels.shape[1] == shape[1] * shape[2] > 1 else ()
    return Judged(
        "data", own.classes, Images(pixels, labels), np.arange(IMAGES), IMAGES, 1 / 255, outcomes,
        found, map_,
    )  # fmt: skip


def kinds() -> Iterator[tuple[str, Model, Judged, str]]:
    logs = np.log(RNG.dirichlet(np.ones(5), IMAGES))
    own = model("linear 5\nlogsoftmax", "", HOSTILE)
    yield "classes", own, judged(own, RNG.integers(0, 5, IMAGES), logs), "mistakes, the worst"
    own = model("linear 5\nlogsoftmax", "", HOSTILE, given="7")
    rows = judged(own, RNG.integers(0, 5, IMAGES), logs, (1, 1, 7))
    yield "rows", own, rows, "value 7"
    numbers = RNG.normal(0, 1, (IMAGES, 2))
    own = model("linear 2", TRAIN.format("mse"), ("<b>size</b>", "age"))
    said = numbers + RNG.normal(0, 0.3, numbers.shape)
    said[3] = np.inf
    yield "numbers", own, judged(own, numbers, said), "age: predicted against true"
    own = model("linear 3", TRAIN.format("bce"), ("<i>", "sad", "old"))
    asked = RNG.integers(0, 2, (IMAGES, 3))
    yield "yes or no", own, judged(own, asked, RNG.normal(0, 1, asked.shape)), "said yes with"
    own = model("conv 3x1x1", TRAIN.format("crossentropy"), ("ground", "<u>", "tree"))
    places = RNG.integers(-1, 3, (IMAGES, 36))
    yield "places", own, judged(own, places, RNG.normal(0, 1, (IMAGES, 108))), "a colour each class"
    own = model("conv 1x1x1", TRAIN.format("bce"), tuple(f"place {k}" for k in range(36)))
    marks = RNG.integers(0, 2, (IMAGES, 36))
    yield "masks", own, judged(own, marks, RNG.normal(0, 1, (IMAGES, 36))), "what was said."
    own = model("linear 36", TRAIN.format("mse"), tuple(f"pixel {k}" for k in range(36)))
    shades = RNG.uniform(0, 1, (IMAGES, 36))
    yield "pictures", own, judged(own, shades, shades + 0.1), "all places: predicted against true"


KINDS = list(kinds())


@pytest.mark.parametrize("kind", KINDS, ids=[name for name, *_ in KINDS])
def test_each_kind_of_answer(kind: tuple[str, Model, Judged, str]) -> None:
    name, own, found, words = kind
    history = (
        {"epoch": 1, "loss": 2.0, "rate": 0.1, "seconds": 1.0, "validation": {"loss": 3.0}},
        {"epoch": 2, "loss": float("inf"), "rate": 0.1, "validation": {"strange": 1, "top1": 0.5}},
    )
    about = {
        "spec": "<b>.lenet", "settings": {}, "seed": None,
        "environment": {"<s>": "</pre><script>"},
    }  # fmt: skip
    text = report_page(Reported("<b>&", own, history, None, about, found))
    page = checked(text)
    assert words in page.text and not re.search("[\x00-\x08\x1b\u202e]", text)
    images = [image["alt"] or "" for image in page.all("img") if "held-out" in (image["alt"] or "")]
    assert len(images) == {"rows": 0, "places": 72, "masks": 72, "pictures": 72}.get(name, 24)


def test_the_worst_come_first() -> None:
    found = next(found for name, _, found, _ in KINDS if name == "classes")
    probabilities = np.exp(found.outcomes.values)
    own = probabilities[np.arange(IMAGES), found.outcomes.labels]
    wrong = probabilities.argmax(axis=1) != found.outcomes.labels
    assert len(found.worst) == min(24, wrong.sum()) and wrong[found.worst].all()
    assert (np.diff(own[found.worst]) >= 0).all()
    left = np.setdiff1d(np.flatnonzero(wrong), found.worst)
    assert not len(left) or own[left].min() >= own[found.worst].max()


def test_without_images_or_history() -> None:
    own = KINDS[0][1]
    page = checked(report_page(Reported("bare", own, ())))
    assert "course" not in page.sections() and "net" in page.sections()
    checked(compared_page([Reported("a", own, ()), Reported("b", KINDS[3][1], ())]))


def test_an_effort_is_a_bound(folder: Path) -> None:
    """Of many images, so many evenly spread ones as it allows."""
    own = Model.open(folder / "one" / "model.safetensors")
    dataset: Dataset = lenet.datasets.load("digits")
    macs = sum(node.macs for node in own.graph.nodes)
    found = reported_of(own, dataset, Effort(50 * macs, 0, True)).judged
    assert found is not None and found.held_out == 360
    assert len(found.rows) == 50 and (found.rows[0], found.rows[-1]) == (0, 359)
    assert np.ptp(np.diff(found.rows)) <= 1
    np.testing.assert_array_equal(found.images.labels, dataset.test.labels[found.rows])
    whole = reported_of(own, dataset, replace(WHOLE, compiling=False)).judged
    assert whole is not None and len(whole.rows) == 360
    assert not BRIEF.compiling
