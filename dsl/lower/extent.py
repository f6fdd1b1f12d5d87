"""How much blocks and repeats write out, by arithmetic: a few lines may stand for millions."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from lenet.dsl.lower.bind_block import bind_parameters
from lenet.dsl.lower.definitions import Definitions
from lenet.dsl.lower.values import Constants, Refused, evaluate_size
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.syntax.tree import Line, Sizes, Span, Statement

MOST_LAYERS = 5_000
MOST_LINES = 20_000  # that blocks and repeats may write out
DEEPEST = 100  # blocks, repeats and paths inside each other
_MOST_COUNTED = 2_000  # lines that are looked at for it; beyond them the lowering counts


def repetitions(line: Line, constants: Constants) -> int:
    """The number of a `repeat`, or Refused."""
    items, what = line.items, "the number of repetitions"
    if len(items) != 1 or not isinstance(items[0], Sizes) or len(items[0].parts) != 1:
        raise Refused(messages.bad_line(line.span, "repeat", STRUCTURE["repeat"][0]))
    times = int(evaluate_size(items[0].parts[0], constants, what, 0))
    if times > MOST_LAYERS:
        limits = f"at most {MOST_LAYERS}"
        raise Refused(messages.out_of_range(items[0].span, what, times, limits))
    return times


@dataclass(frozen=True)
class Extent:
    """The lines that are written out, and the layers among them."""

    lines: int = 0
    layers: int = 0

    def and_then(self, other: "Extent", times: int = 1) -> "Extent":
        """What is repeated 0 times is looked at once, but makes no layers."""
        lines = self.lines + max(1, times) * other.lines
        return Extent(lines, self.layers + times * other.layers)


def extent_of(line: Line, definitions: Definitions, constants: Constants, most: int) -> Extent:
    """Of a line with its body, as far as `most` lines; what has a mistake counts once, or not at
    all."""
    return _Counting({}, min(most, _MOST_COUNTED)).of((line,), definitions, constants, 0)


@dataclass
class _Counting:
    """`uses` are the blocks that were counted, with the values of their parameters."""

    uses: dict[tuple[Span, object], Extent]
    most: int
    counted: int = 0

    def of(
        self, body: Sequence[Statement], definitions: Definitions, constants: Constants, depth: int
    ) -> Extent:
        total = Extent()
        for line in body:
            self.counted += 1
            if depth > DEEPEST or self.counted > self.most:
                return total
            if not isinstance(line, Line):
                continue
            kind, times = line.keyword.text, 1
            if kind in definitions.blocks:
                inside = self._use(line, definitions, constants, depth)
            else:
                inside = self.of(line.body, definitions, constants, depth + 1)
            if kind == "repeat":
                with suppress(Refused):  # which is reported where the line is lowered
                    times = repetitions(line, constants)
            total = total.and_then(Extent(1, int(kind in layers()))).and_then(inside, times)
        return total

    def _use(
        self, line: Line, definitions: Definitions, constants: Constants, depth: int
    ) -> Extent:
        block = definitions.blocks[line.keyword.text]
        values, _ = bind_parameters(line, block, constants)
        use = (block.name.span, tuple(values.values.items()))
        if use not in self.uses:
            self.uses[use] = Extent()  # while it is open: what contains itself has no extent
            self.uses[use] = self.of(block.line.body, block.home, values, depth + 1)
        return self.uses[use]
