"""pad: rows and columns of zeros around a map."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.margins import SIDES, given_sides, map_of, margins_of
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape
from lenet.dsl.windows import pair


def _infer(context: Context) -> Shape:
    channels, height, width = map_of(context)
    size = context.arguments["size"]
    if size is None and not given_sides(context.arguments):
        span = context.line.keyword.span
        raise Refused(messages.missing_argument(span, "pad", "rows and columns", LAYER.example))
    margins = margins_of(context.arguments, pair(size or (0, 0)))
    context.arguments["margins"] = margins
    top, bottom, left, right = margins
    return (channels, height + top + bottom, width + left + right)


LAYER = Layer(
    name="pad",
    summary="Zeros around the map: so many rows and columns on all sides, or on those that are "
    "named, as in `pad bottom 1 right 1`. A convolution's option `pad` takes no time.",
    example="pad 1",
    arguments=(
        Argument("size", "rows x columns on each side", counts=(1, 2), least=0, optional=True),
    ),
    options=SIDES,
    infer=_infer,
    aliases=(
        "zeropad", "zeropad2d", "zeropadding", "zeropadding2d", "zero_pad", "padding",
        "spatialzeropadding",
    ),
    family="shape",
    channels="kept",
)  # fmt: skip
