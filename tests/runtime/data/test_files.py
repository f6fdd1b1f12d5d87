"""What has the place of a file, and is none; names that are no text; sizes that cannot be."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from PIL import Image
from test_cli_train import run

import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.data.formats.idx import read_idx
from lenet.runtime.datasets import load_dataset
from lenet.runtime.machine.files import write_atomically

NET = "input 1x4x4\nflatten\nlinear 2\nlogsoftmax\n"
TRAIN = "train\n  loss nll\n  rate 0.1\n  batch 16\n  stop after 1 epoch\n"
BAD = os.fsdecode(b"caf\xe9")
TIME = 60  # seconds until it counts as hanging


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    images = np.arange(8 * 16, dtype=np.uint8).reshape(8, 1, 4, 4)
    labels = np.arange(8) % 2
    trained = lenet.train(NET + TRAIN, (images, labels, images, labels), engine="local")
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    trained.save(path)
    return path


@pytest.fixture
def others(tmp_path: Path) -> Iterator[dict[Path, str]]:
    """What is no file, and what it is called."""
    pipe, place = tmp_path / "pipe.png", tmp_path / "socket.png"
    os.mkfifo(pipe)
    listening = socket.socket(socket.AF_UNIX)
    cwd = os.getcwd()
    os.chdir(tmp_path)  # the path of a socket must be short
    listening.bind("socket.png")
    os.chdir(cwd)
    yield {
        pipe: "a pipe", place: "a socket", Path("/dev/zero"): "a device",
        Path("/dev/null"): "a device", Path("/dev/tty"): "a device", tmp_path: "folder",
    }  # fmt: skip
    listening.close()


def command(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = [sys.executable, "-c", "from lenet.cli import main; main()", *map(str, arguments)]
    return subprocess.run(program, input=given, capture_output=True, timeout=TIME, check=False)


def test_specs(tmp_path: Path, others: dict[Path, str]) -> None:
    for path, kind in list(others.items())[:-1]:
        for name in ("check", "shapes", "fmt"):
            result = run(name, path)
            assert result.exit_code == 1 and kind in result.output, result.output
    spec = tmp_path / "a.lenet"
    for path, kind in others.items():
        spec.write_text(f'import "{path}"\n{NET}')
        result = run("check", spec)
        assert result.exit_code == 1, result.output
        assert kind in result.output or "directory" in result.output


def test_what_a_shell_gives_is_read(tmp_path: Path) -> None:
    """Pipes that this process was given: they end."""
    result = command("check", "/dev/stdin", given=NET.encode())
    assert result.returncode == 0, result.stderr
    net = tmp_path / "net"
    net.write_text(NET)
    line = f'"{sys.executable}" -c "from lenet.cli import main; main()" check <(cat "{net}")'
    assert subprocess.run(["bash", "-c", line], timeout=TIME, check=False).returncode == 0


def test_predict_and_models(others: dict[Path, str], model: Path) -> None:
    for path, kind in list(others.items())[:-1]:
        result = run("predict", model, path)
        assert result.exit_code == 1 and kind in result.output, result.output
        result = run("predict", path, model)
        assert result.exit_code == 1 and kind in result.output, result.output
        with pytest.raises(LenetError, match=kind):
            lenet.open(model).predict(str(path))
    assert "is a folder" in run("predict", list(others)[-1], model).output


def test_data(tmp_path: Path, others: dict[Path, str]) -> None:
    pipe = next(iter(others))
    with pytest.raises(LenetError, match="a pipe"):
        load_dataset("parquet", str(pipe), shape=(1, 4, 4))
    with pytest.raises(LenetError, match="a pipe"):
        read_idx(pipe)
    for name in "ab":
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        Image.new("L", (4, 4)).save(folder / "1.png")
    assert len(load_dataset("images", str(tmp_path / "pictures"), shape=(1, 4, 4)).train) == 2
    os.mkfifo(folder / "2.png")
    with pytest.raises(LenetError, match="a pipe"):
        load_dataset("images", str(tmp_path / "pictures"), shape=(1, 4, 4))
    batch = tmp_path / "cifar" / "data_batch_1.bin"
    batch.parent.mkdir()
    os.mkfifo(batch)
    (batch.parent / "test_batch.bin").write_bytes(bytes(3073))
    with pytest.raises(LenetError, match="a pipe"):
        load_dataset("cifar10", folder=batch.parent)
    os.mkfifo(tmp_path / "run.json")
    result = run("train", "--resume", tmp_path)
    assert result.exit_code == 1 and "a pipe" in result.output


def test_devices_are_written_to_and_stay(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(pipe, b"data")
    assert os.read(reader, 10) == b"data" and pipe.is_fifo()
    os.close(reader)
    with pytest.raises(LenetError, match="[Dd]irectory"):
        write_atomically(tmp_path, b"data")


def test_sizes_that_cannot_be(tmp_path: Path, model: Path) -> None:
    """Sparse files of 100 GB take no time, and no memory."""
    for name in ("a.lenet", "b.png", "data_batch_1.bin"):
        with open(tmp_path / name, "wb") as file:
            file.truncate(100 * 2**30)
    assert "too long" in run("check", tmp_path / "a.lenet").output
    assert "are the most" in run("predict", model, tmp_path / "b.png").output
    (tmp_path / "test_batch.bin").write_bytes(bytes(3073))
    with pytest.raises(LenetError, match="are the most"):
        load_dataset("cifar10", folder=tmp_path)
    file = tmp_path / "train-images"
    sizes = b"".join((2**power).to_bytes(4, "big") for power in (20, 10, 10))
    with open(file, "wb") as stream:
        stream.write(b"\0\0\x08\x03" + sizes)
        stream.truncate(2**40 + 16)
    with pytest.raises(LenetError, match="memory"):
        read_idx(file)


def test_names_that_are_no_text(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / BAD
    folder.mkdir()
    spec = folder / f"{BAD}.lenet"
    spec.write_text(NET + TRAIN.replace("train", "data digits\ntrain", 1))
    for name in ("check", "shapes", "fmt"):
        assert run(name, spec).exit_code in (0, 1)
    spec.write_text(NET.replace("4x4", "8x8").replace("2", "10") + "data digits\n" + TRAIN)
    result = run("train", spec, "--engine", "local", "-o", folder / "run")
    assert result.exit_code == 0 and r"caf\xe9" in result.output, result.output
    trained = folder / "run" / "model.safetensors"
    assert lenet.open(trained).name == r"caf\udce9"
    assert run("evaluate", trained).exit_code == 0
    assert run("train", "--resume", folder / "run").exit_code == 0
    picture = folder / f"{BAD}.png"
    Image.new("L", (4, 4)).save(picture)
    for path in (picture, folder):
        result = run("predict", model, path)
        assert result.exit_code == 0 and r"caf\xe9.png" in result.output
    assert run("predict", model, picture, "--json").exit_code == 0
    missing = run("predict", folder / "none", picture)
    assert missing.exit_code == 1 and r"caf\xe9" in missing.output


@pytest.mark.parametrize("engine", ["local", pytest.param("spark", marks=pytest.mark.spark)])
def test_data_with_names_that_are_no_text(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    spark = request.getfixturevalue("spark") if engine == "spark" else None

    def fails(data: str, *expected: str) -> None:
        spec = tmp_path / "a.lenet"
        spec.write_bytes((NET + data).encode() + TRAIN.encode())
        with pytest.raises(LenetError) as failed:
            lenet.train(spec, engine=engine, spark=spark)
        assert all(part in str(failed.value) for part in expected), str(failed.value)
        str(failed.value).encode()

    for place in (f"a/{BAD}/1.png", f"b/x/{BAD}.png"):
        path = tmp_path / place
        path.parent.mkdir(parents=True)
        Image.new("L", (4, 4)).save(path)
        fails(f'data images "{place[0]}"\n', r"caf\xe9", "no UTF-8")
    rows = {"image": [bytes(16)] * 8, "label": [0, 1] * 4, "caffé": [0] * 8}
    whole = tmp_path / "c.parquet"
    pyarrow.parquet.write_table(pa.table(rows), whole, store_schema=False)
    broken = whole.read_bytes().replace("caffé".encode(), b"caff\xe9e")
    assert broken != whole.read_bytes()
    whole.write_bytes(broken)
    if engine == "local":
        fails('data parquet "c.parquet"\n  validate 2\n', "a column", "no UTF-8")
    else:  # Java reads the name as another one
        spec = tmp_path / "a.lenet"
        spec.write_text(NET + 'data parquet "c.parquet"\n  validate 2\n' + TRAIN)
        assert lenet.train(spec, engine=engine, spark=spark).classes == ("0", "1")
    folder = tmp_path / BAD
    folder.mkdir()
    table = pa.table({name: rows[name] for name in ("image", "label")})
    pyarrow.parquet.write_table(table, tmp_path / "d.parquet")
    (tmp_path / "d.parquet").rename(folder / "a")
    data = lenet.load(NET + 'data parquet "d"\n  validate 2\n' + TRAIN)
    if engine == "local":
        assert lenet.train(data, folder / "a", engine=engine).classes == ("0", "1")
    else:
        with pytest.raises(LenetError):
            lenet.train(data, folder / "a", engine=engine, spark=spark)


LABELS: list[tuple[Any, str]] = [
    (2_000_000_000, "2,000,000,000"), (2**31 - 1, "2147483647"), (2**62, str(2**62)),
    (-1, "-1"), (float("inf"), "inf"), (float("-inf"), "-inf"), (float("nan"), "empty"),
    (1e300, "1e+300"), (-1e300, "-1e+300"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "words"), LABELS, ids=str)
def test_labels_out_of_range_in_parquet(tmp_path: Path, label: Any, words: str) -> None:
    labels = [type(label)(k % 2) for k in range(8)] + [label]
    table = pa.table({"image": [bytes(16)] * 9, "label": labels})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    spec = tmp_path / "a.lenet"
    for line in ("", "  label distinct\n"):
        spec.write_text(f'{NET}data parquet "a.parquet"\n  validate 2\n{line}{TRAIN}')
        if line and isinstance(label, float) and words.startswith(("1e", "-1e")):
            continue  # a class of its own
        with pytest.raises(LenetError) as failed:
            lenet.train(spec, engine="local")
        if not line:
            assert words in str(failed.value)
            assert "row 8" in str(failed.value) or label == 2_000_000_000


@pytest.mark.spark
def test_labels_out_of_range_on_spark(tmp_path: Path, spark: Any) -> None:
    spec = tmp_path / "a.lenet"
    for label, words in (LABELS[0], LABELS[4]):
        labels = [type(label)(k % 2) for k in range(8)] + [label]
        table = pa.table({"image": [bytes(16)] * 9, "label": labels})
        pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
        spec.write_text(f'{NET}data parquet "a.parquet"\n  validate 2\n{TRAIN}')
        with pytest.raises(LenetError, match=words):
            lenet.train(spec, spark=spark)


def test_labels_in_python(model: Path) -> None:
    from datetime import date
    from decimal import Decimal

    import pandas as pd

    images = np.arange(9 * 16, dtype=np.uint8).reshape(9, 1, 4, 4)
    trained = lenet.open(model)
    odd = [label for label, _ in LABELS]
    odd += [2**70, Decimal("1e400"), Decimal("1e999999"), Decimal("sNaN"), date(2020, 1, 1), pd.NA]
    for label in odd:
        labels = [0, 1] * 4 + [label]
        frame = pd.DataFrame({"image": list(images.reshape(9, 16)), "label": pd.Series(labels)})
        for line in ("", "  label distinct\n"):
            spec = f"{NET}data frame\n  validate 2\n{line}{TRAIN}"
            for data in ((images, labels), frame):
                with pytest.raises(LenetError):
                    lenet.train(spec, data, engine="local")
        with pytest.raises(LenetError):
            trained.evaluate(images, labels)


def test_pictures_that_unpack_to_much(tmp_path: Path, model: Path) -> None:
    """Half a million bytes that stand for as many pixels as Pillow takes at most, or for more."""
    for side, words in ((13_000, "13000x13000"), (14_000, "too many pixels")):
        picture = tmp_path / f"{side}.png"
        Image.new("1", (side, side)).save(picture)
        assert words in run("predict", model, picture).output


def test_what_a_file_imports_is_no_pipe(tmp_path: Path) -> None:
    """It would be waited for; what the command line names may be one."""
    (tmp_path / "net.lenet").write_text('import "/dev/stdin"\ninput 3\nlinear 2\n')
    done = command("check", tmp_path / "net.lenet", given=b"let a = 1\n")
    assert done.returncode == 1 and b"cannot import /dev/stdin" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_streams_that_are_closed(tmp_path: Path, closed: str) -> None:
    (tmp_path / "net.lenet").write_text("input 3\nlinear 2\n")
    program = f"'{sys.executable}' -c 'from lenet.cli import main; main()' check net.lenet"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        f"{program} {closed}", shell=True, cwd=tmp_path, env=environment, capture_output=True
    )
    assert done.returncode == 0 and b"Traceback" not in done.stderr
