"""Calls of kernels as lines of source."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from lenet.compiler.codegen.steps import Parts, Step, joined
from lenet.compiler.memory.phase import Buffer, Call, segments
from lenet.compiler.memory.plan import Place
from lenet.compiler.target import BLOCKS, LANES

_LOOP = f"""\
for first in range(0, rows.size, {BLOCKS * LANES}):
    blocks = min({BLOCKS}, (rows.size - first + {LANES - 1}) // {LANES})"""
_IMAGES = f"images = min({LANES}, rows.size - first - block * {LANES})"
_KEPT = f"""\
here = first // {LANES} + block
kept = {{start}} + here * {{step}}"""


@dataclass(frozen=True)
class Writer:
    """Writes a phase's calls, whose buffers lie at `places`, as steps.

    `kept` is where what is kept for each block starts, and the step from one to the next, if
    anything is. With `checks` it is of interest whether what is read are finite numbers. With
    `probes`, each call is measured under the next of `numbers`.
    """

    places: Mapping[str, Place]
    parts: Parts
    kept: tuple[int, int] | None = None
    checks: bool = False
    probes: bool = False
    numbers: Iterator[int] = field(default_factory=count)

    def steps(self, calls: Iterable[Call]) -> list[Step]:
        """A step for each, or fewer that call parts."""
        return self.parts.shortened([step for call in calls for step in self._steps_of(call)])

    def one(self, call: Call) -> Step:
        """A single call, without probes."""
        (step,) = self._steps_of(call)
        return step

    def loop(self, calls: Iterable[Call]) -> Step:
        """All calls for blocks or groups, in loops over them."""
        return joined(self.parts.shortened([self._segment(s) for s in segments(calls)]), _LOOP)

    def _segment(self, calls: tuple[Call, ...]) -> Step:
        steps = self.steps(calls)
        if calls[0].scope == "group":
            return joined(steps)
        begin = []
        if self.kept is not None:
            start, step = self.kept
            begin = [Step(_IMAGES), Step(_KEPT.format(start=start, step=step))]
        elif any("images" in call.arguments for call in calls):
            begin = [Step(_IMAGES)]
        return joined([*begin, *steps], "for block in range(blocks):")

    def _steps_of(self, call: Call) -> Iterator[Step]:
        texts: list[str] = []
        numbers: list[int] = []
        for argument in call.arguments:
            text, own = self._argument(argument, call.scope)
            texts.append(text)
            numbers += own
        checks = call.checks and self.checks
        line = f"{'finite &= ' if checks else ''}{call.function}({', '.join(texts)})"
        yield Step(line, tuple(numbers), checks=checks)
        if self.probes:
            yield Step("before = probe(times, {}, before)", (next(self.numbers),), probed=True)

    def _argument(self, argument: str | Buffer, scope: str) -> tuple[str, tuple[int, ...]]:
        if isinstance(argument, str):
            return ("{}", (int(argument),)) if argument.isdigit() else (argument, ())
        place = self.places[argument.name]
        if place.kept == "block":
            return "kept + {}", (place.offset,)
        if place.kept == "group":
            block = "here" if scope == "block" else f"first // {LANES}"
            return f"grouped + {{}} * all_blocks + {block} * {{}}", (place.offset, place.step)
        if scope == "block" and place.step:
            if place.offset:
                return "{} + block * {}", (place.offset, place.step)
            return "block * {}", (place.step,)
        return "{}", (place.offset,)
