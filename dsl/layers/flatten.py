"""flatten: all values as one vector."""

from lenet.dsl.registry import Context, Layer
from lenet.dsl.shapes import Shape, product


def _infer(context: Context) -> Shape:
    return (product(context.input),)


LAYER = Layer(
    name="flatten",
    summary="All values as one vector, the last index fastest; a vector stays as it is.",
    example="flatten",
    infer=_infer,
    rearranges=True,
    aliases=("ravel",),
    family="shape",
)
