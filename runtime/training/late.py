"""Gradients of wide layers, some rows at a time: see compiler/codegen/late.py."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded
from lenet.compiler.optimizers.exact import LIMIT
from lenet.compiler.target import LANES
from lenet.runtime.machine.arrays import aligned_floats
from lenet.runtime.training.slices.pieces import Piece, buffer_floats, pieces_of, row_floats
from lenet.runtime.training.updater import Parts


class LateGradients:
    """What the slices of a worker leave, and the gradients that are made of it."""

    def __init__(self, loaded: Loaded, slices: int, images: int, threads: int) -> None:
        """Of so many slices of at most so many images."""
        program = loaded.program
        row = -(-images // LANES) * program.factor_floats
        self.factors = aligned_floats(slices * row).reshape(slices, row)
        self._late_gradient = loaded.late_gradient
        self.pieces = tuple(pieces_of(program, slices))
        self._buffers = [aligned_floats(buffer_floats(program, slices)) for _ in range(threads)]
        self._used: list[tuple[int, int]] = []  # slices with images, and how many blocks these are

    @classmethod
    def of(cls, loaded: Loaded, slices: int, images: int, threads: int) -> "LateGradients | None":
        """None where no gradient is late."""
        return cls(loaded, slices, images, threads) if loaded.program.late else None

    def begin(self, images: Sequence[int]) -> None:
        """A step in which the slices have so many images."""
        blocks = [-(-count // LANES) for count in images]
        self._used = [(number, count) for number, count in enumerate(blocks) if count]

    def parts(self, piece: Piece, thread: int) -> Parts:
        """The gradients of a piece, a slice each; they are used before this thread's next ones."""
        size = piece.last - piece.first
        row, buffer = row_floats(size), self._buffers[thread]
        for place, (number, blocks) in enumerate(self._used):
            given = piece.layer, self.factors[number], blocks, piece.begin, piece.end
            self._late_gradient(*given, buffer, place * row)
        # Of single columns: so a row is where the parameter 0 would be, if it were in the buffer.
        rows = np.arange(len(self._used)) * row - piece.first
        nothing = np.zeros((0, 1), np.int64)
        return buffer.reshape(-1, 1), rows, nothing, np.arange(0)

    def fill(self, gradient: NDArray[np.float32]) -> None:
        """With those of a slice, to look at them: of the first one in which one leaves its range,
        or else of the last."""
        for number, blocks in self._used:
            for piece in self.pieces:
                given = piece.layer, self.factors[number], blocks, piece.begin, piece.end
                self._late_gradient(*given, gradient, piece.first)
            parts = (gradient[piece.first : piece.last] for piece in self.pieces)
            if not all((np.abs(part) < LIMIT).all() for part in parts):  # nor numbers
                return
