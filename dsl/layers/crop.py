"""crop: a part of a map, in its middle or without some rows and columns at its sides."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.margins import SIDES, Margins, given_sides, map_of, margins_of
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Context, Layer
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    channels, height, width = map_of(context)
    arguments, keyword = context.arguments, context.line.keyword.span
    size, sides = arguments["size"], given_sides(arguments)
    if size is None and not sides:
        raise Refused(messages.missing_argument(keyword, "crop", "size", LAYER.example))
    if size is not None and sides:
        raise Refused(messages.size_and_sides(context.span(sides[0]), context.span("size")))
    margins = margins_of(arguments) if size is None else _around(context, (height, width))
    top, bottom, left, right = arguments["margins"] = margins
    if top + bottom >= height or left + right >= width:
        cut = (top + bottom, left + right)
        place = context.span(sides[0])
        raise Refused(messages.nothing_left(place, cut, context.input, context.source))
    return (channels, height - top - bottom, width - left - right)


def _around(context: Context, given: tuple[int, int]) -> Margins:
    """What is too much around the middle; of an odd number, one more at the end."""
    height, width = map(int, context.arguments["size"])
    more = (given[0] - height, given[1] - width)
    if min(more) < 0:
        place, wanted = context.span("size"), (height, width)
        raise Refused(messages.crop_too_large(place, wanted, context.input, context.source))
    top, left = (number // 2 for number in more)
    return top, more[0] - top, left, more[1] - left


LAYER = Layer(
    name="crop",
    summary="The middle of the map in the given size, height x width, or the map without some rows "
    "and columns at the sides that are named, as in `crop top 1 left 1`. Of an odd number that is "
    "too much, one more goes at the bottom, or at the right.",
    example="crop 24x24",
    arguments=(Argument("size", "what is kept, height x width", counts=(2,), optional=True),),
    options=SIDES,
    infer=_infer,
    aliases=("cropping", "cropping2d", "centercrop", "center_crop"),
    family="shape",
    channels="kept",
)
