"""some: several categories at once."""

from lenet.dsl.inputs import InputKind

INPUT = InputKind(
    name="some",
    summary="a set of categories; for `embed`, which is their mean, or `onehot`",
    example="input genres some of 20",
    line="category",
    number="behind",
    codes=True,
    set=True,
    aliases=("set", "multihot", "multi_hot", "several", "any"),
)
