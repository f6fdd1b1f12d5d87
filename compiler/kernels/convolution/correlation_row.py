"""One row of what correlations compute: tiles side by side, and the loops over them.

Where the maps of its input lie a large power of two apart, as those of 16x16 or 32x32 do, the same
places of all of them would have to share a few places of the caches: then the rows that a row of
the output needs are copied next to each other first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels.shared.tile_source import correlation_source
from lenet.compiler.target import LANES, split

Taps = tuple[tuple[int, int, int], ...]

_APART = 2**14  # bytes
_MAPS = 32  # at least
_USES = 32  # of each value that is copied, at least


@dataclass(frozen=True)
class Run:
    """`count` tiles side by side, alike in their taps; each step moves both starts on."""

    columns: int
    taps: Taps
    count: int
    start: int
    step: int
    source: int
    source_step: int


def runs_of(tiles: list[tuple[int, int, int, Taps]]) -> list[Run]:
    """Tiles (start, columns, source, taps) with equal neighbours put into loops."""
    runs: list[Run] = []
    for start, columns, source, taps in tiles:
        last = runs[-1] if runs else None
        if last and (last.columns, last.taps) == (columns, taps):
            step = start - last.start - last.step * (last.count - 1)
            source_step = source - last.source - last.source_step * (last.count - 1)
            if last.count == 1 or (step, source_step) == (last.step, last.source_step):
                runs[-1] = Run(
                    columns, taps, last.count + 1, last.start, step, last.source, source_step
                )
                continue
        runs.append(Run(columns, taps, 1, start, 0, source, 0))
    return runs


def column_tiles(width: int, most: int, stride: int = 1) -> list[tuple[int, int]]:
    """(start, columns) of tiles; with a stride, tiles repeat only if it divides their width."""
    if stride > 1:
        most = max(stride, most - most % stride)
        return [(start, min(most, width - start)) for start in range(0, width, most)]
    return [
        (start + part * size, size)
        for start, size, parts in split(width, most)
        for part in range(parts)
    ]


@dataclass(frozen=True)
class Input:
    """Where a row of the output finds its input: `rows` rows of `x` from row `top + first` on, or
    upwards from row `top`, of all `channels`; `most` bounds `rows`, `uses` is how often a value is
    read for a row of the output. A dilated kernel takes every `apart`th row, from
    `top + first * apart` on. Steps are in floats."""

    x: str
    channels: int
    height: int
    width: int
    most: int
    uses: int
    upwards: bool = False
    apart: int = 1

    @property
    def copied(self) -> bool:
        """Whether rows are copied: of many maps a power of two apart, and read often enough."""
        aligned = self.height * self.width * LANES * 4 % _APART == 0
        return aligned and self.channels >= _MAPS and self.uses >= _USES

    @property
    def steps(self) -> dict[str, object]:
        """Those of a Correlation between the places of its input."""
        row = self.width * LANES
        if self.copied:
            return {"x_channel": self.most * row + LANES, "x_row": row, "x_column": LANES}
        return {
            "x_channel": self.height * row,
            "x_row": (-row if self.upwards else row) * self.apart,
            "x_column": LANES,
        }

    @property
    def _times(self) -> str:
        return f" * {self.apart}" if self.apart > 1 else ""

    @property
    def size(self) -> int:
        """Floats of the copies."""
        return self.channels * (self.most * self.width * LANES + LANES) if self.copied else 0

    def place(self, at: str) -> str:
        """The offset of column {source} of the first row."""
        if self.copied:
            return f"{at} + {{source}} * {LANES}"
        first = "top" if self.upwards else f"(top + first{self._times})"
        return f"{self.x} + ({first} * {self.width} + {{source}}) * {LANES}"

    def copies(self, at: str) -> str:
        """Statements that copy the rows."""
        if not self.copied:
            return ""
        to, row = f"{at} + channel * {self.steps['x_channel']}", self.width * LANES
        body = f"for channel in range({self.channels}):\n"
        if not self.upwards and self.apart == 1:
            start = f"{self.x} + (channel * {self.height} + top + first) * {row}"
            return body + f"    copy(arena, {to}, {start}, rows * {row})\n"
        line = f"top - line{self._times}"
        if not self.upwards:
            line = f"top + (first + line){self._times}"
        start = f"{self.x} + (channel * {self.height} + {line}) * {row}"
        return (
            f"{body}    for line in range(rows):\n"
            f"        copy(arena, {to} + line * {row}, {start}, {row})\n"
        )


@dataclass(frozen=True)
class Row:
    """A row of all output channels, in the function NAME_suffix: statements that find its place,
    where its input lies, tiles for all columns with the steps that they have in common, and how one
    is called."""

    request: Request
    suffix: str
    outputs: int
    head: str
    given: Input
    tiles: list[Run]
    steps: Mapping[str, object]
    call: str
    packed: bool = False  # whether the weights of a tile lie in one piece

    @property
    def source(self) -> tuple[str, str]:
        """Tiles, and the loops over them: the outer ones over outputs or, where weights are packed,
        so that those of all outputs come one after the other, over columns, whose input then is
        read once."""
        source, body = "", self.head + self.given.copies("scratch")
        if self.packed:
            for run in self.tiles:
                inner = ""
                for start, size, parts in self.output_runs:
                    more, call = self._tile(run, size)
                    source += more
                    inner += _over_outputs(start, size, parts) + f"    {call}\n"
                body += _over_tiles(run, inner)
            return source, body
        for start, size, parts in self.output_runs:
            more, loops = self.loops(size)
            source += more
            body += _over_outputs(start, size, parts) + indent(loops, "    ")
        return source, body

    @property
    def output_runs(self) -> list[tuple[int, int, int]]:
        """(start, channels of a tile, tiles)."""
        widest = max(run.columns for run in self.tiles)
        return split(self.outputs, self.request.target.tile(self.outputs, widest)[0])

    def loops(self, size: int) -> tuple[str, str]:
        """The tiles of `size` output channels, and the loops over them."""
        source = body = ""
        for run in self.tiles:
            more, call = self._tile(run, size)
            source += more
            body += _over_tiles(run, f"{call}\n")
        return source, body

    def _tile(self, run: Run, size: int) -> tuple[str, str]:
        """A tile of `size` output channels, and its call."""
        steps = {**self.steps, "w_channel": size} if self.packed else self.steps
        tile = f"{NAME}_{self.suffix}_{size}x{run.columns}_at_{run.start}"
        source = correlation_source(
            tile, width=self.request.target.width, outputs=size, columns=run.columns,
            taps=run.taps, **steps,
        )  # fmt: skip
        column, at = str(run.start), str(run.source)
        if run.count > 1:
            column = f"({run.start} + tile * {run.step})"
            at = f"({run.source} + tile * {run.source_step})"
        return source, self.call.format(tile=tile, column=column, source=at)


def _over_outputs(start: int, size: int, parts: int) -> str:
    return f"for output in range({start}, {start + size * parts}, {size}):\n"


def _over_tiles(run: Run, body: str) -> str:
    return f"for tile in range({run.count}):\n{indent(body, '    ')}" if run.count > 1 else body
