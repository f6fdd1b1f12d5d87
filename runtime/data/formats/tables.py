"""An Arrow table with a column of images and one of labels, in this process."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape
from lenet.runtime.data.dataset import DataError, Dataset
from lenet.runtime.data.labels import as_text, check_kind, is_text, names_of
from lenet.runtime.data.preparation import Preparation
from lenet.runtime.data.rows import Read, images_of
from lenet.runtime.data.values import Form, as_image, form_of


def dataset_of(
    train: pa.Table, test: pa.Table | None, shape: Shape, section: Data, name: str,
    classes: tuple[str, ...] | None = None,
) -> Dataset:  # fmt: skip
    """Rows to train and to test with, as the data section reads them; DataError.

    Columns "!path" and "!place", or one that `key` names, tell where a row comes from.
    """
    tables = [table for table in (train, test) if table is not None]
    for table in tables:
        check_names(table.schema, name)
    for number, table in enumerate(tables):
        wanted = {section.image: "images", section.label: "labels"}
        if section.weight and number == 0:
            wanted[section.weight] = "weights"
        for column, what in wanted.items():
            if column not in table.column_names:
                listed = ", ".join(c for c in table.column_names if c[:1] != "!") or "none"
                raise DataError(
                    f"{name} has no column {column}",
                    f"Its columns are {listed}.",
                    f"say which one holds the {what}, with a line of the data section such as "
                    f'`{what[:-1]} "{table.column_names[0]}"`',
                    f"say which one holds the {what}: columns=lenet.Columns({what[:-1]}=…)",
                )
            kind = table[column].type
            if pa.types.is_dictionary(kind):  # pandas' categories
                place = table.column_names.index(column)
                plain = table[column].combine_chunks().dictionary_decode()
                table = tables[number] = table.set_column(place, column, plain)
    train = tables[0]
    labels = train[section.label].type
    check_kind(labels, name)
    if section.distinct or is_text(labels):
        try:
            different = train[section.label].unique().to_pylist()
            tables = [_with_text(table, section.label) for table in tables]
        except UnicodeDecodeError as error:
            raise DataError(f"a label of {name} is no UTF-8 text", f"{error}.") from None
        classes = names_of(different, name) if classes is None else classes
    else:
        classes = None
    forms = [_form(t[section.image].type, shape, section, name, classes) for t in tables]
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


def check_weights(kind: pa.DataType, column: str) -> None:
    """DataError unless a column of weights holds numbers."""
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
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
    return images_of(pa.table(chosen), form, name, section.skip_unreadable)
