"""The noise scale of the gradient, and which batch it makes worth its images."""

import numpy as np
import pytest

from lenet.runtime.training.batch_size import Size, judged, noise_scale


def test_the_scale_of_known_noise() -> None:
    """Gradients of batches around a known mean, whose images' deviations are known."""
    rng = np.random.default_rng(1)
    batch, count = 16, 4000
    mean = np.array([0.3, -0.1, 0.2, 0.0])
    deviations = np.array([1.0, 2.0, 0.5, 1.5])
    drawn = mean + deviations / np.sqrt(batch) * rng.normal(size=(count, 4))
    wanted = (deviations**2).sum() / (mean**2).sum()
    found = noise_scale(list(drawn.astype(np.float32)), batch)
    assert found == pytest.approx(wanted, rel=0.05)


def test_gradients_that_are_all_noise() -> None:
    gradients = [np.array(g, np.float32) for g in ([1, 0], [-1, 0], [0, 1], [0, -1])]
    assert noise_scale(gradients, 8) is None


def test_the_batch_that_is_worth_it() -> None:
    """With a scale of 100, (b + 100) / speed is the time to the same loss."""
    sizes = [Size(16, 1000.0, 0), Size(64, 3000.0, 0), Size(256, 6000.0, 0), Size(1024, 6000.0, 0)]
    found, batch = judged(sizes, 100.0)
    times = np.array([116 / 1000, 164 / 3000, 356 / 6000, 1124 / 6000])
    assert batch == 64
    assert [size.seconds for size in found] == pytest.approx((times / times.min()).tolist())
    steps = np.array([1 + 100 / b for b in (16, 64, 256, 1024)])
    assert [size.steps for size in found] == pytest.approx((steps / steps.min()).tolist())
