"""What Python programs train on: arrays, pandas' and Arrow's tables."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape, as_image, product, show
from lenet.runtime.data.dataset import DataError, Dataset, Images
from lenet.runtime.data.formats.tables import check_names, dataset_of
from lenet.runtime.data.labels import as_text, is_empty, names_of, one_hot, renumbered
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.target import NONE, Target, Unfit

if TYPE_CHECKING:
    from lenet.runtime.spark.frames import Columns

_NAME = "the data"


def is_given(data: Any) -> bool:
    """Whether it is one of these kinds, by its looks: pandas need not be there."""
    return isinstance(data, tuple | list | pa.Table) or _is_pandas(data)


def given(
    data: Any, shape: Shape, section: Data | None, target: Target,
    columns: "Columns | None" = None, streaming: Streaming | None = None,
) -> Dataset:  # fmt: skip
    """(images, labels), (images, labels, test images, test labels), or a table with a column of
    each, as a dataset of images of `shape`; DataError.

    Images are uint8 or floats, (count, channels, height, width), without the channels where there
    is one, or (count, values); labels are whole numbers or text, or what else the `target` is,
    (count, answers) or (count,). `columns` names those of a table, `streaming` says whether its
    pictures stay encoded.
    """
    if isinstance(data, tuple | list):
        return _of_arrays(data, shape, section, target)
    section = section or Data("frame")
    if columns is not None:
        weight = columns.weight or ""
        section = replace(section, image=columns.image, label=columns.label, weight=weight)
    table = data if isinstance(data, pa.Table) else _arrow(data)
    check_names(table.schema, _NAME)
    key = columns.key if columns is not None else None
    if key is not None:
        named = [f"{key} {value}" for value in _column(table, key).to_pylist()]
        table = table.append_column("!key", pa.array(named, pa.string()))
    validation = columns.validation if columns is not None else None
    if validation is None:
        return dataset_of(table, None, shape, section, _NAME, None, target, streaming)
    held_out = pa.compute.fill_null(_column(table, validation).cast(pa.bool_()), False)
    train, test = table.filter(pa.compute.invert(held_out)), table.filter(held_out)
    return dataset_of(train, test, shape, section, _NAME, None, target, streaming)


def _column(table: pa.Table, name: str) -> Any:
    if name not in table.column_names:
        listed = ", ".join(table.column_names)
        raise DataError(f"there is no column {name}", f"The columns are {listed}.")
    return table[name]


def _is_pandas(data: Any) -> bool:
    return type(data).__module__.split(".")[0] == "pandas"


def _arrow(frame: Any) -> pa.Table:
    """pandas' table; rows are named by its index in messages."""
    try:
        table = pa.Table.from_pandas(_with_flat_arrays(frame), preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise DataError("this table cannot be read", str(error)) from None
    named = [f"the row {value}" for value in frame.index]
    return table.append_column("!key", pa.array(named, pa.string()))


def _with_flat_arrays(frame: Any) -> Any:
    """Arrow takes no cells that are arrays of several dimensions."""
    for name in frame.columns:
        column = frame[name]
        if column.ndim == 1 and len(column) and getattr(column.iloc[0], "ndim", 0) > 1:
            frame = frame.assign(**{name: [np.ravel(cell) for cell in column]})
    return frame


def _of_arrays(data: Any, shape: Shape, section: Data | None, target: Target) -> Dataset:
    if len(data) not in (2, 4):
        raise DataError(
            f"these are {len(data)} things to train on",
            "They are images and labels: (x, y), or (x, y, x_test, y_test).",
        )
    named = ("x", "y", "x_test", "y_test")[: len(data)]
    missing = [name for name, array in zip(named, data, strict=True) if array is None]
    if missing:
        fix = "leave the images to test with out: (x, y)" if "_test" in missing[0] else ""
        raise DataError(f"{missing[0]} is None", "", fix)
    arrays = dict(zip(named, data, strict=True))
    pixels = {name: _pixels(name, arrays[name], shape) for name in named[::2]}
    labels = {name: _labels(name, arrays[name], target) for name in named[1::2]}
    kinds = {part.dtype for part in pixels.values()}
    if len(kinds) > 1:
        detail = f"x is {pixels['x'].dtype}, x_test is {pixels['x_test'].dtype}."
        raise DataError("the images to train and to test with differ in type", detail)
    for x, y in zip(named[::2], named[1::2], strict=True):
        if len(pixels[x]) != len(labels[y]):
            counts = f"{x} has {len(pixels[x]):,} images, {y} has {len(labels[y]):,} labels."
            raise DataError("images and labels do not belong together", counts)
    if not len(labels["y"]):
        raise DataError("there are no images to train on")
    if target.is_class:
        numbers, classes = _numbered(labels, section)
    else:
        numbers, classes = labels, target.names("answer")
    parts = [Images(pixels[x], numbers[y]) for x, y in zip(named[::2], named[1::2], strict=True)]
    scale = 1 / 255 if pixels["x"].dtype == np.uint8 else 1.0
    test = parts[1] if len(parts) > 1 else None
    dataset = Dataset(_NAME, parts[0], test, classes, scale)
    if section is None or not target.is_class:
        return dataset
    return renumbered(dataset, section.first, section.distinct)


def _as_array(name: str, given: Any) -> NDArray[Any]:
    if isinstance(given, pa.Array | pa.ChunkedArray):
        given = given.to_pylist()
    if _is_pandas(given):
        given = given.to_numpy()
    try:
        array = np.asarray(given)
        if array.dtype == object and array.ndim == 1 and len(array) and np.ndim(array[0]):
            array = np.stack([np.asarray(image) for image in array])
        return array
    except ValueError as error:
        raise DataError(f"{name} is no array of rows of one size", str(error)) from None


def _pixels(name: str, given: Any, shape: Shape) -> NDArray[Any]:
    """uint8 or float32, (count, channels, height, width)."""
    array = _as_array(name, given)
    image = as_image(shape)
    fits = array.ndim > 1 and (
        array.shape[1:] in (shape, image)
        or (image[0] == 1 and array.shape[1:] == image[1:])
        or array.shape[1:] == (product(shape),)
    )
    if not fits:
        raise _unfit(name, array, image, shape)
    if array.dtype != np.uint8:
        array = _numbers(name, array)
    return np.ascontiguousarray(array.reshape(len(array), *image))


def _unfit(name: str, array: NDArray[Any], image: Shape, shape: Shape) -> DataError:
    wanted = f"(count, {', '.join(map(str, shape))})"
    title = f"the images do not fit the net's input {show(shape)}"
    detail = f"The shape of {name} is {array.shape}; I take {wanted}."
    if array.shape[1:] == (*image[1:], image[0]):
        detail += " The channels come last in it; here they come first."
        return DataError(title, detail, f"give {name}.transpose(0, 3, 1, 2)")
    if array.shape == image:
        return DataError(title, detail, f"give {name}[None], if it is a single image")
    rest = array.shape[1:]
    fix = f"write input {show(rest)}" if len(rest) in (1, 3) else ""
    if len(rest) == 2:
        fix = f"write input 1x{show(rest)}"
    return DataError(title, detail, fix)


def _numbers(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers from 0 to 255 as bytes, others as float32."""
    if array.dtype == bool:
        return array.astype(np.float32)
    if not (np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)):
        detail = f"They are {array.dtype}."
        try:
            if array.dtype.kind not in "OUS":
                raise TypeError
            array = array.astype(np.float64)
        except (ValueError, TypeError):
            raise DataError(f"the values of {name} are no numbers", detail) from None
    if np.issubdtype(array.dtype, np.integer):
        if array.size and (array.min() < 0 or array.max() > 255):
            limits = f"They go from {array.min()} to {array.max()}."
            raise DataError(
                f"the whole numbers in {name} are no bytes, 0 to 255",
                limits,
                f"give floats: {name}.astype('float32'), divided by what 1 is to be",
            )
        return array.astype(np.uint8)
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    broken = ~np.isfinite(array).all(axis=tuple(range(1, array.ndim)))
    if broken.any():
        where = f"Row {int(broken.argmax()):,} of {name}, counted from 0, is the first."
        raise DataError("a value is not a finite number", where)
    return array


def _answers(name: str, array: NDArray[Any], target: Target) -> NDArray[np.float32]:
    """(count, answers), float32; DataError."""
    array = array[:, None] if array.ndim == 1 else array.reshape(len(array), -1)
    if array.shape[1] != target.count:
        raise DataError(
            f"the answers do not fit the net's {target.count}",
            f"{name} has {array.shape[1]} a row.",
            f"make the net's last layer give {array.shape[1]}, or give as many as it has outputs",
        )
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise DataError(f"the answers in {name} are no numbers", f"They are {array.dtype}.")
    try:
        found = target.of_rows(array)
    except Unfit as problem:
        where = f"Row {problem.row:,}, counted from 0, is the first."
        raise DataError(f"an answer of {name} {problem}", where) from None
    if target.kind == "places" and found.size and found.min() < 0 and found.max() <= 0:
        raise DataError(
            f"the classes in {name} are 0 and {NONE} only",
            f"{NONE} stands for no class, so there is nothing to tell apart.",
            f"if they are black and white masks, give {name} // {NONE}",
        )
    return found


def _labels(name: str, given: Any, target: Target) -> NDArray[Any]:
    array = _as_array(name, given)
    if not target.is_class:
        return _answers(name, array, target)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise one_hot(name, f"give {name}.argmax(axis=1)")
    return array


def _numbered(
    labels: Mapping[str, NDArray[Any]], section: Data | None
) -> tuple[dict[str, NDArray[np.int32]], tuple[str, ...]]:
    """Labels as numbers, and the classes' names where they were text; `label from` and `label
    distinct` follow later."""
    first = labels["y"]
    distinct = section is not None and section.distinct
    if not distinct and (np.issubdtype(first.dtype, np.number) or first.dtype == bool):
        least = section.first if section is not None else 0
        return {name: _whole(name, array, least) for name, array in labels.items()}, ()
    values = first.tolist()
    names = names_of(values, "y")
    places = {name: number for number, name in enumerate(names)}
    numbers = {}
    for name, array in labels.items():
        texts = ["" if is_empty(v) else as_text(v) for v in array.tolist()]
        strange = next((k for k, text in enumerate(texts) if text not in places), None)
        if strange is not None:
            what = f"the label {texts[strange]}" if texts[strange] else "an empty label"
            where = f"It is in row {strange:,} of {name}, counted from 0."
            raise DataError(f"{what} is a class of no training images", where)
        numbers[name] = np.array([places[text] for text in texts], np.int32)
    return numbers, names


def _whole(name: str, array: NDArray[Any], least: int) -> NDArray[np.int32]:
    values = array.astype(np.float64)
    bad = ~((values >= least) & (values == np.floor(values)) & (values < 2**31 - 1))
    if bad.any():
        row = int(bad.argmax())
        where = f"Row {row:,} of {name}, counted from 0, has {array[row]}."
        raise DataError(f"labels are whole numbers from {least}, or text", where)
    return array.astype(np.int32)
