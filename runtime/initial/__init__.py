"""Initial values of weights, by the words of the language: the same bits on every machine.

Each is a module of this folder, under the name that the language has for it, with a function
`values(use, fans, stream, count)`, which gives `count` numbers in float64. Only what IEEE 754
rounds correctly is computed, so that all workers begin with the same weights.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.registry import Parameter
from lenet.dsl.vocabulary import Use, carried_out

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Fans:
    """How many values each output of a tensor sees, how many outputs each input is seen by, and the
    tensor's shape as a matrix: outputs, and what each has."""

    inputs: int
    outputs: int
    matrix: tuple[int, int]


def initial_values(parameter: Parameter, stream: np.random.PCG64) -> Doubles:
    """Of a tensor whose `initial` is a word of the language, in its shape."""
    assert isinstance(parameter.initial, Use)
    outputs, *rest = parameter.shape
    count = int(np.prod(rest))
    seen_by = parameter.fan_out or outputs * int(np.prod(rest[1:]))
    fans = Fans(parameter.fan_in, seen_by, (outputs, count))
    module = carried_out(__name__, parameter.initial.name)
    values: Doubles = module.values(parameter.initial, fans, stream, outputs * count)
    return values.reshape(parameter.shape)


def drawn(distribution: str, deviation: float, stream: np.random.PCG64, count: int) -> Doubles:
    """Numbers around 0 with a standard deviation, normal or uniform."""
    if distribution == "normal":
        return deviation * normals(stream, count)
    return np.sqrt(3.0) * deviation * (2 * uniforms(stream, count) - 1)


def uniforms(stream: np.random.PCG64, count: int) -> Doubles:
    """Numbers from 0 to below 1, with 24 bits: as many as a float32 keeps."""
    return (stream.random_raw(count) >> np.uint64(40)).astype(np.float64) * 2.0**-24


def normals(stream: np.random.PCG64, count: int) -> Doubles:
    """Numbers of the standard normal distribution: its quantiles at uniform numbers, by the
    rational functions of Wichura 1988 (Algorithm AS 241, PPND16), right to 16 digits."""
    p = ((stream.random_raw(count) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    q = p - 0.5
    r = 0.180625 - q * q
    middle = q * _ratio(MIDDLE, np.maximum(r, 0.0))
    r = np.sqrt(-_log(np.where(q < 0, p, 1 - p)))
    tail = np.where(r <= 5, _ratio(NEAR, r - 1.6), _ratio(FAR, r - 5.0))
    return np.where(np.abs(q) <= 0.425, middle, np.sign(q) * tail)


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], r: Doubles) -> Doubles:
    """A quotient of two polynomials, the constants first."""
    above, below = (np.zeros_like(r) for _ in range(2))
    for a, b in zip(reversed(coefficients[0]), reversed(coefficients[1]), strict=True):
        above, below = above * r + a, below * r + b
    return above / below


def _log(x: Doubles) -> Doubles:
    """The natural logarithm, of sums and products alone: libraries' differ in their last bit."""
    fraction, exponent = np.frexp(x)
    z = (fraction - 0.75) / (fraction + 0.75)  # of 0.5 to 1: at most a fifth
    total = np.zeros_like(z)
    for k in range(23, -1, -2):
        total = total * (z * z) + 1 / k
    return exponent * LOG_2 + (2 * z * total + LOG_3_4)


LOG_2, LOG_3_4 = 0.6931471805599453, -0.2876820724517809
MIDDLE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3),
)  # fmt: skip
NEAR = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
FAR = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15),
)  # fmt: skip
