"""one: a category."""

from lenet.dsl.inputs import InputKind

INPUT = InputKind(
    name="one",
    summary="a category, of so many; for `embed` or `onehot`",
    example="input user one of 671",
    line="category",
    number="behind",
    codes=True,
    aliases=("category", "categorical", "categories", "enum"),
)
