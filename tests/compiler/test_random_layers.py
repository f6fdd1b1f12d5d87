"""Layers that change values at random: what they draw, that it follows from the key and the row
alone, and that backward draws the same."""

import numpy as np
import pytest

from nets import Case, make_case, spec_of

IMAGES = 96
DROPPED = {
    "dropout 0.25": 1,
    "dropout channels 0.25": 12,
    "dropout 0.25 channels": 12,
    "stochasticdepth 0.25": 72,
}


def seen(layer: str) -> tuple[Case, np.ndarray]:
    """What a layer makes of 72 values that are 1, of each image: with one image, one label and
    weights of 0, the gradient of the weights is x * (p - onehot)."""
    case = make_case(spec_of(f"input 6x3x4; {layer}; flatten; linear 4 bias no as out"), IMAGES)
    case.pixels[:] = 160
    case.weights[:] = 0
    return case, np.array([values_of(case, np.array([row])) for row in range(IMAGES)])


def values_of(case: Case, rows: np.ndarray, key: int = 5) -> np.ndarray:
    _, got, _ = case.kernels(rows=rows, key=key)
    wrong = (case.labels[rows[0]] + 1) % 4
    return got["out.weight"][wrong] / 0.25


@pytest.mark.parametrize("layer", DROPPED)
def test_what_is_dropped_together(layer: str) -> None:
    case, masks = seen(layer)
    assert set(np.unique(np.round(masks, 5))) == {0.0, np.float32(round(1 / 0.75, 5))}
    groups = masks.reshape(IMAGES, -1, DROPPED[layer])
    assert (groups == groups[:, :, :1]).all()
    share = (groups[:, :, 0] == 0).mean()
    assert abs(share - 0.25) < 4 * np.sqrt(0.25 * 0.75 / groups[:, :, 0].size)
    different = len({mask.tobytes() for mask in masks})
    assert different == 2 if groups.shape[1] == 1 else different > IMAGES / 3
    np.testing.assert_array_equal(values_of(case, np.array([7])), masks[7])
    others = [values_of(case, np.array([row]), key=6) for row in range(IMAGES)]
    assert not np.array_equal(others, masks)


def test_noise_is_of_a_normal_distribution() -> None:
    case, values = seen("noise 0.5")
    noise = (values - 1).ravel() / 0.5
    count = noise.size
    assert abs(noise.mean()) < 4 / np.sqrt(count)
    assert abs(noise.var() - 1) < 4 * np.sqrt(2 / count)
    assert abs((noise**3).mean()) < 4 * np.sqrt(15 / count)
    assert abs((noise**4).mean() - 3) < 4 * np.sqrt(96 / count)
    assert len(np.unique(values)) > 0.999 * count
    np.testing.assert_array_equal(values_of(case, np.array([7])), values[7])


@pytest.mark.parametrize("size", [1, 7, 8])
def test_every_value_gets_noise(size: int) -> None:
    case = make_case(spec_of(f"input {size}; noise 1; linear 4 bias no as out"))
    case.pixels[:] = 160
    case.weights[:] = 0
    values = values_of(case, np.array([3]))
    assert np.isfinite(values).all() and len(np.unique(values)) == size and (values != 1).all()


@pytest.mark.parametrize("layer", [*DROPPED, "noise 0.5"])
def test_they_predict_nothing_else(layer: str) -> None:
    case = make_case(spec_of(f"input 6x3x4; conv 5x2x2; {layer}; tanh; flatten; linear 4"), 20)
    plain = make_case(spec_of("input 6x3x4; conv 5x2x2; tanh; flatten; linear 4"), 20)
    np.testing.assert_array_equal(case.weights, plain.weights)
    np.testing.assert_array_equal(case.outputs(), plain.outputs())
    np.testing.assert_array_equal(case.single_outputs(), plain.single_outputs())


@pytest.mark.parametrize("layer", [*DROPPED, "noise 0.5"])
def test_backward_draws_the_same(layer: str) -> None:
    """The loss of a step moves as the gradient says, with the same key."""
    case = make_case(
        spec_of(f"input 6x3x4; conv 5x2x2; add; .path; ..conv 5x1x1; ..{layer}; .path; tanh; "
                f"{layer}; flatten; linear 4"), 20,
    )  # fmt: skip
    _, gradients, _ = case.kernels(key=9)
    for slot in case.loaded.program.slots:
        direction = np.random.default_rng(slot.offset).normal(size=slot.size).astype(np.float32)
        part = slice(slot.offset, slot.offset + slot.size)
        kept, losses = case.weights[part].copy(), []
        for sign in (1, -1):
            case.weights[part] = kept + np.float32(sign * 2e-3) * direction
            losses.append(case.kernels(key=9)[0])
        case.weights[part] = kept
        shape = [slot.shape[axis] for axis in slot.order]
        flat = np.transpose(direction.reshape(shape), np.argsort(slot.order))
        slope = (gradients[slot.name] * flat).sum()
        assert (losses[0] - losses[1]) / 4e-3 == pytest.approx(slope, rel=2e-2, abs=2e-3)
