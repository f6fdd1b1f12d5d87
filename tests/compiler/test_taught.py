"""A teacher's part of a loss: sums and gradients against numpy in float64, from the formula."""

import numpy as np
import pytest

from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import TOTALS
from lenet.dsl.check import check_graph
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.training.batches import keys_of
from lenet.runtime.training.parameters import initial_weights, to_tensors

NET = """\
input 6
linear 5
{end}{augment}train
  loss {loss}
  teach "t" temperature {temperature} share {share}
  rate 0.1
"""
IMAGES = 37
Array = np.ndarray


def log_softmax(x: Array) -> Array:
    x = x - x.max(axis=1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def taught(scores: Array, teacher: Array, wanted: Array, counts: Array, t: float, share: float):
    """The sum of the losses, and their slopes by the scores. `wanted` are the shares of the classes
    in the labels' part, each times what its image counts."""
    own, cooled = log_softmax(scores), log_softmax(scores / t)
    soft = log_softmax(teacher / t)
    q, s = np.exp(soft), np.exp(cooled)
    hard = -(wanted * own).sum()
    divergence = (q * (soft - cooled)).sum(axis=1)
    slopes = wanted.sum(axis=1, keepdims=True) * np.exp(own) - wanted
    softly = share * t * counts[:, None] * (s - q)
    return (1 - share) * hard + share * t**2 * (counts * divergence).sum(), (
        1 - share
    ) * slopes + softly


@pytest.mark.parametrize(
    ("loss", "end", "mixes", "temperature", "share"),
    [
        ("nll", "logsoftmax\n", False, 4, 0.9),
        ("crossentropy smooth 0.1", "", False, 2.5, 0.3),
        ("nll weights 1 2 0.5 1 3", "logsoftmax\n", False, 1, 1),
        ("crossentropy", "", True, 4, 0.5),
    ],
)
def test_sums_and_gradients(
    loss: str, end: str, mixes: bool, temperature: float, share: float
) -> None:
    rng = np.random.default_rng(3)
    augment = "augment\n  mixup 0.2\n" if mixes else ""
    text = NET.format(loss=loss, end=end, augment=augment, temperature=temperature, share=share)
    loaded = load(compile_graph(check_graph(text, "x")))
    program = loaded.program
    weights = initial_weights(program, 2) * np.float32(4)
    pixels = rng.normal(size=(IMAGES, 6)).astype(np.float32)
    labels, others = rng.integers(0, 5, (2, IMAGES)).astype(np.int32)
    teacher = log_softmax(3 * rng.normal(size=(IMAGES, 5))).astype(np.float32)
    counts, wanted = np.ones(IMAGES), np.eye(5)[labels]
    arrays = [labels]
    if "smooth" in loss:
        wanted = 0.9 * wanted + 0.1 / 5
    if "weights" in loss:
        counts = np.array([1, 2, 0.5, 1, 3])[labels]
        wanted = counts[:, None] * wanted
        arrays.append(counts.astype(np.float32))
    if mixes:
        shares = rng.uniform(0, 1, (IMAGES, 2)).astype(np.float32)
        counts = shares.sum(axis=1, dtype=np.float64)
        wanted = shares[:, :1] * np.eye(5)[labels] + shares[:, 1:] * np.eye(5)[others]
        arrays += [others, shares]
    rows = rng.permutation(IMAGES).astype(np.int64)
    totals, gradient = np.zeros(TOTALS), aligned_floats(program.parameter_count)
    arena = aligned_floats(program.train_floats)
    arena[:] = np.nan
    loaded.train_slice(np.dtype(np.float32))(
        arena, weights, gradient, *map(frozen, (pixels, *arrays, teacher)), rows,
        np.ones(1, np.float32), np.zeros(1, np.float32), keys_of(np.uint64(1), rows),
        aligned_floats(0), totals,
    )  # fmt: skip
    own = {name: t.astype(np.float64) for name, t in to_tensors(program, weights).items()}
    scores = pixels @ own["linear1.weight"].T + own["linear1.bias"]
    total, slopes = taught(scores, teacher, wanted, counts, temperature, share)
    found = to_tensors(program, gradient)
    assert totals[0] == pytest.approx(total, rel=1e-5)
    assert totals[1] == (scores.argmax(axis=1) == labels).sum()
    np.testing.assert_allclose(found["linear1.weight"], slopes.T @ pixels, atol=2e-4, rtol=1e-4)
    np.testing.assert_allclose(found["linear1.bias"], slopes.sum(axis=0), atol=2e-4, rtol=1e-4)


def test_the_formula_is_its_own_slope() -> None:
    """The reference, by finite differences."""
    rng = np.random.default_rng(4)
    scores, teacher = rng.normal(size=(2, 3, 5))
    wanted, counts = np.eye(5)[[0, 3, 1]], np.array([1, 2, 0.5])
    wanted = counts[:, None] * wanted
    _, slopes = taught(scores, teacher, wanted, counts, 3, 0.7)
    for place in np.ndindex(3, 5):
        step = np.zeros((3, 5))
        step[place] = 1e-6
        up, down = (taught(scores + d, teacher, wanted, counts, 3, 0.7)[0] for d in (step, -step))
        assert (up - down) / 2e-6 == pytest.approx(slopes[place], abs=1e-7)
