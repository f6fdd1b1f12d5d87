"""Winograd's matrices, and products with them in LLVM IR."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from llvmlite import ir

from lenet.compiler.simd.lanes import constant, fused_multiply_add
from lenet.compiler.simd.products.sizes import WINOGRAD as SIZE

Matrix = tuple[tuple[Fraction, ...], ...]
# Interpolation points, beside infinity. With these, rounding errors are 1.7 times those of a direct
# sum for 3 x 3, where the usual 0, 1, -1, 2, -2 make them 3.6 times as large.
_POINTS = tuple(Fraction(p) for p in ("0", "3/4", "-3/4", "3/2", "-3/2"))


@cache
def matrices(kernel: int) -> tuple[Matrix, Matrix, Matrix]:
    """At (m x n), G (n x r) and Bt (n x n) of F(n - r + 1, r), by Toom and Cook's interpolation."""
    outputs = SIZE - kernel + 1

    def powers(count: int) -> list[list[Fraction]]:
        """Rows of a Vandermonde matrix, with the row of infinity."""
        rows = [[p**k for k in range(count)] for p in _POINTS]
        return [*rows, [Fraction(k == count - 1) for k in range(count)]]

    # Correlation is the transpose of polynomial multiplication: A and G evaluate, B interpolates.
    scales = [_scale(k) for k in range(SIZE)]
    at = tuple(zip(*powers(outputs), strict=True))
    g = tuple(tuple(v / scales[k] for v in row) for k, row in enumerate(powers(kernel)))
    inverse = _inverse(powers(SIZE))
    bt = tuple(tuple(inverse[j][k] * scales[k] for j in range(SIZE)) for k in range(SIZE))
    return at, g, bt


def _scale(k: int) -> Fraction:
    """The product of the differences to the other points: it makes Bt a matrix of few bits."""
    scale = Fraction(1)
    if k < len(_POINTS):
        for j, point in enumerate(_POINTS):
            scale *= _POINTS[k] - point if j != k else 1
    return scale


def _inverse(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss and Jordan's elimination."""
    size = len(rows)
    work = [[*row, *(Fraction(k == j) for j in range(size))] for k, row in enumerate(rows)]
    for k in range(size):
        pivot = next(j for j in range(k, size) if work[j][k])
        work[k], work[pivot] = work[pivot], work[k]
        work[k] = [v / work[k][k] for v in work[k]]
        for j in range(size):
            if j != k:
                work[j] = [a - work[j][k] * b for a, b in zip(work[j], work[k], strict=True)]
    return [row[size:] for row in work]


class Arithmetic:
    """Products of a small constant matrix with vectors, with as few operations as it takes."""

    def __init__(self, builder: ir.IRBuilder, width: int) -> None:
        self.builder, self.width = builder, width

    def apply(self, matrix: Matrix, values: Sequence[Any]) -> list[Any]:
        """matrix times values. Two rows that differ in signs alone, p and -p, share their sums."""
        results: list[Any] = [None] * len(matrix)
        for k, row in enumerate(matrix):
            if results[k] is not None:
                continue
            other = next((j for j in range(k + 1, len(matrix)) if _mirrored(row, matrix[j])), None)
            if other is None:
                results[k] = self._sum(row, values)
                continue
            pairs = list(zip(row, matrix[other], strict=True))
            even = self._sum([a if a == b else Fraction(0) for a, b in pairs], values)
            odd = self._sum([a if a != b else Fraction(0) for a, b in pairs], values)
            results[k] = self.builder.fadd(even, odd)
            results[other] = self.builder.fsub(even, odd)
        return results

    def square(self, matrix: Matrix, values: list[list[Any]]) -> list[list[Any]]:
        """matrix times values times the transposed matrix."""
        columns = [self.apply(matrix, column) for column in zip(*values, strict=True)]
        return [self.apply(matrix, row) for row in zip(*columns, strict=True)]

    def _sum(self, row: Sequence[Fraction], values: Sequence[Any]) -> Any:
        # Terms with the factor 1 first: the others are added to them in one operation each.
        terms = sorted(
            ((c, v) for c, v in zip(row, values, strict=True) if c), key=lambda t: t[0] != 1
        )
        (first, value), *rest = terms
        total = value if first == 1 else self.builder.fmul(self._splat(first), value)
        for factor, value in rest:
            if factor == 1:
                total = self.builder.fadd(total, value)
            elif factor == -1:
                total = self.builder.fsub(total, value)
            else:
                total = fused_multiply_add(self.builder, self._splat(factor), value, total)
        return total

    def _splat(self, factor: Fraction) -> Any:
        return constant(float(factor), self.width)


def _mirrored(a: Sequence[Fraction], b: Sequence[Fraction]) -> bool:
    """Whether the rows agree up to signs, with both signs among them."""
    signs = {x == y for x, y in zip(a, b, strict=True) if x or y}
    same = all(x in (y, -y) for x, y in zip(a, b, strict=True))
    return same and signs == {True, False}
