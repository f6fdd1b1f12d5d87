"""hardtanh: an activation that cuts values off at both ends."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    low, high = context.arguments["low"], context.arguments["high"]
    if low >= high:
        name = "low" if "low" in context.spans else "high"
        span = context.span(name)
        raise Refused(messages.empty_range(span, "hardtanh", low, high))
    return context.input


LAYER = Layer(
    name="hardtanh",
    summary="Each value, but at least `low` and at most `high`, which are -1 and 1 if absent.",
    example="hardtanh low (-2) high 2",
    options=(
        Argument("low", "the smallest value", "real", low=-1e6, high=1e6, default=-1.0,
                 aliases=("min_val", "minval", "min_value")),
        Argument("high", "the largest value", "real", low=-1e6, high=1e6, default=1.0,
                 aliases=("max_val", "maxval", "max_value")),
    ),
    source="Collobert 2004, Large scale machine learning",
    infer=_infer,
    monotonic=True,
    bounds=(-1.0, 1.0),
    aliases=("hardtan", "clamp", "clip"),
    family="activation",
    elementwise=True,
)  # fmt: skip
