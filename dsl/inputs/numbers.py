"""numbers: columns of a table, side by side."""

from lenet.dsl.inputs import InputKind

INPUT = InputKind(
    name="numbers",
    summary="so many numbers of a table's columns, a vector",
    example="input measures 6 numbers",
    line="number",
    number="before",
    aliases=("number", "values", "features", "columns"),
)
