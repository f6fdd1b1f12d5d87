"""Images that stay encoded until a batch needs them: the bits of those in memory, whoever decodes
them and when; and pictures that can be read no longer."""

import io
import json
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from photos import CLASSES, fill, photo, rows, write
from PIL import Image

import lenet
from lenet.compiler.jit.folders import cache_folder
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.runtime.augmentations import crop
from lenet.runtime.data import DataError, survey
from lenet.runtime.data.counts import Counts, count
from lenet.runtime.data.encoded import Encoded
from lenet.runtime.data.formats.pictures import Layout
from lenet.runtime.data.rows import ready
from lenet.runtime.data.spool import Spool
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.values import form_of_encoded
from lenet.runtime.datasets import load_dataset
from lenet.runtime.machine.ahead import Ahead
from lenet.runtime.samples import samples_of
from lenet.runtime.spark.rows import counted
from lenet.runtime.spark.task import Plan, gather

NET = """
input 3x12x12
conv 4x3x3
relu
maxpool 2
reshape 100
dropout 0.3
linear 2
data images "data"
  normalize
  resize 12x12 crop
{data}{augment}train
  rate 0.01
  batch 16
  stop after 3 epochs
"""
WINDOWS = "augment\n  crop random 0.3 to 1\n  flip horizontal\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 pictures to train with, and 9 to validate."""
    place = tmp_path_factory.mktemp("photos")
    fill(place / "data" / "train", 48)
    fill(place / "data" / "test", 9, first=100)
    return place


def spec(place: Path, augment: str = "", data: str = "") -> Path:
    path = place / f"{abs(hash((augment, data)))}.lenet"
    path.write_text(NET.format(augment=augment, data=data))
    return path


def trained(path: Path, **options: Any) -> tuple[Any, dict[str, Any]]:
    """The model, and what was said of the data."""
    events: list[dict[str, Any]] = []
    options = {"engine": "local", **options}
    model = lenet.train(path, watch=events.append, **options)
    return model, next(event for event in events if event["event"] == "data")


def test_encoded_images_give_the_bits_of_those_in_memory(folder: Path) -> None:
    """Also what the net drops out, and what is counted before."""
    path = spec(folder)
    usual, data = trained(path)
    assert data.pop("encoded") == ""
    for threads in (1, 2):
        model, found = trained(path, memory=1, threads=threads)
        assert "of images are more than" in found.pop("encoded")
        assert found == data and model.digest == usual.digest
        assert (model.mean, model.observed) == (usual.mean, usual.observed)
        assert model.history[-1]["validation"] == usual.history[-1]["validation"]
    decoded = load_dataset("images", str(folder / "data"), section=usual.graph.data,
                           shape=(3, 12, 12)).test  # fmt: skip
    encoded = load_dataset("images", str(folder / "data"), section=usual.graph.data,
                           shape=(3, 12, 12), streaming=Streaming(1)).test  # fmt: skip
    assert decoded is not None and encoded is not None and isinstance(encoded.pixels, Encoded)
    assert usual.evaluate_read(encoded) == usual.evaluate_read(decoded)


def test_windows_are_cut_from_the_pictures_as_they_are(folder: Path) -> None:
    """The same ones on any number of threads, and after a stop."""
    path = spec(folder, WINDOWS)
    usual, data = trained(path, threads=1)
    assert data["encoded"] == "windows are cut from the pictures as they are"
    assert trained(path, threads=2)[0].digest == usual.digest
    run = folder / "run"
    trained(path, output=run, epochs=1)
    assert trained(path, output=run, resume=True, epochs=3)[0].digest == usual.digest


def test_executors_decode_what_they_get(folder: Path, spark: Any) -> None:
    """Of a dataset as Hugging Face's hub has it."""
    path = folder / "hub.lenet"
    path.write_text(spec(folder, WINDOWS).read_text().replace('images "data"', 'parquet "hub"'))
    for number in range(2):
        name = f"train-0000{number}-of-00002.parquet"
        write(folder / "hub" / "data" / name, rows(24, 24 * number, "img", "labels"))
    write(folder / "hub" / "data" / "test-0-of-1.parquet", rows(9, 100, "img", "labels"))
    local, data = trained(path)
    cluster, found = trained(path, engine="spark", spark=spark)
    assert cluster.digest == local.digest and cluster.classes == local.classes == CLASSES
    assert found == data and data["classes"] == {"dark": 24, "light": 24}


def test_what_a_worker_keeps(folder: Path) -> None:
    """The bytes of files: in memory, and in a file."""
    section = check_graph(NET.format(augment="", data=""), "net", {}, {}).data
    layout = Layout.of(folder / "data")
    form = replace(layout.form((3, 12, 12), section), encoded="for a reason")
    given = layout.table()
    nothing = pa.nulls(given.num_rows)
    for name in ("weight", "key", "place"):
        given = given.append_column(name, nothing)
    table = pa.Table.from_batches(ready(iter(given.combine_chunks().to_batches()), form))
    pixels = load_dataset("images", str(folder / "data"), shape=(3, 12, 12), section=section).train
    assert table["problem"].null_count == 57
    assert table["image"][0].as_py() == Path(given["image"][0].as_py()).read_bytes()
    train = table.slice(0, 48)
    columns = {
        "row": pa.array(np.arange(48)), "validation": pa.array(np.zeros(48, bool)),
        **{name: train[name].combine_chunks() for name in ("image", "label", "answers", "weight")},
    }  # fmt: skip
    batch = pa.record_batch(columns).take(pa.array(np.random.default_rng(1).permutation(48)))
    for memory in (None, 1):
        plan = Plan((3, 12, 12), 48, 0, 1, memory=memory, encoded=form_of_encoded(form))
        shard = gather([batch.slice(0, 20), batch.slice(20)], plan, 3, 0)
        for number, images in shard.slices.items():
            np.testing.assert_array_equal(images.array, pixels.pixels[number::3])
            np.testing.assert_array_equal(images.labels, pixels.labels[number::3])
    found = Counts.from_json(
        next(counted(iter([batch]), (3, 12, 12), "uint8", 1 / 255, (0, 0), plan.encoded))
        .column("train")[0].as_py()
    )  # fmt: skip
    assert found == count(pixels, 1 / 255)


def test_what_a_window_shows(folder: Path) -> None:
    graph = check_graph(NET.format(augment=WINDOWS, data=""), "net", {}, {})
    assert graph.augment is not None and graph.augment.windows is not None
    streaming = Streaming.of(graph)
    dataset = load_dataset("images", str(folder / "data"), shape=(3, 12, 12), section=graph.data,
                           streaming=streaming)  # fmt: skip
    pixels = dataset.train.pixels
    assert isinstance(pixels, Encoded)
    use, key = graph.augment.windows, np.uint64(5)
    images = np.array([3, 30, 4])
    found = pixels.decoded(images, lambda row: crop.window(use, key, row))
    boxes = []
    for image, own in zip(images.tolist(), found, strict=True):
        name = Path(pixels.value(image)).stem
        whole = photo(int(name))
        with Image.open(pixels.value(image)) as file:
            plain = file.convert("RGB") if whole.mode != "RGBA" else None
        box = crop.window(use, key, image)(whole.height, whole.width)
        assert box is not None
        top, left, height, width = box
        boxes.append(box)
        assert 0 <= top <= top + height <= whole.height and left + width <= whole.width
        assert 0.25 < height * width / (whole.height * whole.width) <= 1.0
        if plain is not None:
            part = plain.crop((left, top, left + width, top + height))
            wanted = np.asarray(part.resize((12, 12), Image.Resampling.BILINEAR))
            np.testing.assert_array_equal(own, wanted.transpose(2, 0, 1))
    assert len(set(boxes)) == 3
    rows_of = {0: np.arange(6)}
    (shown,) = samples_of(graph, dataset.train, rows_of, 3, 2, 1, 255.0)
    assert shown.bare.shape == shown.epochs[1].shape == (3, 3, 12, 12)
    assert (shown.epochs[0] != shown.epochs[1]).any()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:300]), "it is no picture that can be"),
        (lambda path: path.unlink(), r"it cannot be read \(No such file"),
    ],
)
def test_a_picture_that_breaks_in_the_middle(
    tmp_path: Path, harm: Callable[[Path], Any], said: str
) -> None:
    fill(tmp_path / "data", 40)
    path = spec(tmp_path, data="  validate 4\n")
    broken = tmp_path / "data" / "dark" / "10.jpg"

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "epoch" and event["epoch"] == 1:
            harm(broken)

    with pytest.raises(DataError, match="data has a row that cannot be used") as caught:
        lenet.train(path, engine="local", memory=1, watch=watch)
    assert str(broken) in caught.value.detail
    assert re.search(said, caught.value.detail)
    for _ in range(100):
        if not any(t.name.startswith("lenet_ahead") for t in threading.enumerate()):
            break
        time.sleep(0.05)
    else:
        raise AssertionError("threads live on")


def test_bad_pictures_are_found_before_the_training(tmp_path: Path) -> None:
    """As in memory: named, or left out."""
    folder = fill(tmp_path / "data", 12)
    (folder / "dark" / "cut.jpg").write_bytes((folder / "dark" / "0.jpg").read_bytes()[:200])
    path = spec(tmp_path, data="  validate 4\n")
    for memory in (None, 1):
        with pytest.raises(DataError, match="row that cannot be used") as caught:
            trained(path, memory=memory)
        assert "dark/cut.jpg: it is no picture" in caught.value.detail
        assert "`skip unreadable`" in caught.value.fix
    section = check_graph(
        NET.format(augment="", data="  skip unreadable\n"), "net", {}, {}
    ).data  # fmt: skip
    given = {"shape": (3, 12, 12), "section": section}
    usual = load_dataset("images", str(folder), **given)  # type: ignore[arg-type]
    found = load_dataset("images", str(folder), **given, streaming=Streaming(1))  # type: ignore[arg-type]
    assert found.left_out == usual.left_out and len(found.left_out) == 1
    np.testing.assert_array_equal(found.train.array, usual.train.pixels)
    np.testing.assert_array_equal(found.train.labels, usual.train.labels)
    padded = found.padded((1, 2)).train.array
    np.testing.assert_array_equal(padded, usual.padded((1, 2)).train.pixels)
    for name in ("dark", "light"):
        for picture in (folder / name).iterdir():
            picture.write_bytes(b"no picture")
    with pytest.raises(DataError, match="none of the 13 pictures of data can be read"):
        load_dataset("images", str(folder), **given, streaming=Streaming(1))  # type: ignore[arg-type]


def test_other_sizes_need_a_line_that_says_how(tmp_path: Path) -> None:
    fill(tmp_path / "data", 12)
    path = spec(tmp_path, data="  validate 4\n")
    path.write_text(path.read_text().replace("  resize 12x12 crop\n", ""))
    with pytest.raises(DataError, match="row that cannot be used") as caught:
        trained(path, memory=1)
    assert "pixels; the net takes 12x12" in caught.value.detail
    assert "`resize 12x12` in the data section" in caught.value.fix


def test_what_was_counted_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "cache"))
    folder = fill(tmp_path / "data", 6)
    section = check_graph(NET.format(augment="", data=""), "net", {}, {}).data

    def counted() -> survey.Surveyed:
        images = load_dataset("images", str(folder), shape=(3, 12, 12), section=section,
                              streaming=Streaming(1)).train  # fmt: skip
        return survey.survey(images, 1 / 255, (0, 0))

    first = counted()
    (kept,) = (cache_folder() / "counted").iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(Encoded, "decoded", None)
        assert counted() == first
    kept.write_text(json.dumps({"counts": 5}))  # damaged: counted anew
    assert counted() == first
    os.utime(folder / "dark" / "0.jpg", (1, 1))
    assert counted() == first and len(list((cache_folder() / "counted").iterdir())) == 2


def test_a_spool_in_memory_and_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [pa.array([b"one", b"", b"three"]), pa.array([], pa.binary()), pa.array([b"x" * 999])]
    for memory in (10**6, 10, 0):
        spool = Spool(memory)
        for part in parts:
            spool.add(part)
        assert spool.end().to_pylist() == [b"one", b"", b"three", b"x" * 999]
    spool = Spool(0)
    spool.add(pa.array([b"", None]))
    assert spool.end().to_pylist() == [b"", None]
    monkeypatch.setattr(
        "tempfile.TemporaryFile", lambda **_: (_ for _ in ()).throw(OSError(28, "Full"))
    )
    with pytest.raises(LenetError, match="cannot write the images to"):
        Spool(0).add(pa.array([b"1"]))


def test_work_ahead() -> None:
    ahead = Ahead(3)
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        time.sleep(0.002 * (number % 3))
        return number

    found = ahead.each(iter([lambda k=k: work(k) for k in range(20)]), 4)  # type: ignore[misc]
    assert next(found) == 0 and len(begun) <= 8
    assert list(found) == list(range(1, 20))
    with pytest.raises(ZeroDivisionError):
        ahead.do(lambda: 1 // 0).result()
    gate, entered = threading.Event(), threading.Barrier(4)
    held = [ahead.do(lambda: entered.wait(5) >= 0 and gate.wait(5)) for _ in range(3)]
    waiting = ahead.do(lambda: 1)
    entered.wait(5)
    ahead.close()
    gate.set()
    assert [one.result() for one in held] == [True] * 3
    while not waiting.done():
        time.sleep(0.01)
    assert waiting.cancelled()


def test_images_of_spark_stay_whole() -> None:
    from lenet.runtime.data.values import Form, encoded_of, form_of_encoded, image_of

    pixels = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)
    struct = {"height": 5, "width": 4, "nChannels": 3, "data": pixels.tobytes()}
    form = Form("struct", (3, 5, 4), (0, 0), "uint8")
    raw = encoded_of(struct, form)
    np.testing.assert_array_equal(image_of(raw, form_of_encoded(form)), image_of(struct, form))
    assert Image.open(io.BytesIO(raw)).format == "TIFF"
