"""input: the shape of one image."""

from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    return tuple(context.arguments["shape"])


LAYER = Layer(
    name="input",
    summary="The shape of one image: channels x height x width, or one number for a vector.",
    example="input 1x28x28",
    arguments=(
        Argument(
            "shape", "channels x height x width, channels x steps, or one number", counts=(1, 2, 3)
        ),
    ),
    infer=_infer,
    family="input",
)
