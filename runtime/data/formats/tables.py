"""An Arrow table with a column of images and one of labels, in this process."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape, as_image
from lenet.runtime.data.dataset import DataError, Dataset
from lenet.runtime.data.formats.hub import bytes_of, is_picture
from lenet.runtime.data.labels import as_text, check_kind, is_text, names_of, no_numbers
from lenet.runtime.data.preparation import Preparation
from lenet.runtime.data.rows import Read, images_of
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.survey import encoded_images
from lenet.runtime.data.target import Target
from lenet.runtime.data.values import Form, form_of

_CLASS = Target()


def dataset_of(
    train: pa.Table, test: pa.Table | None, shape: Shape, section: Data, name: str,
    classes: tuple[str, ...] | None = None, target: Target = _CLASS,
    streaming: Streaming | None = None,
) -> Dataset:  # fmt: skip
    """Rows to train and to test with, as the data section reads them, with what a net answers;
    `streaming` says whether pictures stay encoded. DataError.

    Columns "!path" and "!place", or one that `key` names, tell where a row comes from.
    """
    tables = [table for table in (train, test) if table is not None]
    named = target.columns or (section.label,)
    for number, table in enumerate(tables):
        check_names(table.schema, name)
        weight = section.weight if number == 0 else ""
        tables[number] = _with_columns(table, section.image, named, weight, name)
    if target.is_class:
        tables, classes = _labelled(tables, section, name, classes)
    else:
        tables = [_with_answers(table, named) for table in tables]
        section, classes = replace(section, label=_ANSWERS), target.names(named[0])
    train = tables[0]
    known = classes if target.is_class else None
    forms = [_form(t[section.image].type, shape, section, name, known) for t in tables]
    why = ""
    if streaming is not None and all(form.image in ("bytes", "struct") for form in forms):
        why = streaming.why(sum(t.num_rows for t in tables) * forms[0].size)
    forms = [replace(form, target=target, encoded=why) for form in forms]
    if len({form.dtype for form in forms}) > 1:
        detail = "Bytes and whole numbers go from 0 to 255; floats are taken as they are."
        raise DataError(f"the images of {name} to train and to test with differ", detail)
    if section.weight:
        check_weights(train[section.weight].type, section.weight)
        forms[0] = replace(forms[0], weighted=True)
    parts = [_read(t, section, form, name) for t, form in zip(tables, forms, strict=True)]
    scale = 1 / 255 if forms[0].dtype == "uint8" else 1.0
    left_out = tuple(problem for part in parts for problem in part.left_out)
    images = parts[1].images if test is not None else None
    return Dataset(name, parts[0].images, images, classes or (), scale, left_out)


def _with_columns(
    table: pa.Table, image: str, answers: tuple[str, ...], weight: str, name: str
) -> pa.Table:
    """With plain columns of these names; DataError where one is not there."""
    wanted = {
        image: "image",
        **dict.fromkeys(answers, "label"),
        **({weight: "weight"} if weight else {}),
    }
    if len(answers) > 1:
        wanted |= dict.fromkeys(answers, "predict")
    for column, line in wanted.items():
        if column not in table.column_names:
            listed = ", ".join(c for c in table.column_names if c[:1] != "!") or "none"
            what = "answers" if line == "predict" else f"{line}s"
            raise DataError(
                f"{name} has no column {column}",
                f"Its columns are {listed}.",
                f"say which one holds the {what}, with a line of the data section such as "
                f'`{line} "{table.column_names[0]}"`',
                f"say which one holds the {what}: columns=lenet.Columns({line}=…)"
                if line != "predict"
                else "",
            )
        place = table.column_names.index(column)
        if is_picture(table[column].type):
            table = table.set_column(place, column, bytes_of(table[column]))
        if pa.types.is_dictionary(table[column].type):  # pandas' categories
            plain = table[column].combine_chunks().dictionary_decode()
            table = table.set_column(place, column, plain)
    return table


def _labelled(
    tables: list[pa.Table], section: Data, name: str, classes: tuple[str, ...] | None
) -> tuple[list[pa.Table], tuple[str, ...] | None]:
    """With labels that are numbers, or text that names these classes or others."""
    labels = tables[0][section.label].type
    check_kind(labels, name)
    if not (section.distinct or is_text(labels)):
        return tables, None
    try:
        different = tables[0][section.label].unique().to_pylist()
        tables = [_with_text(table, section.label) for table in tables]
    except UnicodeDecodeError as error:
        raise DataError(f"a label of {name} is no UTF-8 text", f"{error}.") from None
    return tables, names_of(different, name) if classes is None else classes


_ANSWERS = "!answers"  # no column of a file has such a name


def _with_answers(table: pa.Table, names: tuple[str, ...]) -> pa.Table:
    """With a column of lists of the answers; a single column may hold lists itself."""
    for name in names:
        kind = table[name].type
        inner = kind.value_type if pa.types.is_list(kind) and len(names) == 1 else kind
        if not (_is_number(inner) or pa.types.is_boolean(inner)):
            raise no_numbers(name, kind)
    columns = [table[name].to_pylist() for name in names]
    if pa.types.is_list(table[names[0]].type):
        rows = columns[0]
    else:
        rows = list(zip(*columns, strict=True))
    return table.append_column(_ANSWERS, pa.array(rows, pa.list_(pa.float64())))


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def check_weights(kind: pa.DataType, column: str) -> None:
    """DataError unless a column of weights holds numbers."""
    if not _is_number(kind):
        raise DataError(f"the weights are numbers, but the column {clean(column)} is {kind}")


def check_names(schema: pa.Schema, name: str) -> None:
    """DataError where a column has a name that is no text."""
    for number in range(len(schema)):
        try:
            schema.field(number).name.encode()
        except UnicodeError:
            raise DataError(
                f"the name of a column of {name} is no UTF-8 text",
                f"It is column {number}, counted from 0.",
                "write the table again, with another name for it",
            ) from None


def _form(
    kind: pa.DataType, shape: Shape, section: Data, name: str, classes: tuple[str, ...] | None
) -> Form:
    form = form_of(kind, as_image(shape))
    if form is None:
        detail = "They are binary, lists of numbers, or pictures."
        fix = "if they are paths, give what is in the files" if is_text(kind) else ""
        fix = "give each image as one flat list" if pa.types.is_nested(kind) else fix
        raise DataError(f"The images of {name} are {kind}.", detail, fix)
    check_pictures(form, section, name)
    preparation = Preparation.of(section, form.shape)
    return replace(form, classes=classes, first=section.first, preparation=preparation)


def check_pictures(form: Form, section: Data | None, name: str) -> None:
    """DataError where a line of the section is for pictures, and the images are numbers."""
    if section is None or form.image != "list":
        return
    lines = {
        "resize": section.resize is not None, "invert": section.invert != "no",
        "background": bool(section.background), "skip unreadable": section.skip_unreadable,
    }  # fmt: skip
    for line, given in lines.items():
        if given:
            detail = "The images are lists of numbers, all of one size."
            fix = f"remove the line `{line}` from the data section"
            raise DataError(f"`{line}` is for pictures, and {name} has none", detail, fix)


def _with_text(table: pa.Table, name: str) -> pa.Table:
    values = [None if v is None else as_text(v) for v in table[name].to_pylist()]
    place = table.column_names.index(name)
    return table.set_column(place, name, pa.array(values, pa.string()))


def _read(table: pa.Table, section: Data, form: Form, name: str) -> Read:
    count = table.num_rows

    def column(wanted: str, otherwise: Any) -> Any:
        return table[wanted] if wanted in table.column_names else otherwise

    chosen = {
        "image": table[section.image], "label": table[section.label],
        "path": column("!path", pa.array([""] * count, pa.string())),
        "place": column("!place", pa.array(np.arange(count, dtype=np.int64))),
        "key": column("!key", pa.nulls(count, pa.string())),
    }  # fmt: skip
    if form.weighted:
        chosen["weight"] = table[section.weight]
    read = encoded_images if form.encoded else images_of
    return read(pa.table(chosen), form, name, section.skip_unreadable)
