"""From rows of tables and from pictures to images and labels, here and in executors.

A row becomes: path and place (by which rows are ordered), held_out, image (bytes of all values,
channel by channel, or what is to be decoded when it is due), label, answers (bytes of float32, null
where labels are classes), weight (null where there are none), problem, which says why the row
cannot be used, and unreadable: whether that is because its picture cannot be read.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from lenet.runtime.data.dataset import MOST_WEIGHT, DataError, Images, check_fits
from lenet.runtime.data.labels import as_text, is_empty
from lenet.runtime.data.picture import PictureError, SizeError
from lenet.runtime.data.target import Unfit
from lenet.runtime.data.values import Form, Problem, encoded_of, image_of, padded, raw_of, together

READY = (
    "path string, place long, held_out boolean, image binary, label int, answers binary, "
    "weight float, problem string, unreadable boolean"
)
READY_SCHEMA = pa.schema(
    [
        ("path", pa.string()), ("place", pa.int64()), ("held_out", pa.bool_()),
        ("image", pa.binary()), ("label", pa.int32()), ("answers", pa.binary()),
        ("weight", pa.float32()), ("problem", pa.string()), ("unreadable", pa.bool_()),
    ]
)  # fmt: skip


_BY_LABEL = "a row with the label"  # where nothing else tells which it is


def ready(batches: Iterator[pa.RecordBatch], form: Form) -> Iterator[pa.RecordBatch]:
    """Columns image, label, weight, held_out, path, place, key to those of READY."""
    for batch in batches:
        for start in range(0, batch.num_rows, 1024):
            yield _ready(batch.slice(start, 1024), form)


def _ready(batch: pa.RecordBatch, form: Form) -> pa.RecordBatch:
    columns = {name: batch.column(name) for name in batch.schema.names}
    count = batch.num_rows
    labels = columns["label"].to_pylist()
    weights = columns["weight"].to_pylist()
    held_out, keys = columns["held_out"].to_pylist(), columns["key"].to_pylist()
    paths, places = columns["path"].to_pylist(), columns["place"].to_pylist()
    values = together(columns["image"], form) if not form.encoded else None
    images: list[bytes | None] = [None] * count
    known: list[bytes] = [b""] * count  # the images' values, where these tell the rows' order
    numbers = np.zeros(count, np.int32)
    answers: list[bytes | None] = [None] * count
    problems: list[str | None] = [None] * count
    unreadable = [False] * count
    for k in range(count):
        try:
            if form.target.is_class:
                numbers[k] = _label(labels[k], form)
            else:
                answers[k] = _answers(labels[k], form)
            if form.weighted and not held_out[k]:
                weights[k] = _weight(weights[k])
            images[k], known[k] = _image(columns["image"][k], form, values, k)
        except (Problem, PictureError) as problem:
            unreadable[k] = isinstance(problem, PictureError) and not isinstance(problem, SizeError)
            named = keys[k] or (None if form.by_content else where_of(paths[k], places[k]))
            where = named or f"{_BY_LABEL} {as_text(labels[k])}"
            problems[k] = f"{where}: {problem}"
    if form.by_content:
        for k in range(count):
            content = known[k] + (answers[k] or numbers[k].tobytes())
            if form.weighted and problems[k] is None and not held_out[k]:
                content += np.float32(weights[k]).tobytes()
            digest = hashlib.blake2b(content, digest_size=20).digest()
            paths[k] = digest[8:].hex()
            places[k] = int.from_bytes(digest[:8], "little", signed=True)
    return pa.record_batch(
        [paths, places, columns["held_out"], images, pa.array(numbers),
         pa.array(answers, pa.binary()), _weights(weights, problems, held_out, form), problems,
         unreadable],
        schema=READY_SCHEMA,
    )  # fmt: skip


def _image(
    scalar: pa.Scalar, form: Form, values: NDArray[Any] | None, row: int
) -> tuple[bytes, bytes]:
    """What the row keeps of its image, and all its values, which `values` may have already."""
    if values is not None:
        found = padded(values[row], form).tobytes()
        return found, found
    raw = raw_of(scalar.as_py(), form)
    found = padded(image_of(raw, form), form).tobytes()
    return (encoded_of(raw, form) if form.encoded else found), found


def where_of(path: str, place: int | None) -> str:
    """How a row is called in messages by its file and its place in that."""
    if place is None:
        return path
    counted = f"row {place:,}, counted from 0"
    return f"{path}, {counted}" if path else counted


def _label(value: Any, form: Form) -> int:
    if is_empty(value):
        raise Problem("the label is empty")
    if form.classes is not None:
        number = _numbers(form.classes).get(as_text(value))
        if number is None:
            raise Problem(f"{as_text(value)} is a class of no training images")
        return number
    if not math.isfinite(value) or value != int(value) or not form.first <= value < 2**31 - 1:
        limits = f"whole numbers from {form.first} to {2**31 - 2:,}"
        raise Problem(f"the label is {as_text(value)}, but labels are {limits}")
    return int(value) - form.first


def _answers(value: Any, form: Form) -> bytes:
    try:
        return form.target.of_row(value).tobytes()
    except Unfit as problem:
        what = "the answer" if form.target.count == 1 else "one of the answers"
        raise Problem(f"{what} {problem}") from None


def _weight(value: Any) -> float:
    if is_empty(value):
        raise Problem("the weight is empty")
    if not 0 <= value < MOST_WEIGHT:
        limits = f"numbers from 0 to below {MOST_WEIGHT:,}"
        raise Problem(f"the weight is {as_text(value)}, but weights are {limits}")
    return float(value)


def _weights(
    values: list[Any], problems: list[str | None], held_out: list[bool], form: Form
) -> pa.Array:
    """Those of rows to train with that can be used."""
    if not form.weighted:
        return pa.nulls(len(values), pa.float32())
    rows = zip(values, problems, held_out, strict=True)
    return pa.array([None if bad or held else float(v) for v, bad, held in rows], pa.float32())


@lru_cache(maxsize=4)
def _numbers(classes: tuple[str, ...]) -> dict[str, int]:
    return {name: number for number, name in enumerate(classes)}


@dataclass(frozen=True, eq=False)
class Read:
    """Images, and why others were left out."""

    images: Images
    left_out: tuple[str, ...] = ()


def images_of(table: pa.Table, form: Form, name: str, skip: bool = False) -> Read:
    """A table with the columns image, label, path, place, and perhaps weight, as images; pictures
    that cannot be read are left out with `skip`. DataError with the first row that cannot be
    used."""
    count = table.num_rows
    key = table["key"] if "key" in table.column_names else pa.nulls(count, pa.string())
    weight = table["weight"] if form.weighted else pa.nulls(count, pa.float32())
    given = {
        "image": table["image"], "weight": weight, "label": table["label"], "path": table["path"],
        "place": table["place"], "held_out": pa.array(np.zeros(count, bool)), "key": key,
    }  # fmt: skip
    whole = pa.table(given)
    channels, height, width = form.shape
    shape = (channels, height + 2 * form.pad[0], width + 2 * form.pad[1])
    check_fits(name, count * math.prod(shape) * np.dtype(form.dtype).itemsize)
    pixels = np.zeros((count, *shape), form.dtype)
    labels, weights = blank_labels(count, form.target.count_beside), np.zeros(count, np.float32)
    left_out: list[str] = []
    first = 0
    for batch in ready(iter(whole.to_batches()), form):
        if skip:
            unreadable = batch.column("unreadable")
            left_out += batch.column("problem").filter(unreadable).to_pylist()
            batch = batch.filter(pa.compute.invert(unreadable))
        bad = batch.filter(batch.column("problem").is_valid())
        if bad.num_rows:
            problem, unread = bad.column("problem")[0].as_py(), bad.column("unreadable")[0].as_py()
            raise unusable(name, problem, 1, unread, form)
        last = first + batch.num_rows
        joined = b"".join(batch.column("image").to_pylist())
        pixels[first:last] = np.frombuffer(joined, form.dtype).reshape(-1, *shape)
        labels[first:last] = labels_of(batch)
        if form.weighted:
            weights[first:last] = batch.column("weight").to_numpy()
        first = last
    if first == 0 and count:
        raise DataError(f"none of the {count:,} pictures of {name} can be read", f"{left_out[0]}.")
    own = weights[:first] if form.weighted else None
    return Read(Images(pixels[:first], labels[:first], own), tuple(left_out))


def labelled(
    table: pa.Table, form: Form, name: str, where: Callable[[int], str]
) -> tuple[NDArray[Any], NDArray[np.float32] | None]:
    """The labels of a table's rows, and their weights, if they have some, in the same order;
    DataError with the first that cannot be used."""
    labels = blank_labels(table.num_rows, form.target.count_beside)
    weights = np.zeros(table.num_rows, np.float32)
    given = table["weight"].to_pylist() if form.weighted else []
    for row, value in enumerate(table["label"].to_pylist()):
        try:
            if form.target.is_class:
                labels[row] = _label(value, form)
            else:
                labels[row] = np.frombuffer(_answers(value, form), np.float32)
            if form.weighted:
                weights[row] = _weight(given[row])
        except Problem as problem:
            raise unusable(name, f"{where(row)}: {problem}", 1, False, form) from None
    return labels, weights if form.weighted else None


def blank_labels(count: int, answers: int) -> NDArray[Any]:
    """Of so many rows, with so many answers that are no class; 0 are classes."""
    return np.zeros((count, answers), np.float32) if answers else np.zeros(count, np.int32)


def labels_of(batch: pa.RecordBatch) -> NDArray[Any]:
    """Of rows of READY, or of those that were numbered: classes (rows,), or answers (rows,
    answers)."""
    answers = batch.column("answers")
    if not len(answers) or answers.null_count:
        found: NDArray[Any] = batch.column("label").to_numpy()
        return found
    joined = b"".join(answers.to_pylist())
    return np.frombuffer(joined, np.float32).reshape(len(answers), -1)


def unusable(name: str, problem: str, count: int, unreadable: bool, form: Form) -> DataError:
    """The first of `count` rows that cannot be used; whether it is a picture that cannot be
    read."""
    others = f", and {count - 1:,} others" if count > 1 else ""
    fix = ""
    if unreadable:
        fix = "mend or remove it, or write `skip unreadable` in the data section"
    elif "pixels; the net takes" in problem:
        size = f"{form.shape[1]}x{form.shape[2]}"
        fix = f"bring all pictures to one size: `resize {size}` in the data section"
    if problem.startswith(_BY_LABEL):
        fix += "; " if fix else ""
        fix += 'to find the row, name a column that tells rows apart: columns=Columns(key="id")'
    return DataError(f"{name} has a row that cannot be used{others}", f"{problem}.", fix)
