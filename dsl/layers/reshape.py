"""reshape: the same values, in another shape."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape, product


def _infer(context: Context) -> Shape:
    sizes = context.arguments["shape"]
    shape = tuple(int(size) for size in sizes)
    if product(shape) != product(context.input):
        raise Refused(
            messages.reshape_mismatch(
                context.span("shape"),
                "x".join(size.text for size in sizes),
                product(shape),
                context.input,
                context.source,
            )
        )
    return shape


LAYER = Layer(
    name="reshape",
    summary="The same values in another shape, the last index fastest; factors may be kept.",
    example="reshape 12*4*4",
    arguments=(
        Argument(
            "shape", "one number, channels x steps, or channels x height x width", counts=(1, 2, 3)
        ),
    ),
    infer=_infer,
    rearranges=True,
    aliases=("view",),
    family="shape",
)
