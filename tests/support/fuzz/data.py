"""Damaged data files: an error that says so in clean words, or a dataset whose parts agree."""

import gzip
import io
import random
import resource
import shutil
import signal
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from PIL import Image

from lenet.dsl.errors import LenetError
from lenet.dsl.sections.data import Data
from lenet.runtime.data import Dataset
from lenet.runtime.datasets import load_dataset

_SECONDS = 2.0  # until it counts as hanging, of this process's own time
_MIB = 600  # that a small file may cost: Pillow takes up to 179 million pixels
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
_LABELS = (0, 1, 2, -1, 255, 2**31 - 2, 2**31, 2**62, -(2**63), 0.5, 1e300, -1e300, float("inf"),
           float("nan"), None, "a", "\x1b[31m", "a\u202eb", "", b"\xff", True)  # fmt: skip
_HUGE = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def run(seed: int) -> str:
    """See bench/mutants.py."""
    rng = random.Random(seed)
    kind = rng.choice(("idx", "cifar10", "images", "parquet", "labels"))
    folder = Path(tempfile.mkdtemp(prefix="lenet-fuzz-"))
    try:
        return f"{kind} {_outcome(_MAKERS[kind](folder, rng), seed, kind)}"
    finally:
        shutil.rmtree(folder)


def _outcome(load: Callable[[], Dataset], seed: int, kind: str) -> str:
    what = f"seed {seed}, {kind}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with _in_time(what):
            dataset = load()
    except LenetError as error:
        dirty = [c for c in str(error) if unicodedata.category(c)[0] == "C" and c != "\n"]
        assert not dirty, f"{what}: {str(error)!r}"
        assert error.title and len(str(error)) < 20_000, f"{what}: {error!r}"
        found = "refused"
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
    else:
        _check(dataset, what)
        found = "read"
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert more < _MIB, f"{what}: {more:,.0f} MiB more"
    return found


def _check(dataset: Dataset, what: str) -> None:
    for part in (dataset.train, dataset.test):
        if part is None:
            continue
        assert part.pixels.shape[1:] == dataset.shape and len(part.pixels) == len(part.labels), what
        assert part.pixels.dtype in (np.uint8, np.float32) and part.labels.dtype == np.int32, what
        assert np.isfinite(part.pixels).all(), what
        if len(part):
            assert part.labels.min() >= 0, what
            assert not dataset.classes or part.labels.max() < len(dataset.classes), what
    assert len(dataset.train), what
    repr(dataset)


@contextmanager
def _in_time(what: str) -> Iterator[None]:
    def late(_: int, __: FrameType | None) -> None:
        raise AssertionError(f"{what}: it hangs")

    previous = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """With one to four changes, most of them near the beginning or the end."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        size = len(found)
        place = rng.choice(
            (rng.randrange(64), size - rng.randrange(1, 64), rng.randrange(size + 1))
        )
        place = max(0, min(place, size - 1)) if size else 0
        change = rng.choice(("flip", "byte", "number", "cut", "insert", "delete", "repeat", "swap"))
        if change == "flip" and size:
            found[place] ^= 1 << rng.randrange(8)
        elif change == "byte" and size:
            found[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif change == "number":
            width, order = rng.choice((2, 4, 8)), rng.choice(("big", "little"))
            found[place : place + width] = (rng.choice(_HUGE) % 256**width).to_bytes(width, order)
        elif change == "cut":
            del found[place:]
        elif change == "insert":
            found[place:place] = rng.randbytes(rng.randint(1, 16))
        elif change == "delete":
            del found[place : place + rng.randint(1, 16)]
        elif change == "repeat":
            found[place:place] = found[place : place + 64] * rng.randint(1, 3)
        elif size > 16:
            other = rng.randrange(size - 8)
            found[other : other + 8], found[place : place + 8] = (
                found[place : place + 8], found[other : other + 8],
            )  # fmt: skip
    return bytes(found)


@lru_cache
def _idx(dimensions: tuple[int, ...]) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in dimensions)
    count = int(np.prod(dimensions))
    values = bytes(k % 3 if len(dimensions) == 1 else k * 7 % 256 for k in range(count))
    return b"\0\0\x08" + bytes([len(dimensions)]) + sizes + values


def _make_idx(folder: Path, rng: random.Random) -> Callable[[], Dataset]:
    files = {"train-images": (6, 4, 4), "train-labels": (6,)}
    if rng.random() < 0.5:
        files |= {"test-images": (3, 4, 4), "test-labels": (3,)}
    damaged = rng.choice(list(files))
    for name, dimensions in files.items():
        data, zipped = _idx(dimensions), rng.random() < 0.5
        inside = rng.random() < 0.5
        if name == damaged and inside:
            data = mutated(data, rng)
        data = gzip.compress(data, mtime=0) if zipped else data
        if name == damaged and not inside:
            data = mutated(data, rng)
        (folder / name).write_bytes(data)
    return lambda: load_dataset("idx", str(folder))


def _make_cifar10(folder: Path, rng: random.Random) -> Callable[[], Dataset]:
    for name in ("data_batch_1.bin", "test_batch.bin"):
        data = bytes([rng.randrange(10)]) + bytes(3072)
        (folder / name).write_bytes(mutated(data, rng) if rng.random() < 0.5 else data)
    return lambda: load_dataset("cifar10", folder=folder)


@lru_cache
def _picture(kind: str, mode: str) -> bytes:
    values = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4) * 3
    file = io.BytesIO()
    Image.fromarray(values, "RGBA").convert(mode).save(file, kind)
    return file.getvalue()


def _make_images(folder: Path, rng: random.Random) -> Callable[[], Dataset]:
    kind = rng.choice(_FORMATS)
    modes = ("L", "RGB") if kind in ("JPEG", "BMP") else ("L", "RGB", "RGBA", "P", "LA")
    if kind == "WEBP":
        modes = ("L", "RGB", "RGBA")
    if kind == "GIF":
        modes = ("L", "RGB", "RGBA", "P")
    data = _picture(kind, rng.choice(modes))
    for name, content in (("a", mutated(data, rng)), (rng.choice(("b", "\x1bb", "b\u202e")), data)):
        (folder / name).mkdir()
        (folder / name / "1.png").write_bytes(content)
    resize = rng.choice((None, (3, 3)))
    section = Data(
        "images", resize=resize, resize_mode=rng.choice(("fit", "crop", "stretch")),
        invert=rng.choice(("no", "yes", "auto")), skip_unreadable=rng.random() < 0.3,
    )  # fmt: skip
    channels = rng.choice((1, 3))
    shapes = ((channels, *resize),) if resize else ((channels, 5, 4), None)
    shape = rng.choice(shapes)
    return lambda: load_dataset("images", str(folder), shape=shape, section=section)


@lru_cache
def _parquet(images: str, text: bool, compression: str) -> bytes:
    rows: dict[str, Any] = {
        "bytes": pa.array([bytes([k] * 16) for k in range(8)]),
        "list": pa.array([[k] * 16 for k in range(8)], pa.list_(pa.uint8())),
        "float": pa.array([[k / 8] * 16 for k in range(8)], pa.list_(pa.float32())),
        "picture": pa.array([_picture("PNG", "L")] * 8),
    }
    labels = [("cat", "dög")[k % 2] if text else k % 2 for k in range(8)]
    file = io.BytesIO()
    table = pa.table({"image": rows[images], "label": labels})
    pyarrow.parquet.write_table(table, file, compression=compression)
    return file.getvalue()


def _make_parquet(folder: Path, rng: random.Random) -> Callable[[], Dataset]:
    images = rng.choice(("bytes", "list", "float", "picture"))
    data = _parquet(images, rng.random() < 0.5, rng.choice(("none", "snappy", "gzip")))
    file = folder / "a.parquet"
    file.write_bytes(mutated(data, rng))
    shape = (1, 5, 4) if images == "picture" else (1, 4, 4)
    section = Data("parquet", distinct=rng.random() < 0.3, skip_unreadable=rng.random() < 0.2)
    return lambda: load_dataset("parquet", str(file), shape=shape, section=section)


def _make_labels(folder: Path, rng: random.Random) -> Callable[[], Dataset]:
    """A sound file with odd labels."""
    labels: Any = [rng.choice(_LABELS)] * rng.randint(1, 3) + [rng.choice((0, 1.0, "a", None))] * 2
    kinds = (None, pa.string(), pa.float64(), pa.float16(), pa.decimal128(38, 2), pa.uint64(),
             pa.date32(), pa.bool_(), pa.binary(), pa.list_(pa.int8()))  # fmt: skip
    try:
        column = pa.array(labels, rng.choice(kinds))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        column = pa.array([str(label) for label in labels])
    table = pa.table({"image": [bytes(16)] * len(column), "label": column})
    pyarrow.parquet.write_table(table, folder / "a")
    section = Data("parquet", distinct=rng.random() < 0.5, first=rng.choice((0, 0, 1, 2**31 - 1)))
    return lambda: load_dataset("parquet", str(folder / "a"), shape=(1, 4, 4), section=section)


_MAKERS: dict[str, Callable[[Path, random.Random], Callable[[], Dataset]]] = {
    "idx": _make_idx,
    "cifar10": _make_cifar10,
    "images": _make_images,
    "parquet": _make_parquet,
    "labels": _make_labels,
}
