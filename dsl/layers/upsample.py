"""upsample: a larger map, of the nearest values or of mixtures of them."""

from lenet.dsl.margins import map_of
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.sequences import along
from lenet.dsl.shapes import Shape
from lenet.dsl.windows import pair


def _infer(context: Context) -> Shape:
    channels, height, width = map_of(context)
    down, across = context.arguments["factor"] = pair(context.arguments["factor"])
    return (channels, down * height, across * width)


LAYER = Layer(
    name="upsample",
    summary="As many times as many rows and columns: each value so many times, or, with "
    "`bilinear`, mixtures of the four values around, by their distances from the middles of the "
    "pixels (PyTorch's align_corners=False).",
    example="upsample 2 bilinear",
    arguments=(
        Argument("factor", "how many times as many, down x across", counts=(1, 2)),
        Argument(
            "method",
            "where values come from",
            kind="choice",
            words=("nearest", "bilinear"),
            default="nearest",
        ),
    ),
    infer=along(_infer),
    aliases=(
        "upsample2d", "upsampling", "upsampling2d", "interpolate", "resize2d",
        "upsamplingnearest2d", "upsamplingbilinear2d", "spatialupsampling",
        "spatialupsamplingnearest", "spatialupsamplingbilinear",
    ),
    family="shape",
    channels="kept",
)  # fmt: skip
