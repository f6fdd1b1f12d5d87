"""Rows and columns at the sides of a map, as `pad` adds them and `crop` cuts them off."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context
from lenet.dsl.shapes import Shape

Margins = tuple[int, int, int, int]  # above, below, left and right

SIDES = tuple(
    Argument(side, f"{what} {where}", least=0, optional=True)
    for side, what, where in (
        ("top", "rows", "at the top"),
        ("bottom", "rows", "at the bottom"),
        ("left", "columns", "at the left"),
        ("right", "columns", "at the right"),
    )
)


def map_of(context: Context) -> Shape:
    """The input, which has to be a map."""
    if len(context.input) != 3:
        span, name = context.line.keyword.span, context.line.keyword.text
        raise Refused(messages.needs_map(span, name, context.input, context.source))
    return context.input


def given_sides(arguments: Arguments) -> list[str]:
    """The sides that the line names."""
    return [side.name for side in SIDES if arguments[side.name] is not None]


def margins_of(arguments: Arguments, usual: tuple[int, int] = (0, 0)) -> Margins:
    """The numbers of all sides; those that the line does not name have as many rows or columns as
    `usual`."""
    sides = [arguments[side.name] for side in SIDES]
    numbers = zip(sides, (usual[0], usual[0], usual[1], usual[1]), strict=True)
    top, bottom, left, right = (int(side[0]) if side else other for side, other in numbers)
    return top, bottom, left, right
