"""onehot: a 1 at the place of the word or the category, and 0 elsewhere."""

from lenet.dsl.registry import Context, Layer
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    assert context.codes is not None
    codes = context.codes
    many = codes.entry is not None and codes.entry.many
    context.arguments["set"] = codes.entry is not None and codes.entry.set
    return (codes.of, *codes.shape) if many else (codes.of,)


LAYER = Layer(
    name="onehot",
    summary="A 1 at the place of the category, and 0 at all others: of `one of 5` a vector of 5, "
    "of a text a sequence. What training has not seen, and padding, is 0 everywhere.",
    example="onehot",
    infer=_infer,
    aliases=("one_hot", "onehotencoding", "categoryencoding", "dummy"),
    family="shape",
    reads_codes=True,
)
