"""The reference's gradients against central differences, and its forwards against plain loops."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nets import ACTIVATIONS
from reference import LAYERS, LOSSES, Net, crossentropy, nll
from reference.losses import NUMERIC

Array = np.ndarray
STEP = 1e-5


def numeric(f: Callable[[], float], x: Array) -> Array:
    """The gradient of f by x, which f reads and this changes in place for a moment."""
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + STEP
        above = f()
        x[index] = kept - STEP
        below = f()
        x[index] = kept
        gradient[index] = (above - below) / (2 * STEP)
    return gradient


def close(actual: Array, expected: Array, tolerance: float = 1e-8) -> None:
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def spread(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Values at least 0.1 from each other and 0.05 from zero: no kink within a step."""
    count = int(np.prod(shape))
    return (rng.permutation(count).reshape(shape) - count // 2 + 0.5) * 0.1


def conv(
    kernel: Any, stride: Any, padding: Any, bias: bool, kind: str = "conv", weight: Any = (3, 2),
    inputs: int = 2, outputs: int = 3, **more: Any,
) -> tuple[str, Any, Any, Any]:  # fmt: skip
    parameters = {"weight": (*weight, *kernel)} | ({"bias": (outputs,)} if bias else {})
    attributes = {"kernel": kernel, "stride": stride, "padding": padding, "bias": bias, **more}
    return kind, (2, inputs, 6, 5), attributes, parameters


def pool(
    kind: str, window: Any, stride: Any, padding: Any = None, rounding: str = "down"
) -> tuple[str, Any, Any, Any]:
    attributes = {"window": window, "stride": stride, "round": rounding}
    if padding is not None:
        attributes["padding"] = padding
    return kind, (2, 2, 6, 7), attributes, {}


MASK = np.array([[0.0, 4 / 3, 4 / 3], [4 / 3, 0.0, 4 / 3]])

LSTM = {"input_weight": (12, 2), "recurrent_weight": (12, 3), "bias": (12,)}
GRU = {"input_weight": (9, 2), "recurrent_weight": (9, 3), "bias": (9,), "candidate_bias": (3,)}
ATTENTION = {
    "in.weight": (12, 4), "in.bias": (12,), "out.weight": (4, 4), "out.bias": (4,),
}  # fmt: skip
CASES = [
    conv((1, 1), (1, 1), (0, 0), False),
    conv((3, 3), (1, 1), (1, 1), True),
    conv((3, 2), (2, 1), (0, 1), True),
    conv((2, 3), (3, 2), (1, 0), False),
    conv((2, 2), (3, 3), (0, 0), True),
    conv((6, 5), (1, 1), (2, 2), True),
    conv((2, 3), (1, 2), (1, 0, 0, 2), True),
    conv((3, 2), (1, 2), (2, 1), True, dilation=(2, 3)),
    conv(
        (2, 2),
        (2, 1),
        (0, 1, 1, 0),
        False,
        weight=(6, 2),
        inputs=4,
        outputs=6,
        groups=2,
        dilation=(1, 2),
    ),
    conv((3, 2), (2, 1), (1, 0), True, "depthwise", (6, 1), 3, 6, groups=3, dilation=(1, 2)),
    conv((2, 3), (2, 3), (0, 1), True, "upconv", (2, 3), dilation=(1, 1), extra=(1, 2)),
    conv((3, 2), (1, 2), (0, 1, 2, 0), False, "upconv", (2, 3), dilation=(2, 3), extra=(0, 0)),
    ("linear", (3, 4), {}, {"weight": (5, 4), "bias": (5,)}),
    ("linear", (3, 4), {}, {"weight": (5, 4)}),
    pool("maxpool", (2, 2), (2, 2), (0, 0)),
    pool("maxpool", (3, 3), (2, 2), (1, 1)),
    pool("maxpool", (3, 2), (1, 3), (1, 0)),
    pool("maxpool", (2, 3), (3, 1), (0, 1)),
    pool("avgpool", (2, 2), (2, 2)),
    pool("avgpool", (3, 2), (1, 3)),
    pool("avgpool", (2, 3), (3, 2)),
    pool("avgpool", (6, 7), (1, 1)),
    pool("maxpool", (3, 3), (2, 2), (0, 0), "up"),
    pool("maxpool", (3, 2), (4, 3), (1, 1), "up"),
    pool("maxpool", (2, 2), (3, 2), (1, 1), "up"),
    pool("avgpool", (3, 4), (2, 3), rounding="up"),
    pool("avgpool", (4, 2), (4, 5), rounding="up"),
    *[
        (kind, shape, {}, {})
        for kind in (*ACTIVATIONS, "softmax", "logsoftmax")
        for shape in ((3, 4), (2, 3, 2, 2))
    ],
    ("reshape", (2, 3, 2, 2), {"shape": (12,)}, {}),
    ("reshape", (2, 12), {"shape": (3, 2, 2)}, {}),
    ("flatten", (2, 3, 2, 2), {"shape": (12,)}, {}),
    ("dropout", (2, 3), {"probability": 0.25}, {}),
    ("dropout", (2, 3), {"probability": 0.25, "mask": MASK}, {}),
    ("stochasticdepth", (2, 3), {"probability": 0.25, "mask": MASK[:, :1]}, {}),
    ("noise", (2, 3), {"noise": MASK}, {}),
    ("lrn", (2, 7, 2, 1), {"size": (5,), "alpha": 0.3, "beta": 0.75, "k": 2.0}, {}),
    ("lrn", (2, 4), {"size": (4,), "alpha": 0.5, "beta": 1.3, "k": 1.0}, {}),
    ("tanh", (3, 4), {"gain": 1.7, "slope": 0.6}, {}),
    ("gelu", (3, 4), {"tanh": True}, {}),
    ("leakyrelu", (3, 4), {"slope": 0.2}, {}),
    ("elu", (3, 4), {"alpha": 0.7}, {}),
    ("hardtanh", (3, 4), {"low": -0.3, "high": 0.4}, {}),
    ("prelu", (3, 4), {}, {"slope": (4,)}),
    ("prelu", (2, 3, 2, 2), {}, {"slope": (3,)}),
    ("prelu", (2, 3, 2, 2), {}, {"slope": (1,)}),
    ("layerscale", (3, 4), {}, {"scale": (4,)}),
    ("layerscale", (2, 3, 2, 2), {}, {"scale": (3,)}),
    ("batchnorm", (4, 3), {"epsilon": 1e-3}, {"scale": (3,), "shift": (3,)}),
    ("batchnorm", (3, 2, 2, 3), {"epsilon": 1e-3}, {"scale": (2,), "shift": (2,)}),
    *[
        (kind, shape, {"epsilon": 1e-3, **attributes}, dict.fromkeys(tensors, shape[1:2]))
        for tensors in ((), ("scale", "shift"))
        for kind, shape, attributes in (
            ("layernorm", (3, 5), {"values": "channels"}),
            ("layernorm", (2, 4, 2, 3), {"values": "channels"}),
            ("layernorm", (2, 4, 2, 3), {"values": "all"}),
            ("groupnorm", (2, 4, 2, 3), {"groups": (2,)}),
            ("groupnorm", (3, 6), {"groups": (2,)}),
            ("instancenorm", (2, 4, 2, 3), {}),
        )
    ],
    ("shortcut", (2, 2, 3, 5), {"width": 3, "stride": (2, 3)}, {}),
    ("subsample", (2, 2, 6, 7), {"window": (2, 3), "stride": (2, 2)}, {"gain": (2,), "bias": (2,)}),
    ("rbf", (3, 4), {"codes": "trained"}, {"codes": (5, 4)}),
    *[
        (kind, shapes, {}, {})
        for kind in ("add", "multiply")
        for shapes in (
            [(2, 3, 2, 2)] * 3,
            [(2, 3, 2, 2), (2, 3)],
            [(2, 3, 1, 1), (2, 3, 2, 2), (2, 3), (2, 3, 2, 2)],
            [(2, 3), (2, 3, 1, 1)],
        )
    ],
    *[(kind, (2, 2, 5, 6), {"margins": (1, 2, 0, 3)}, {}) for kind in ("pad", "crop")],
    ("last", (2, 3, 1, 4), {}, {}),
    *[
        (kind, [(3, 2, 1, 4), (3, 6)], {"short": 2}, {})
        for kind in ("last of a text", "maxpool of a text", "avgpool of a text")
    ],
    ("position", (2, 3, 1, 4), {"values": "trained"}, {"weight": (3, 4)}),
    *[
        ("attention", shapes, {"heads": (2,), "causal": causal, "short": 1}, ATTENTION)
        for shapes in ((2, 4, 1, 4), [(3, 4, 1, 4), (3, 5)])
        for causal in (False, True)
    ],
    ("embed", (2, 7), {"set": False, "shape": (3, 1, 7)}, {"weight": (2, 3)}),
    ("embed", (2, 1), {"set": False, "shape": (3,)}, {"weight": (2, 3)}),
    ("onehot", (2, 7), {"set": False, "shape": (3, 1, 7)}, {}),
    ("bag", (2, 7), {"shape": (3,)}, {}),
    ("dot", [(2, 3, 2, 2)] * 3, {}, {}),
    ("slice", (2, 5, 2, 3), {"part": (1, 4)}, {}),
    ("slice", (2, 5), {"part": (2, 5)}, {}),
    ("shuffle", (2, 6, 2, 1), {"groups": 2}, {}),
    ("shuffle", (2, 6), {"groups": 3}, {}),
    *[
        ("upsample", (1, 2, 3, 4), {"factor": factor, "method": method}, {})
        for method in ("nearest", "bilinear")
        for factor in ((2, 3), (1, 4))
    ],
    ("last", (2, 3, 1, 4), {}, {}),
    ("lstm", (3, 2, 1, 4), {"known": np.array([4, 0, 2])}, LSTM),
    ("lstm", (2, 2, 1, 3), {"last": True}, LSTM),
    ("gru", (3, 2, 1, 4), {"known": np.array([1, 3, 4])}, GRU),
    (
        "gru",
        (2, 2, 1, 3),
        {"both": True, "last": True},
        {way + name: shape for way in ("forward.", "backward.") for name, shape in GRU.items()},
    ),
    (
        "lstm",
        (2, 2, 1, 3),
        {"both": True, "layers": (2,), "known": np.array([3, 1])},
        {
            f"{layer}.{way}.{name}": (shape if name != "input_weight" or layer == 1 else (12, 6))
            for layer in (1, 2)
            for way in ("forward", "backward")
            for name, shape in LSTM.items()
        },
    ),
    ("upsample", (2, 1, 1, 2), {"factor": (3, 2), "method": "bilinear"}, {}),
    ("concat", [(2, 3, 2, 2), (2, 1, 2, 2)], {}, {}),
    ("concat", [(2, 3), (2, 4)], {}, {}),
]


def identity(case: tuple[str, Any, Any, Any]) -> str:
    return case[0]


def test_every_layer_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(LAYERS)


@pytest.mark.parametrize("case", CASES, ids=identity)
def test_backward(case: tuple[str, Any, Any, Any]) -> None:
    kind, shape, attributes, parameter_shapes = case
    rng = np.random.default_rng(1)
    layer = LAYERS[kind]
    x = spread(shape, rng) if isinstance(shape, tuple) else [spread(s, rng) for s in shape]
    parameters = {name: rng.normal(size=size) for name, size in parameter_shapes.items()}
    y, saved = layer.forward(x, parameters, attributes)
    dy = rng.normal(size=y.shape)

    def scalar() -> float:
        return float((layer.forward(x, parameters, attributes)[0] * dy).sum())

    dx, gradients = layer.backward(dy, saved, parameters, attributes)
    for one, given in zip(dx, x, strict=True) if isinstance(dx, list) else [(dx, x)]:
        close(one, numeric(scalar, given))
    assert set(gradients) == set(parameters)
    for name, gradient in gradients.items():
        close(gradient, numeric(scalar, parameters[name]))


@pytest.mark.parametrize(
    "case", [c for c in CASES if c[0] in ("conv", "depthwise", "maxpool", "avgpool")], ids=identity
)
def test_windows_one_output_at_a_time(case: tuple[str, Any, Any, Any]) -> None:
    kind, shape, attributes, parameter_shapes = case
    rng = np.random.default_rng(2)
    x = spread(shape, rng) - 100.0  # all negative, so that a zero in the padding would win
    parameters = {name: rng.normal(size=size) for name, size in parameter_shapes.items()}
    y, _ = LAYERS[kind].forward(x, parameters, attributes)
    kh, kw = attributes["kernel" if "kernel" in attributes else "window"]
    (sh, sw), (dh, dw) = attributes["stride"], attributes.get("dilation", (1, 1))
    ph, pw, *others = attributes.get("padding", (0, 0))
    below, right = others or (ph, pw)
    count, _, height, width = shape
    sizes = (
        (height, (kh - 1) * dh + 1, sh, ph, below),
        (width, (kw - 1) * dw + 1, sw, pw, right),
    )
    for got, (size, window, stride, before, behind) in zip(y.shape[2:], sizes, strict=True):
        room = size + before + behind - window
        if attributes.get("round") != "up":
            assert got == room // stride + 1
            continue
        expected = -(-room // stride) + 1
        assert got == expected - (1 if (expected - 1) * stride >= size + before else 0)
    for n, o, r, c in np.ndindex(y.shape):
        places = [
            (i, j, r * sh + i * dh - ph, c * sw + j * dw - pw) for i in range(kh) for j in range(kw)
        ]
        inside = [p for p in places if 0 <= p[2] < height and 0 <= p[3] < width]
        if "kernel" in attributes:
            weight = parameters["weight"][o]
            first = o // (y.shape[1] // attributes.get("groups", 1)) * len(weight)
            seen = x[n, first : first + len(weight)]
            expected = sum(float(seen[:, a, b] @ weight[:, i, j]) for i, j, a, b in inside)
            expected += float(parameters["bias"][o]) if attributes["bias"] else 0.0
        elif kind == "maxpool":
            expected = max(x[n, o, a, b] for _, _, a, b in inside)
        else:
            expected = sum(x[n, o, a, b] for _, _, a, b in inside) / len(inside)
        assert y[n, o, r, c] == pytest.approx(expected, rel=1e-11)
    assert len(y) == count


@pytest.mark.parametrize("case", [c for c in CASES if c[0] == "upconv"], ids=identity)
def test_a_transposed_convolution_is_the_way_back(case: tuple[str, Any, Any, Any]) -> None:
    """Through the convolution with the same weights, whose input is as large as its output."""
    kind, shape, attributes, parameter_shapes = case
    rng = np.random.default_rng(2)
    x = rng.normal(size=shape)
    parameters = {name: rng.normal(size=size) for name, size in parameter_shapes.items()}
    y, _ = LAYERS[kind].forward(x, parameters, attributes)
    own = {**attributes, "bias": False}
    given, saved = LAYERS["conv"].forward(rng.normal(size=y.shape), parameters, own)
    assert given.shape == x.shape
    back, _ = LAYERS["conv"].backward(x, saved, parameters, own)
    close(y - parameters["bias"].reshape(1, -1, 1, 1) if attributes["bias"] else y, back, 1e-12)


def test_maxpool_ties_go_to_the_first() -> None:
    attributes = {"window": (2, 2), "stride": (2, 2), "padding": (1, 1)}
    x = np.array([[[[0.0, -1.0, -1.0], [5.0, 7.0, 7.0], [5.0, 7.0, 7.0]]]])
    y, saved = LAYERS["maxpool"].forward(x, {}, attributes)
    np.testing.assert_array_equal(y, [[[[0, -1], [5, 7]]]])
    dx, _ = LAYERS["maxpool"].backward(
        np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), saved, {}, attributes
    )
    np.testing.assert_array_equal(dx, [[[[1, 2, 0], [3, 4, 0], [0, 0, 0]]]])


def test_elementwise_values() -> None:
    x = np.array([[-1.0, 0.0, 2.0], [1000.0, -1000.0, 0.5]])

    def forward(kind: str, **attributes: Any) -> Array:
        return LAYERS[kind].forward(x, {}, attributes)[0]

    e = np.exp(x[0])
    close(forward("tanh")[0], (e - 1 / e) / (e + 1 / e))
    close(forward("sigmoid")[0], 1 / (1 + 1 / e))
    close(forward("sigmoid")[1], np.array([1.0, 0.0, 1 / (1 + np.exp(-0.5))]))
    close(forward("softmax"), np.array([e / e.sum(), [1.0, 0.0, 0.0]]))
    close(forward("logsoftmax"), np.array([np.log(e / e.sum()), [0.0, -2000.0, -999.5]]))
    close(forward("relu"), np.array([[0.0, 0.0, 2.0], [1000.0, 0.0, 0.5]]))
    close(LAYERS["relu"].backward(np.ones((2, 3)), x, {}, {})[0], 1.0 * (x > 0))
    close(forward("reshape", shape=(3, 1, 1)), x[:, :, None, None])
    close(forward("dropout", probability=0.25), x)
    close(forward("dropout", probability=0.25, mask=MASK), x * MASK)
    close(LAYERS["dropout"].forward(x, {"mask": MASK}, {"probability": 0.25})[0], x * MASK)


def labels_for(loss: str, labels: np.ndarray) -> np.ndarray:
    """Of four outputs: classes, or other answers that a loss takes; of quantiles there are two."""
    if loss not in NUMERIC:
        return labels
    one_hot = (labels[:, None] == np.arange(4)) + 0.0
    return one_hot[:, :2] if loss == "quantile" else one_hot


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_gradients(loss: str) -> None:
    x, labels = np.random.default_rng(3).normal(size=(4, 4)), np.array([2, 0, 1, 2])
    labels = labels_for(loss, labels)
    close(LOSSES[loss](x, labels)[1], numeric(lambda: LOSSES[loss](x, labels)[0], x))


def test_loss_values() -> None:
    scores, labels = np.random.default_rng(4).normal(size=(4, 3)), np.array([2, 0, 1, 2])
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -sum(np.log(probabilities[n, label]) for n, label in enumerate(labels))
    assert crossentropy(scores, labels)[0] == pytest.approx(expected)
    assert nll(np.log(probabilities), labels)[0] == pytest.approx(expected)
    for wrong in ([0, 1, 2, 3], [0, 1, 2, -1], [0, 1, 2]):
        with pytest.raises(ValueError):
            nll(scores, np.array(wrong))


@pytest.mark.parametrize("loss", LOSSES)
def test_net_gradients(loss: str) -> None:
    rng = np.random.default_rng(5)
    mask = np.where(rng.random((3, 12)) < 0.5, 0.0, 2.0)
    attributes = {"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1), "bias": True}
    pooling = {"window": (2, 2), "stride": (2, 2)}
    convolution = {"weight": rng.normal(size=(3, 2, 3, 3)), "bias": rng.normal(size=3)}
    linear = {"weight": rng.normal(size=(4, 12)), "bias": rng.normal(size=4)}
    layers: list[Any] = [
        ("first.conv", "conv", attributes, convolution),
        ("tanh", "tanh", {}, {}),
        ("pool", "avgpool", pooling, {}),
        ("flat", "reshape", {"shape": (12,)}, {}),
        ("drop", "dropout", {"probability": 0.5}, {"mask": mask}),
        ("out", "linear", {}, linear),
    ]
    if loss == "nll":
        layers.append(("log", "logsoftmax", {}, {}))
    net = Net(layers)
    x, labels = rng.normal(size=(3, 2, 4, 4)), labels_for(loss, np.array([3, 0, 1]))

    def mean() -> float:
        return LOSSES[loss](net.forward(x), labels)[0] / 3

    value, gradients, dx = net.gradients(x, labels, loss)
    assert value == pytest.approx(mean())
    close(dx, numeric(mean, x))
    assert set(gradients) == {
        f"{name}.{key}" for name in ("first.conv", "out") for key in ("weight", "bias")
    }
    for full_name, gradient in gradients.items():
        name, key = full_name.rsplit(".", 1)
        close(gradient, numeric(mean, net.parameters[name][key]))
    net.sgd(gradients, 0.01)
    assert mean() < value
    close(net.parameters["out"]["bias"], linear["bias"] - 0.01 * gradients["out.bias"])


# Two steps from w = 1 at rate 0.1, gradients 2 then 3, worked by hand.
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (0.8, 0.5)),
        ({"momentum": 0.5}, (0.8, 0.4)),  # v = 2, then 1 + 3
        ({"momentum": 0.5, "nesterov": True}, (0.7, 0.2)),  # 2 + 1, then 3 + 2
        ({"weight_decay": 0.5}, (0.75, 0.4125)),  # 2 + 0.5, then 3 + 0.375
        # g = v = 2.5, step 3.75, w = 0.625; g = 3.3125, v = 4.5625, step 5.59375
        ({"momentum": 0.5, "nesterov": True, "weight_decay": 0.5}, (0.625, 0.065625)),
    ],
)
def test_sgd(options: dict[str, Any], expected: tuple[float, float]) -> None:
    start = np.ones((1, 1))
    net = Net([("a", "linear", {}, {"weight": start})])
    for gradient, after in zip((2.0, 3.0), expected, strict=True):
        net.sgd({"a.weight": np.full((1, 1), gradient)}, 0.1, **options)
        assert net.parameters["a"]["weight"].item() == pytest.approx(after)
    assert start.item() == 1.0


def test_names_are_distinct() -> None:
    with pytest.raises(ValueError):
        Net([("a", "tanh", {}, {}), ("a", "relu", {}, {})])
