"""dot: the sum of the paths' products."""

from lenet.dsl.joins import all_alike
from lenet.dsl.registry import Context, Layer
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    all_alike(context)
    return (1,)


LAYER = Layer(
    name="dot",
    summary="The values of all paths multiplied with each other, place by place, and summed: one "
    "number, as matrix factorization has it.",
    example="dot\n  path\n    tanh\n  path",
    infer=_infer,
    joins=True,
    sign="·",
    aliases=("dotproduct", "dot_product", "scalarproduct"),
    family="join",
)
