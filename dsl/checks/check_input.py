"""Whether the net's input is the data's images; and nets lowered with another input."""

from dataclasses import replace

from lenet.dsl.datasets import DATASETS
from lenet.dsl.lower.definitions import Definitions
from lenet.dsl.lower.extent import MOST_LINES
from lenet.dsl.lower.inputs import are_several
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.lower.state import Scope
from lenet.dsl.messages import wording as messages
from lenet.dsl.sections import SECTIONS
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape, product, show
from lenet.dsl.syntax.tree import Line, Number, Sizes, Span, Tree

_LARGEST_INPUT = 4096  # that is tried in search of one that is large enough
_LARGEST_SEARCHED = 400  # lines of a net that is lowered again for it
# What is found of a net's shapes, and may follow from its input.
_OF_SHAPES = ("E030", "E031", "E032", "E033", "E034", "E041", "E064", "E068", "E069", "E070",
              "E074", "E075", "W001")  # fmt: skip


def compare_input(
    lowered: Lowering, data: Data, tree: Tree, definitions: Definitions
) -> Lowering | None:
    """Report an input that is not the data's images, and take back what only follows from it.

    The net is lowered again with the images' shape; of the mistakes in its shapes, those
    that are found then are kept. The net so lowered is returned where the input differs.
    """
    known = DATASETS[data.kind].shape
    if known is None or not lowered.nodes or lowered.nodes[0].kind != "input":
        return None
    images = (known[0], known[1] + 2 * data.pad[0], known[2] + 2 * data.pad[1])
    first, line = lowered.nodes[0].shape, lowered.lines[0]
    vector = len(first) == 1
    if first in (images, (product(images),)) or (vector and any(data.pad)):
        return None
    right = (product(images),) if vector else images
    again = lower_with(right, tree, definitions)
    pad = _padding(first, known)
    wrong = {(d.code, d.span) for d in lowered.diagnostics if d.code in _OF_SHAPES}
    if wrong:
        kept = [d for d in again.diagnostics if d.code in _OF_SHAPES]
        if pad is not None:  # then the input may be right, and the net as it stands
            kept = [d for d in kept if (d.code, d.span) in wrong]
        lowered.diagnostics[:] = [d for d in lowered.diagnostics if d.code not in _OF_SHAPES] + kept
    size = _size_of(line) if pad is None else None
    lowered.report(
        messages.input_differs(line.span, first, right, images, data.kind, data.span, pad, size)
    )
    again.diagnostics, again.reported = lowered.diagnostics, lowered.reported
    return again


def _padding(given: Shape, known: Shape) -> tuple[int, int] | None:
    """The `pad` that makes images of this shape of the known ones, if one does."""
    if len(given) != 3 or given[0] != known[0]:
        return None
    more = (given[1] - known[1], given[2] - known[2])
    return None if any(m < 0 or m % 2 for m in more) else (more[0] // 2, more[1] // 2)


def _size_of(line: Line) -> Span | None:
    """Where the input's size stands, if it is written in plain numbers."""
    item = line.items[0]
    plain = isinstance(item, Sizes) and all(isinstance(part, Number) for part in item.parts)
    return item.span if plain else None


def lower_with(
    size: Shape, tree: Tree, definitions: Definitions, most: int = MOST_LINES
) -> Lowering:
    """The net as it would be with another input; lowered as far as `most` lines."""
    lowered = Lowering([], input_size=size, most=most)
    scope = Scope(definitions, definitions.constants)
    lowered.several = are_several(tree.statements, definitions.constants)
    for statement in tree.statements:
        if isinstance(statement, Line) and statement.keyword.text not in (
            *SECTIONS, "block", "table", "import", ""
        ):  # fmt: skip
            lowered.line(statement, scope)
    return lowered


def suggest_input(tree: Tree, definitions: Definitions, lowered: Lowering) -> None:
    """Where a window is larger than its input, name the smallest input that is large enough."""
    too_large = [k for k, d in enumerate(lowered.diagnostics) if d.code == "E030"]
    first = lowered.nodes[0].shape if lowered.nodes else ()
    if not too_large or len(first) != 3 or lowered.visited > _LARGEST_SEARCHED:
        return

    def mistakes(more: int) -> set[str]:
        size = (first[0], first[1] + more, first[2] + more)
        trial = lower_with(size, tree, definitions, _LARGEST_SEARCHED)
        return {d.code for d in trial.diagnostics if d.severity == "error"}

    def fits(more: int) -> bool:
        return "E030" not in mistakes(more)

    low, high = 0, 1
    while not fits(high):
        low, high = high, high * 2
        if high > _LARGEST_INPUT:
            return
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    if mistakes(high):
        return
    smallest = show((first[0], first[1] + high, first[2] + high))
    place = too_large[0]
    found = lowered.diagnostics[place]
    fix = f"{found.fix}; or begin with input {smallest}, the smallest that works"
    lowered.diagnostics[place] = replace(found, fix=fix)
