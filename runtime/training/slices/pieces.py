"""The gradients of wide layers in pieces: how many rows are computed together."""

from collections.abc import Iterator
from dataclasses import dataclass

from lenet.compiler.program import Program
from lenet.compiler.target import LANES

_TOGETHER = 2**20  # floats of a piece, of all slices: with less, Python has too much to do


@dataclass(frozen=True)
class Piece:
    """Some rows of a layer's weights, the parameters first … last."""

    layer: int
    begin: int
    end: int
    first: int
    last: int


def buffer_floats(program: Program, slices: int) -> int:
    """Of a piece, in so many slices; each thread has one at a time."""
    sizes = (piece.last - piece.first for piece in pieces_of(program, slices))
    return slices * row_floats(max(sizes, default=0))


def row_floats(size: int) -> int:
    """The floats between the gradients of two slices."""
    return -(-size // LANES) * LANES


def pieces_of(program: Program, slices: int) -> Iterator[Piece]:
    """Of all layers, in so many slices."""
    for number, late in enumerate(program.late):
        for start, size, parts in late.runs:
            step = size * max(1, _TOGETHER // (slices * late.columns * size))
            for begin in range(start, start + size * parts, step):
                end = min(begin + step, start + size * parts)
                first, last = (late.offset + row * late.columns for row in (begin, end))
                yield Piece(number, begin, end, first, last)
