"""What the layers that normalize each image by itself share."""

from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context, Parameter
from lenet.dsl.shapes import Shape

EPSILON = Argument(
    "epsilon", "is added to the variance", "real", low=1e-12, high=1.0, default=1e-5,
    aliases=("eps",),
)  # fmt: skip


def scale_and_shift(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    """One a channel, under the names that a batch normalization has for them."""
    return (
        Parameter("scale", given[:1], initial=1.0, pytorch="weight"),
        Parameter("shift", given[:1], initial=0.0, pytorch="bias"),
    )


def look_at_count(context: Context, count: int, instead: str) -> None:
    """A warning where what is normalized together is a single value, which becomes 0."""
    if count == 1:
        span, name = context.line.keyword.span, context.line.keyword.text
        context.warnings.append(messages.single_values(span, name, context.input, instead))
