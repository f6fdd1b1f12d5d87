"""A request as images of a model: rows of numbers in JSON, or pictures."""

import base64
import binascii
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.shapes import Shape, show
from lenet.runtime.data.picture import PictureError, SizeError
from lenet.runtime.data.preparation import Preparation, opened
from lenet.serve.bodies import FORM, JSON, object_of
from lenet.serve.columns import LARGEST, rows_of_objects
from lenet.serve.facts import BYTES, Facts
from lenet.serve.refusals import Refusal
from lenet.serve.served import Served
from lenet.serve.settings import Settings

PICTURES = tuple(f"image/{kind}" for kind in ("png", "jpeg", "bmp", "gif", "tiff", "webp"))
RAW = "application/octet-stream"
KEYS = ("row", "rows", "picture", "pictures")
_INVERT = ("auto", "yes", "no")


@dataclass(frozen=True)
class Way:
    """How pictures are prepared, as `lenet predict --invert --resize` is told."""

    invert: str | None = None
    resize: bool = False

    @classmethod
    def of(cls, query: dict[str, str]) -> "Way":
        """Refusal where a value is none of those that there are."""
        invert, resize = query.get("invert"), query.get("resize", "no")
        if invert not in (None, *_INVERT):
            raise Refusal(400, f"invert={invert} is none of {', '.join(_INVERT)}")
        if resize not in ("yes", "no"):
            raise Refusal(400, f"resize={resize} is neither yes nor no")
        return cls(invert, resize == "yes")


@dataclass(frozen=True, eq=False)
class Asked:
    """`images` (count, …) as `Served.predict` takes them; of pictures, `done` is what was done to
    each. A `single` one is answered by itself, others by a list."""

    images: NDArray[Any]
    single: bool
    done: tuple[tuple[str, ...], ...] | None = None
    prepared: NDArray[np.uint8] | None = None  # pictures from black to white


def kinds_of(facts: Facts) -> tuple[str, ...]:
    """The content types that a model takes."""
    return (JSON, *((*PICTURES, RAW, FORM) if facts.pictures else ()))


def check_kind(kind: str, facts: Facts) -> None:
    """Refusal (415) for a content type that is none of these."""
    kinds = kinds_of(facts)
    if kind not in kinds:
        title = f"bodies of the type {kind or 'nobody knows'} are not taken"
        raise Refusal(415, title, f"send {', '.join(kinds)}", {"Accept-Post": ", ".join(kinds)})


def asked_in_json(body: bytes, served: Served, way: Way, settings: Settings) -> Asked:
    """Of an object with one of KEYS; Refusal."""
    found = object_of(body)
    keys = KEYS if served.facts.pictures else KEYS[:2]
    if len(found) != 1 or next(iter(found)) not in keys:
        said = ", ".join(map(repr, list(found)[:4])) or "none"
        raise Refusal(400, f"the object needs one key of {', '.join(keys)}; it has {said}")
    ((key, value),) = found.items()
    single = not key.endswith("s")
    many = [value] if single else value
    if not isinstance(many, list):
        raise Refusal(400, f"{key} is no list")
    _check_count(len(many), settings)
    if key.startswith("row") and served.model.features is not None:
        rows = rows_of_objects(many, served.model.features, served.facts.columns)
        return Asked(rows, single)
    if key.startswith("row"):
        return Asked(rows_of(many, served.facts), single)
    texts = [("" if single else f"picture {k}", _decoded(v, key)) for k, v in enumerate(many)]
    return asked_in_pictures(texts, served, way, settings, single)


def _check_count(count: int, settings: Settings) -> None:
    if count == 0:
        raise Refusal(400, "there is nothing to predict", "send one row or picture, or more")
    if count > settings.most_rows:
        title = f"{count:,} are more than {settings.most_rows:,} at once"
        raise Refusal(413, title, "send them in parts")


def rows_of(many: list[Any], facts: Facts) -> NDArray[Any]:
    """Rows of numbers, nested as the shape is or flat; Refusal where one is none."""
    flat = [_flat(row, facts, k) for k, row in enumerate(many)]
    wide = np.array(flat, np.float64)
    if facts.whole:
        wrong = (wide != np.floor(wide)) | (wide < 0) | (wide > BYTES)
        said = f"whole numbers from 0 to {BYTES}, as the training data have"
    else:
        wrong = ~(np.abs(wide) <= LARGEST)
        said = "finite numbers of float32"
    if wrong.any():
        row, place = np.argwhere(wrong)[0]
        title = f"row {row} has {flat[row][place]!r:.40} at place {place}; values are {said}"
        raise Refusal(400, title)
    return wide.astype(facts.dtype)


def _flat(row: Any, facts: Facts, number: int) -> list[float]:
    shape = facts.shape
    # A single channel need not be written.
    shapes = [(facts.size,), shape, *([shape[1:]] if shape[0] == 1 else [])]
    values = next((v for s in shapes if (v := _unnested(row, s)) is not None), None)
    if values is None:
        nested = f", nested as {show(shape)} or flat" if len(shape) > 1 else ""
        raise Refusal(400, f"row {number} is no list of {facts.size:,} numbers{nested}")
    if strange := set(map(type, values)) - {int, float}:
        names = ", ".join(sorted(kind.__name__ for kind in strange))
        raise Refusal(400, f"row {number} has values that are no numbers: {names}")
    try:
        return list(map(float, values))
    except OverflowError:
        raise Refusal(400, f"row {number} has a number beyond all bounds") from None


def _unnested(row: Any, shape: Shape) -> list[Any] | None:
    """The values of nested lists of this shape; None for another one."""
    values = [row]
    for size in shape:
        if not all(isinstance(part, list) and len(part) == size for part in values):
            return None
        values = list(chain.from_iterable(values))
    return values


def _decoded(text: Any, key: str) -> bytes:
    if not isinstance(text, str):
        raise Refusal(400, f"{key} is no text in base64")
    try:
        return base64.b64decode(text.partition(",")[2] if text[:5] == "data:" else text, None, True)
    except (binascii.Error, ValueError):
        raise Refusal(400, f"{key} is no base64") from None


def asked_in_pictures(
    files: Sequence[tuple[str, bytes]], served: Served, way: Way, settings: Settings,
    single: bool = False,
) -> Asked:  # fmt: skip
    """Of encoded pictures, each with the name that messages give it; Refusal where one of them
    cannot be used."""
    _check_count(len(files), settings)
    preparation = served.model.preparation(way.invert, way.resize)
    done, pixels = [], []
    for name, data in files:
        before = f"{name}: " if name else ""
        try:
            _check_pixels(data, settings.most_pixels, before)
            prepared = preparation.of_bytes(data)
        except PictureError as problem:
            raise Refusal(400, f"{before}{problem}", _fix(problem, preparation, way)) from None
        done.append(prepared.done)
        pixels.append(prepared.pixels)
    whole = np.stack(pixels)
    return Asked(served.model.of_pictures(whole), single, tuple(done), whole)


def _check_pixels(data: bytes, most: int, before: str) -> None:
    """Of what a picture's head says: before it is unpacked."""
    try:
        with opened(io.BytesIO(data)) as file:
            width, height = file.size
    except Exception:
        return  # what is wrong is said where it is read
    if width * height > most:
        title = f"{before}the picture has {width}x{height} pixels, more than {most:,}"
        raise Refusal(413, title, "send a smaller one")


def _fix(problem: PictureError, preparation: Preparation, way: Way) -> str:
    if isinstance(problem, SizeError):
        return "fit it in, its aspect kept, with ?resize=yes"
    if preparation.drawn is not None and way.invert in ("yes", "no"):
        return "leave invert out, and dark or light strokes are found by themselves"
    return ""
