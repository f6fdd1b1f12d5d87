"""What layers make of an image, and which of its places decide, against independent references."""

import numpy as np
import pytest

import lenet
from lenet.runtime.models.activations import Activations
from lenet.runtime.models.model import Model
from lenet.runtime.models.occlusion import occluded
from lenet.runtime.training.parameters import to_tensors
from nets import make_case, reference_net

# Layers that prediction folds, fuses and turns round; and a join.
SPEC = """\
input 2x6x6
conv 3x3x3 pad 1 as first
batchnorm as norm
tanh as bent
dropout 0.5
maxpool 2 as pooled
add as both
  path
    conv 3x1x1 as beside
  path
reshape 27
linear 4 as score
softmax as shares
"""
NAMES = ["input", "first", "norm", "bent", "pooled", "both.path1.beside", "both", "score", "shares"]

# Of many channels, which are the lanes then.
WIDE = """\
input 2x9x8
conv 40x3x3 pad 1 as wide
relu as bent
depthwise 3 pad 1 as each
maxpool 2 as pooled
add as both
  path
    conv 40x1x1 as beside
  path
conv 50x4x4 as one
tanh as last
flatten
linear 4 as score
softmax as shares
"""
WIDE_NAMES = ["input", "wide", "bent", "each", "pooled", "both.path1.beside", "both", "one", "last",
              "score", "shares"]  # fmt: skip


def model_of(spec: str) -> Model:
    case = make_case(spec)
    tensors = to_tensors(case.loaded.program, case.weights)
    return Model(spec, tensors, tuple("abcd"), 1.0, (0.25, -0.5), (2.0, 0.5))


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of(SPEC)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return image_of(6, 6)


def image_of(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).normal(0, 1, (2, height, width)).astype(np.float32)


@pytest.mark.parametrize(
    ("spec", "names", "image"), [(SPEC, NAMES, image_of(6, 6)), (WIDE, WIDE_NAMES, image_of(9, 8))]
)
def test_each_layers_values(spec: str, names: list[str], image: np.ndarray) -> None:
    """As the reference has them for the net that ends there."""
    model = model_of(spec)
    found = {a.node.name: a.values for a in Activations(model).of(image)}
    assert list(found) == names
    mean, deviation = np.array(model.mean), np.array(model.deviation)
    seen = (image.astype(np.float64) - mean[:, None, None]) / deviation[:, None, None]
    np.testing.assert_allclose(found["input"], seen, rtol=1e-5, atol=1e-6)
    nodes = model.graph.nodes
    for number, node in enumerate(nodes[1:], 2):
        if node.name in found:
            part = model.graph.with_nodes(nodes[:number])
            expected = reference_net(part, model.tensors, running=True).forward(seen[None])[0]
            np.testing.assert_allclose(found[node.name], expected, rtol=1e-4, atol=1e-5)


def test_looking_changes_no_answer(model: Model, image: np.ndarray) -> None:
    looking = Activations(model)
    first = looking.of(image)[-1].values.copy()
    looking.of(image + 1)
    assert np.array_equal(looking.of(image)[-1].values, first)
    np.testing.assert_allclose(model.outputs(image)[0], first, rtol=1e-5)
    with pytest.raises(lenet.LenetError, match="one image at a time"):
        looking.of(np.stack([image, image]))
    with pytest.raises(lenet.LenetError, match="not a finite number"):
        looking.of(np.full_like(image, np.inf))


def test_what_hiding_changes(model: Model, image: np.ndarray) -> None:
    """Squares of 2x2, each hidden in a copy that is predicted by itself."""
    found = occluded(model, image, 2)
    assert (found.number, found.side, found.falls.shape) == (2, 2, (6, 6))
    whole = model.predict(image).probabilities[0, 2]
    falls, counts, least = np.zeros((6, 6)), np.zeros((6, 6)), whole
    for top in range(5):
        for left in range(5):
            copy = image.copy()
            copy[:, top : top + 2, left : left + 2] = np.array(model.mean)[:, None, None]
            value = model.predict(copy, in_blocks=True).probabilities[0, 2]
            falls[top : top + 2, left : left + 2] += float(whole) - float(value)
            counts[top : top + 2, left : left + 2] += 1
            least = min(least, value)
    np.testing.assert_allclose(found.falls, falls / counts, atol=1e-6)
    assert found.least == pytest.approx(least) and found.value == pytest.approx(whole)
    likeliest = occluded(model, image)
    assert likeliest.number == model.predict(image).classes[0]
    with pytest.raises(lenet.LenetError, match="no answer 4"):
        occluded(model, image, 4)


def test_what_hiding_values_of_a_row_changes() -> None:
    """A linear net: what a value adds is its weight times its distance from the mean."""
    spec = 'input 5\nlinear 1\ndata parquet "x"\n  predict "y"\ntrain\n  loss mse\n  rate 1\n'
    weights = np.array([[1, -2, 0, 4, 0.5]], np.float32)
    tensors = {"linear1.weight": weights, "linear1.bias": np.zeros(1, np.float32)}
    given = Model(spec, tensors, ("y",), 1.0, (1.0,), (1.0,), answers=((0.0,), (1.0,)))
    row = np.array([3, 3, 3, 0, 1], np.float32)
    found = occluded(given, row)
    np.testing.assert_allclose(found.falls, (row - 1) * weights, atol=1e-5)


def test_alone_or_together() -> None:
    """Images have equal bits in blocks, wherever they lie and whatever lies beside them."""
    spec = (
        "input 1x12x12\nconv 8x3x3 pad 1 algorithm winograd\nrelu\nreshape 1152\nlinear 3\nsoftmax"
    )
    case = make_case(spec)
    tensors = to_tensors(case.loaded.program, case.weights)
    model = Model(spec, tensors, tuple("abc"), 1 / 255, (0.5,), (0.3,))
    images = case.pixels
    whole = model.outputs(images, in_blocks=True)
    for first, behind in ((0, 1), (5, 6), (0, 17), (20, 37), (36, 37)):
        part = model.outputs(images[first:behind], in_blocks=True)
        assert np.array_equal(part, whole[first:behind])
