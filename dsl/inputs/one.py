"""one: a category."""

from lenet.dsl.inputs import InputKind

INPUT = InputKind(
    name="one",
    summary="a category: `input user one of 671`; for `embed` or `onehot`",
    example="input user one of 671",
    line="category",
    number="behind",
    codes=True,
    aliases=("category", "categorical", "categories", "enum"),
)
