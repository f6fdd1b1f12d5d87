"""orthogonal: rows of weights that are perpendicular to each other."""

import numpy as np
from numba import njit

from lenet.compiler.jit.kept import kept
from lenet.dsl.vocabulary import Use
from lenet.runtime.initial import Doubles, Fans, normals


def values(use: Use, fans: Fans, stream: np.random.PCG64, count: int) -> Doubles:
    """See the package. Twice Gram and Schmidt's method, one sum after the other: libraries add in
    orders of their own, and the bits would depend on the machine."""
    rows, columns = fans.matrix
    matrix = normals(stream, count).reshape(fans.matrix)
    if rows > columns:
        matrix = np.ascontiguousarray(matrix.T)
    _make_orthonormal(matrix)
    if rows > columns:
        matrix = np.ascontiguousarray(matrix.T)
    return np.asarray(use["gain"] * matrix.ravel())


@kept
@njit(nogil=True)
def _make_orthonormal(matrix):
    """The rows, each perpendicular to those before it and of length 1, in place."""
    rows, columns = matrix.shape
    for row in range(rows):
        for _ in range(2):  # what rounding has left of the first time
            for before in range(row):
                product = 0.0
                for column in range(columns):
                    product += matrix[row, column] * matrix[before, column]
                for column in range(columns):
                    matrix[row, column] -= product * matrix[before, column]
        length = 0.0
        for column in range(columns):
            length += matrix[row, column] ** 2
        length = np.sqrt(length)
        for column in range(columns):
            matrix[row, column] /= length
