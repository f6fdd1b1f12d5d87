"""The first look at images that stay encoded: each is decoded once, and counted."""

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from lenet.compiler.jit.folders import cache_folder
from lenet.runtime.data.counts import Counts, count, together
from lenet.runtime.data.dataset import DataError, Images
from lenet.runtime.data.encoded import Encoded
from lenet.runtime.data.picture import PictureError, SizeError
from lenet.runtime.data.rows import Read, labelled
from lenet.runtime.data.values import Form, Problem
from lenet.runtime.machine.ahead import Ahead
from lenet.runtime.machine.cores import available_cores
from lenet.runtime.machine.files import write_atomically

T = TypeVar("T")
_TOGETHER = 2**23  # bytes of images that are decoded, and counted, in one go
_AHEAD = 2  # such parts, of each thread
_FORMAT = 2  # of what the cache keeps


@dataclass(frozen=True)
class Surveyed:
    """What is counted of images, and the checksum of their values in their order."""

    counts: Counts
    checksum: int


def encoded_images(table: pa.Table, form: Form, name: str, skip: bool = False) -> Read:
    """The same as `images_of`, of images that stay encoded. Those of which nobody but `skip` has to
    know before are not yet looked at."""
    encoded = Encoded.of(name, table, form)
    left_out: list[str] = []
    if skip:
        problems = list(_each(len(encoded), encoded, lambda part: _unreadable(encoded, part)))
        bad = dict(pair for part in problems for pair in part)
        kept = np.array([k for k in range(len(encoded)) if k not in bad], np.int64)
        left_out = list(bad.values())
        if len(encoded) and not len(kept):
            title = f"none of the {len(encoded):,} pictures of {name} can be read"
            raise DataError(title, f"{left_out[0]}.")
        encoded = encoded.take(kept)
        table = table.take(kept)
    labels, weights = labelled(table, form, name, encoded.where)
    return Read(Images(encoded, labels, weights), tuple(left_out))


def _unreadable(encoded: Encoded, part: range) -> list[tuple[int, str]]:
    """The pictures that cannot be read, and why."""
    found = []
    for number in part:
        try:
            encoded.image(number)
        except SizeError:  # which is told later
            continue
        except PictureError as problem:
            found.append((number, f"{encoded.where(number)}: {problem}"))
        except Problem:
            continue
    return found


def survey(images: Images, scale: float, pad: tuple[int, int]) -> Surveyed:
    """Decode images that stay encoded, and count them; or read what was counted of the same files
    before. DataError with the first one that cannot be used."""
    encoded = images.pixels
    assert isinstance(encoded, Encoded)
    known = _kept(images, scale, pad)
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(known.read_bytes())
        return Surveyed(Counts.from_json(found["counts"]), int(found["checksum"]))

    def look(part: range) -> tuple[Counts, bytes]:
        pixels = encoded[part.start : part.stop]
        own = slice(part.start, part.stop)
        weights = None if images.weights is None else images.weights[own]
        return count(Images(pixels, images.labels[own], weights), scale, pad), pixels.tobytes()

    counts, checksum = [], 0
    for counted, values in _each(len(images), encoded, look):
        counts.append(counted)
        checksum = zlib.crc32(values, checksum)
    if not counts:
        counts = [count(Images(np.zeros(encoded.shape, np.uint8), images.labels), scale, pad)]
    whole = Surveyed(together(counts), checksum)
    with suppress(OSError):  # it can be counted again
        known.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps({"counts": whole.counts.to_json(), "checksum": checksum})
        write_atomically(known, text.encode())
    return whole


def _each(count: int, encoded: Encoded, look: Callable[[range], T]) -> Iterator[T]:
    """What is found of parts of the images, in their order, in all threads."""
    step = max(1, min(256, _TOGETHER // max(1, int(np.prod(encoded.shape[1:])))))
    threads = available_cores()

    def works() -> Iterator[Callable[[], T]]:
        for start in range(0, count, step):
            part = range(start, min(start + step, count))
            yield lambda part=part: look(part)  # type: ignore[misc]

    with closing(Ahead(threads)) as ahead:
        yield from ahead.each(works(), _AHEAD * threads)


def _kept(images: Images, scale: float, pad: tuple[int, int]) -> Path:
    """Where the cache has what was counted of images: named after the files, their sizes and when
    they were written, or after the bytes in a table; and after how they are read."""
    encoded = images.pixels
    assert isinstance(encoded, Encoded)
    digest = hashlib.sha256(repr((_FORMAT, replace(encoded.form, encoded=""), scale, pad)).encode())
    digest.update(images.labels.tobytes())
    if images.weights is not None:
        digest.update(images.weights.tobytes())
    for number in range(len(encoded)):
        digest.update(_identity(encoded, number))
    return cache_folder() / "counted" / f"{digest.hexdigest()[:32]}.json"


def _identity(encoded: Encoded, image: int) -> bytes:
    if encoded.form.image != "file":
        return hashlib.blake2b(encoded.raw(image), digest_size=20).digest()
    path = encoded.value(image)
    try:
        found = os.stat(path)
    except OSError:  # which is told when it is decoded
        return f"{path}\0".encode()
    return f"{path}\0{found.st_size} {found.st_mtime_ns}\0".encode()
