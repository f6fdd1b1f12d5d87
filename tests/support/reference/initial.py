"""What initial values are to be, checked on a matrix (outputs, inputs) of them in float64."""

import math
from collections.abc import Callable, Sequence

import numpy as np

Check = Callable[[np.ndarray, int, int, Sequence[str]], None]


def _normal(matrix: np.ndarray, deviation: float) -> None:
    assert abs(matrix.mean()) < 5 * deviation / math.sqrt(matrix.size)
    assert math.isclose(matrix.std(), deviation, rel_tol=5 / math.sqrt(2 * matrix.size))
    fourth = ((matrix / deviation) ** 4).mean()  # 3 for a normal distribution
    assert abs(fourth - 3) < 5 * math.sqrt(96 / matrix.size)


def _uniform(matrix: np.ndarray, bound: float) -> None:
    assert np.abs(matrix).max() <= bound * (1 + 1e-6)
    assert abs(matrix.mean()) < 5 * bound / math.sqrt(3 * matrix.size)
    assert math.isclose(matrix.std(), bound / math.sqrt(3), rel_tol=5 / math.sqrt(matrix.size))


def constant(matrix: np.ndarray, inputs: int, outputs: int, values: Sequence[str]) -> None:
    assert (matrix == float(values[0])).all()


def normal(matrix: np.ndarray, inputs: int, outputs: int, values: Sequence[str]) -> None:
    _normal(matrix, float(values[0]))


def uniform(matrix: np.ndarray, inputs: int, outputs: int, values: Sequence[str]) -> None:
    _uniform(matrix, float(values[0]) if values else 1 / math.sqrt(inputs))


def he(matrix: np.ndarray, inputs: int, outputs: int, values: Sequence[str]) -> None:
    if values == ["uniform"]:
        _uniform(matrix, math.sqrt(6 / inputs))
    else:
        _normal(matrix, math.sqrt(2 / inputs))


def lecun(matrix: np.ndarray, inputs: int, outputs: int, values: Sequence[str]) -> None:
    if values == ["uniform"]:
        _uniform(matrix, math.sqrt(3 / inputs))
    else:
        _normal(matrix, math.sqrt(1 / inputs))


def xavier(matrix: np.ndarray, inputs: int, outputs: int, values: Sequence[str]) -> None:
    if values == ["normal"]:
        _normal(matrix, math.sqrt(2 / (inputs + outputs)))
    else:
        _uniform(matrix, math.sqrt(6 / (inputs + outputs)))


def orthogonal(matrix: np.ndarray, inputs: int, outputs: int, values: Sequence[str]) -> None:
    gain = float(values[1]) if values else 1.0
    short = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    products = short @ short.T
    np.testing.assert_allclose(products, gain**2 * np.eye(len(short)), atol=1e-6 * gain**2)


INITIAL: dict[str, Check] = {
    "constant": constant, "he": he, "lecun": lecun, "normal": normal, "orthogonal": orthogonal,
    "uniform": uniform, "xavier": xavier,
}  # fmt: skip
