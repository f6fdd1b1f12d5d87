"""The shape rules of layers that join paths."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Context
from lenet.dsl.shapes import Shape, product


def value_by_value(context: Context) -> Shape:
    """All paths give the same shape, or one value for each channel of the maps of the others: a
    vector of so many values, or a map of one place. These count at each place of their channel."""
    widest = _widest(context.inputs)
    shape = context.inputs[widest]
    one_each = (shape[:1], (*shape[:1], 1, 1)) if len(shape) == 3 else ()
    for number, other in enumerate(context.inputs):
        if other != shape and other not in one_each:
            need = "they must be the same, or one value for each channel of a map"
            raise Refused(_differ(context, widest, number, need))
    return shape


def _widest(shapes: tuple[Shape, ...]) -> int:
    """Which of them is the first map of several places, or else the first map, or the first."""
    maps = [k for k, shape in enumerate(shapes) if len(shape) == 3]
    return next((k for k in maps if product(shapes[k][1:]) > 1), (*maps, 0)[0])


def all_alike(context: Context) -> Shape:
    """All paths give the same shape."""
    for number, other in enumerate(context.inputs):
        if other != context.input:
            raise Refused(_differ(context, 0, number, "they must be the same"))
    return context.input


def stacked_channels(context: Context) -> Shape:
    """The channels one after the other; height and width are the same."""
    shape = context.input
    for number, other in enumerate(context.inputs):
        if other[1:] != shape[1:] or len(other) != len(shape):
            raise Refused(_differ(context, 0, number, "all but the channels must be the same"))
    return (sum(shape[0] for shape in context.inputs), *context.input[1:])


def _differ(context: Context, one: int, other: int, need: str) -> messages.Diagnostic:
    """What is said of two paths, by their places from 0 on."""
    places = [
        (number + 1, context.inputs[number], context.paths[number].keyword.span)
        for number in (one, other)
    ]
    return messages.paths_differ(context.line.keyword.text, places[0], places[1], need)
