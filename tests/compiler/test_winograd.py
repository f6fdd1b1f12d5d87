"""Winograd's matrices, exactly; and the accuracy of what is computed with them."""

from fractions import Fraction

import numpy as np
import pytest

from lenet.compiler.simd.products.sizes import WINOGRAD as SIZE
from lenet.compiler.simd.products.sizes import winograd_strip
from lenet.compiler.simd.products.winograd_matrices import matrices
from nets import make_case


@pytest.mark.parametrize("kernel", [3, 5])
def test_the_matrices_give_correlations_exactly(kernel: int) -> None:
    """At [(G g) * (Bt d)] is the correlation of d with g, for every pair of unit vectors."""
    at, g, bt = matrices(kernel)
    outputs = SIZE - kernel + 1
    for tap in range(kernel):
        for place in range(SIZE):
            products = [g[k][tap] * bt[k][place] for k in range(SIZE)]
            got = [sum(a * p for a, p in zip(row, products, strict=True)) for row in at]
            assert got == [Fraction(place == output + tap) for output in range(outputs)]


@pytest.mark.parametrize(
    ("tiles", "channels", "strip"),
    [
        ((8, 8), 32, 1),  # 8 tiles take 576 KiB
        ((8, 8), 16, 2),  # three rows would fit, and leave a strip of two
        ((4, 4), 16, 4),
        ((6, 2), 512, 2),  # no strip fits; four tiles are worth the weights
        ((2, 2), 512, 2),
        ((1, 9), 512, 1),
    ],
)
def test_a_strip_fits_into_a_cache(tiles: tuple[int, int], channels: int, strip: int) -> None:
    assert winograd_strip(*tiles, channels) == strip


def test_it_is_as_accurate_as_direct_sums_but_for_a_small_factor() -> None:
    spec = (
        "input 64x12x12\nconv 32x3x3 pad 1 algorithm {0}\nconv 32x5x5 algorithm {0}\n"
        "reshape 2048\nlinear 10\nlogsoftmax"
    )
    errors = {}
    for algorithm in ("direct", "winograd"):
        case = make_case(spec.format(algorithm))
        expected = case.reference.forward(case.values())
        errors[algorithm] = np.abs(case.outputs() - expected).max()
        _, gradients, _ = case.reference.gradients(case.values(), case.labels, "nll")
        _, got, _ = case.kernels()
        for tensor, value in gradients.items():
            assert np.abs(got[tensor] - value).max() < 2e-5 * np.abs(value).max(), tensor
    assert errors["winograd"] < 6 * errors["direct"]
