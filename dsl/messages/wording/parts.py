"""Parts of a map or a vector, and groups of its channels, that there are not."""

from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.tree import Span

E074 = Code(
    "a part that cannot be cut out",
    "`crop` keeps the middle of a map, in the size that it is given, or all but some rows and "
    "columns at the sides that it names. `slice` keeps channels, counted from 0. What is kept has "
    "to be there.",
    "input 3x24x24\ncrop 28x28\n",
)


def crop_too_large(span: Span, wanted: Shape, given: Shape, source: str) -> Diagnostic:
    """The middle, height x width, is larger than the map."""
    largest = show(tuple(map(min, wanted, given[1:])))
    return Diagnostic(
        "E074",
        span,
        f"`crop` is to keep {show(wanted)}, which is larger than its input",
        f"{source} gives {show(given)}.",
        f"write at most {largest}; `pad` makes a map larger",
        edits=(Edit.of(span, largest),),
    )


def nothing_left(span: Span, cut: tuple[int, int], given: Shape, source: str) -> Diagnostic:
    """The rows and columns that are cut off are all that there are, or more."""
    axis = 0 if cut[0] >= given[1] else 1
    what, size = ("rows", "columns")[axis], given[1 + axis]
    return Diagnostic(
        "E074",
        span,
        f"`crop` cuts off all {what} of its input",
        f"{source} gives {show(given)}, and {cut[axis]} {what} are cut off.",
        f"cut off at most {size - 1} {what}" if size > 1 else f"leave the {what} as they are",
    )


def size_and_sides(span: Span, size: Span) -> Diagnostic:
    """A crop has both the size of what it keeps, and sides."""
    return Diagnostic(
        "E074",
        span,
        "`crop` takes a size or sides, not both",
        "The size is what is kept of the middle; sides say what is cut off.",
        "leave out the size, or the sides",
        (Related(size, "the size is here"),),
    )


def slice_beyond(span: Span, at_end: bool, given: Shape, source: str) -> Diagnostic:
    """A slice ends, or else begins, behind the last channel or value."""
    what, count = "channels" if len(given) == 3 else "values", given[0]
    where = "ends" if at_end else "begins"
    most = count if at_end else count - 1
    return Diagnostic(
        "E074",
        span,
        f"the `slice` {where} behind the last of its input's {what}",
        f"{source} gives {show(given)}: {count} {what}, from 0 to {count - 1}.",
        f"write at most {most}",
        edits=(Edit.of(span, str(most)),),
    )


def empty_slice(span: Span, first: int, to: int) -> Diagnostic:
    """A slice ends where it begins, or before."""
    return Diagnostic(
        "E074",
        span,
        f"the `slice` from {first} to {to} has nothing in it",
        "It ends before the second number.",
        f"write a larger one, such as {first + 1} for a single channel",
    )


E075 = Code(
    "channels that do not form equal groups",
    "`shuffle` takes one channel of each group in turn, so that all groups have as many.",
    "input 16x4x4\nshuffle 3\n",
)


def unequal_groups(span: Span, groups: int, given: Shape, source: str) -> Diagnostic:
    """The number of groups does not divide that of the channels."""
    count = given[0]
    nearest = min(
        (number for number in range(1, count + 1) if count % number == 0),
        key=lambda number: (abs(number - groups), number),
    )
    return Diagnostic(
        "E075",
        span,
        f"{count} channels do not form {groups} groups of one size",
        f"{source} gives {show(given)}.",
        f"write a number that divides {count}, such as {nearest}",
        edits=(Edit.of(span, str(nearest)),),
    )
