"""An independent float64 reference for the layers, written from the mathematics in plain numpy.

Maps are (N, C, H, W), vectors (N, F). A layer's `forward` returns its output and whatever its
`backward` needs; `backward` takes the gradient of a scalar with respect to the output and returns
the gradients of that scalar with respect to the input and to each parameter.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from reference.activations import FUNCTIONS

Array = np.ndarray
Arrays = dict[str, Array]
Attributes = dict[str, Any]
Pair = tuple[int, int]


class Layer(NamedTuple):
    forward: Callable[[Array, Arrays, Attributes], tuple[Array, Any]]
    backward: Callable[[Array, Any, Arrays, Attributes], tuple[Array, Arrays]]


# Sliding windows


def pad(x: Array, padding: Pair, value: float) -> Array:
    (ph, pw) = padding
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=value)


def unpad(x: Array, padding: Pair) -> Array:
    (ph, pw), (height, width) = padding, x.shape[2:]
    return x[:, :, ph : height - ph, pw : width - pw]


def output_size(padded: Array, window: Pair, stride: Pair) -> Pair:
    """How many whole windows fit, down and across."""
    height, width = padded.shape[2:]
    if window[0] > height or window[1] > width:
        raise ValueError(f"window {window} does not fit in {(height, width)}")
    return (height - window[0]) // stride[0] + 1, (width - window[1]) // stride[1] + 1


def positions(window: Pair, stride: Pair, size: Pair) -> Iterator[tuple[int, int, Any]]:
    """Each (i, j) in the window, row-major, with the index of the cells that the windows of all
    outputs have at (i, j): output (r, c) has row r * stride + i, column c * stride + j."""
    for i in range(window[0]):
        for j in range(window[1]):
            rows = slice(i, i + stride[0] * (size[0] - 1) + 1, stride[0])
            columns = slice(j, j + stride[1] * (size[1] - 1) + 1, stride[1])
            yield i, j, (slice(None), slice(None), rows, columns)


# Layers


def conv_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    weight, kernel, stride = parameters["weight"], attributes["kernel"], attributes["stride"]
    if weight.shape[1:] != (x.shape[1], *kernel):
        raise ValueError(f"weight {weight.shape}, input {x.shape}, kernel {kernel} disagree")
    padded = pad(x, attributes["padding"], 0.0)
    size = output_size(padded, kernel, stride)
    y = np.zeros((x.shape[0], weight.shape[0], *size))
    for i, j, cells in positions(kernel, stride, size):
        y += np.einsum("nchw,oc->nohw", padded[cells], weight[:, :, i, j])
    if attributes["bias"]:
        y += parameters["bias"][None, :, None, None]
    return y, padded


def conv_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    padded, weight = saved, parameters["weight"]
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    for i, j, cells in positions(attributes["kernel"], attributes["stride"], dy.shape[2:]):
        dpadded[cells] += np.einsum("nohw,oc->nchw", dy, weight[:, :, i, j])
        dweight[:, :, i, j] = np.einsum("nohw,nchw->oc", dy, padded[cells])
    gradients = {"weight": dweight}
    if attributes["bias"]:
        gradients["bias"] = dy.sum(axis=(0, 2, 3))
    return unpad(dpadded, attributes["padding"]), gradients


def linear_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    y = x @ parameters["weight"].T
    if "bias" in parameters:
        y = y + parameters["bias"]
    return y, x


def linear_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    gradients = {"weight": dy.T @ saved}
    if "bias" in parameters:
        gradients["bias"] = dy.sum(axis=0)
    return dy @ parameters["weight"], gradients


def maxpool_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    window, stride = attributes["window"], attributes["stride"]
    padded = pad(x, attributes["padding"], -np.inf)
    size = output_size(padded, window, stride)
    candidates = np.stack([padded[cells] for _, _, cells in positions(window, stride, size)])
    # argmax gives the first of equals, and the candidates are in row-major order.
    return candidates.max(axis=0), (candidates.argmax(axis=0), padded.shape)


def maxpool_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    winner, padded_shape = saved
    window, stride = attributes["window"], attributes["stride"]
    dpadded = np.zeros(padded_shape)
    for k, (_, _, cells) in enumerate(positions(window, stride, dy.shape[2:])):
        dpadded[cells] += np.where(winner == k, dy, 0.0)
    return unpad(dpadded, attributes["padding"]), {}


def avgpool_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    window, stride = attributes["window"], attributes["stride"]
    size = output_size(x, window, stride)
    total = np.zeros((*x.shape[:2], *size))
    for _, _, cells in positions(window, stride, size):
        total += x[cells]
    return total / (window[0] * window[1]), x.shape


def avgpool_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    window, stride = attributes["window"], attributes["stride"]
    dx = np.zeros(saved)
    for _, _, cells in positions(window, stride, dy.shape[2:]):
        dx[cells] += dy / (window[0] * window[1])
    return dx, {}


def tanh_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    y = np.tanh(attributes.get("slope", 1.0) * x)
    return attributes.get("gain", 1.0) * y, y


def tanh_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    factor = attributes.get("gain", 1.0) * attributes.get("slope", 1.0)
    return dy * factor * (1.0 - saved**2), {}


def relu_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return np.maximum(x, 0.0), x


def relu_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return np.where(saved > 0.0, dy, 0.0), {}


def softsign_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return x / (1.0 + np.abs(x)), x


def softsign_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return dy / (1.0 + np.abs(saved)) ** 2, {}


def sigmoid_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    y = np.exp(-np.logaddexp(0.0, -x))  # 1 / (1 + exp(-x)), without overflow
    return y, y


def sigmoid_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return dy * saved * (1.0 - saved), {}


def activation(function: Callable[[Array, Attributes], tuple[Array, Array]]) -> Layer:
    """A layer of a function that gives values and derivatives."""

    def forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
        return function(x, attributes)

    def backward(
        dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
    ) -> tuple[Array, Arrays]:
        return dy * saved, {}

    return Layer(forward, backward)


def prelu_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return np.where(x > 0, x, channels(parameters["slope"], x) * x), x


def prelu_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    x, slope = saved, parameters["slope"]
    below = np.where(x > 0, 0.0, dy * x)
    axes = (0, *range(2, x.ndim))
    own = below.sum(axis=axes) if slope.size > 1 else below.sum().reshape(1)
    return np.where(x > 0, dy, channels(slope, x) * dy), {"slope": own}


def log_softmax(x: Array) -> Array:
    shifted = x - x.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    y = np.exp(log_softmax(x))
    return y, y


def softmax_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return saved * (dy - (dy * saved).sum(axis=1, keepdims=True)), {}


def logsoftmax_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    y = log_softmax(x)
    return y, y


def logsoftmax_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return dy - np.exp(saved) * dy.sum(axis=1, keepdims=True), {}


def reshape_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return x.reshape(x.shape[0], *attributes["shape"]), x.shape


def reshape_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return dy.reshape(saved), {}


def dropout_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    """`mask` holds 0 or 1 / (1 - probability); without one, the identity."""
    mask = parameters.get("mask", attributes.get("mask"))
    return (x if mask is None else x * mask), mask


def dropout_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return (dy if saved is None else dy * saved), {}


def noise_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    """`noise` holds what is added; without any, the identity."""
    return x + attributes.get("noise", 0.0), None


def noise_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return dy, {}


def lrn_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    size, near = int(attributes["size"][0]), []
    for channel in range(x.shape[1]):
        near.append(slice(max(0, channel - size // 2), channel + (size - 1) // 2 + 1))
    squares = np.stack([(x[:, seen] ** 2).sum(axis=1) for seen in near], axis=1)
    divisor = attributes["k"] + attributes["alpha"] / size * squares
    return x * divisor ** -attributes["beta"], (x, divisor, near)


def lrn_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    (x, divisor, near), beta = saved, attributes["beta"]
    dx = dy * divisor**-beta
    for channel, seen in enumerate(near):
        slope = dy[:, channel] * x[:, channel] * -beta * divisor[:, channel] ** (-beta - 1)
        dx[:, seen] += 2 * attributes["alpha"] / attributes["size"][0] * slope[:, None] * x[:, seen]
    return dx, {}


def channels(values: Array, x: Array) -> Array:
    """A value for each channel, to be combined with maps or vectors."""
    return values.reshape(1, -1, *(1,) * (x.ndim - 2))


def batchnorm_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    """By the statistics of these images, or, for `running`, by those in the parameters."""
    axes = (0, *range(2, x.ndim))
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    if attributes.get("running"):
        mean, variance = parameters["mean"], parameters["variance"]
    deviation = np.sqrt(variance + attributes["epsilon"])
    normalized = (x - channels(mean, x)) / channels(deviation, x)
    y = normalized * channels(parameters["scale"], x) + channels(parameters["shift"], x)
    return y, (normalized, deviation)


def batchnorm_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    normalized, deviation = saved
    axes = (0, *range(2, dy.ndim))
    scale, shift = (dy * normalized).sum(axis=axes), dy.sum(axis=axes)
    count = dy.size / dy.shape[1]
    rest = dy - channels(shift / count, dy) - normalized * channels(scale / count, dy)
    dx = rest * channels(parameters["scale"] / deviation, dy)
    return dx, {"scale": scale, "shift": shift}


def per_image(x: Array, attributes: Attributes) -> tuple[Array, Any]:
    """x with the values that are normalized together in one axis, the second; and the way back."""
    channels, places = x.shape[1], x[0, 0].size
    flat = x.reshape(len(x), channels, places)
    if attributes.get("values") == "channels" and x.ndim > 2:
        return flat, lambda values: values.reshape(x.shape)
    groups = {"all": 1, "channels": 1}.get(attributes.get("values", ""))
    groups = groups or attributes.get("groups", (channels,))[0]
    grouped = flat.reshape(len(x), groups, -1).swapaxes(1, 2)
    return grouped, lambda values: values.swapaxes(1, 2).reshape(x.shape)


def imagenorm_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    """layernorm, groupnorm and instancenorm."""
    together, back = per_image(x, attributes)
    deviation = np.sqrt(together.var(axis=1, keepdims=True) + attributes["epsilon"])
    normalized = (together - together.mean(axis=1, keepdims=True)) / deviation
    y = back(normalized)
    saved = normalized, deviation, y
    if parameters:
        y = y * channels(parameters["scale"], x) + channels(parameters["shift"], x)
    return y, saved


def imagenorm_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    normalized, deviation, y = saved
    axes, own = (0, *range(2, dy.ndim)), {}
    if parameters:
        own = {"scale": (dy * y).sum(axis=axes), "shift": dy.sum(axis=axes)}
        dy = dy * channels(parameters["scale"], dy)
    d, back = per_image(dy, attributes)
    rest = d - d.mean(axis=1, keepdims=True)
    rest -= normalized * (d * normalized).mean(axis=1, keepdims=True)
    return back(rest / deviation), own


def shortcut_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    down, across = attributes["stride"]
    part = x[:, :, ::down, ::across]
    missing = attributes["width"] - x.shape[1]
    return np.pad(part, ((0, 0), (0, missing), (0, 0), (0, 0))), x.shape


def shortcut_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    dx = np.zeros(saved)
    down, across = attributes["stride"]
    dx[:, :, ::down, ::across] = dy[:, : saved[1]]
    return dx, {}


def subsample_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    mean, shape = avgpool_forward(x, parameters, attributes)
    y = mean * channels(parameters["gain"], mean) + channels(parameters["bias"], mean)
    return y, (mean, shape)


def subsample_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    mean, shape = saved
    slope = dy * channels(parameters["gain"], dy)
    dx, _ = avgpool_backward(slope, shape, parameters, attributes)
    return dx, {"gain": (dy * mean).sum(axis=(0, 2, 3)), "bias": dy.sum(axis=(0, 2, 3))}


def rbf_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    apart = x[:, None, :] - parameters["codes"][None]
    return (apart**2).sum(axis=2), apart


def rbf_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    slope = 2 * dy[:, :, None] * saved
    own = {} if attributes["codes"] != "trained" else {"codes": -slope.sum(axis=0)}
    return slope.sum(axis=1), own


def add_forward(x: list[Array], parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return sum(x), len(x)  # type: ignore[return-value]


def add_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[list[Array], Arrays]:
    return [dy] * saved, {}


def multiply_forward(
    x: list[Array], parameters: Arrays, attributes: Attributes
) -> tuple[Array, Any]:
    return np.prod(np.stack(x), axis=0), x


def multiply_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[list[Array], Arrays]:
    others = (np.prod(np.stack(saved[:k] + saved[k + 1 :]), axis=0) for k in range(len(saved)))
    return [dy * other for other in others], {}


def concat_forward(x: list[Array], parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return np.concatenate(x, axis=1), [part.shape[1] for part in x]


def concat_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[list[Array], Arrays]:
    return np.split(dy, np.cumsum(saved)[:-1], axis=1), {}


LAYERS: dict[str, Layer] = {
    "conv": Layer(conv_forward, conv_backward),
    "linear": Layer(linear_forward, linear_backward),
    "maxpool": Layer(maxpool_forward, maxpool_backward),
    "avgpool": Layer(avgpool_forward, avgpool_backward),
    "tanh": Layer(tanh_forward, tanh_backward),
    "relu": Layer(relu_forward, relu_backward),
    "softsign": Layer(softsign_forward, softsign_backward),
    "sigmoid": Layer(sigmoid_forward, sigmoid_backward),
    **{kind: activation(function) for kind, function in FUNCTIONS.items()},
    "prelu": Layer(prelu_forward, prelu_backward),
    "softmax": Layer(softmax_forward, softmax_backward),
    "logsoftmax": Layer(logsoftmax_forward, logsoftmax_backward),
    "reshape": Layer(reshape_forward, reshape_backward),
    "flatten": Layer(reshape_forward, reshape_backward),
    "lrn": Layer(lrn_forward, lrn_backward),
    "noise": Layer(noise_forward, noise_backward),
    "stochasticdepth": Layer(dropout_forward, dropout_backward),
    "dropout": Layer(dropout_forward, dropout_backward),
    "batchnorm": Layer(batchnorm_forward, batchnorm_backward),
    **dict.fromkeys(
        ("layernorm", "groupnorm", "instancenorm"), Layer(imagenorm_forward, imagenorm_backward)
    ),
    "shortcut": Layer(shortcut_forward, shortcut_backward),
    "subsample": Layer(subsample_forward, subsample_backward),
    "rbf": Layer(rbf_forward, rbf_backward),
    "add": Layer(add_forward, add_backward),
    "multiply": Layer(multiply_forward, multiply_backward),
    "concat": Layer(concat_forward, concat_backward),
}
JOINS = [LAYERS[kind] for kind in ("add", "multiply", "concat")]


# Losses: the sum over the batch, and its gradient


def one_hot(labels: Array, shape: tuple[int, ...]) -> Array:
    count, classes = shape
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.all((labels >= 0) & (labels < classes)):
        raise ValueError(f"labels are not {count} numbers from 0 to {classes - 1}")
    return (labels[:, None] == np.arange(classes)).astype(np.float64)


def nll(log_probabilities: Array, labels: Array) -> tuple[float, Array]:
    chosen = one_hot(labels, log_probabilities.shape)
    # where, not a product: another class may have log-probability -inf.
    return float(-np.where(chosen == 1.0, log_probabilities, 0.0).sum()), -chosen


def crossentropy(scores: Array, labels: Array) -> tuple[float, Array]:
    log_probabilities = log_softmax(scores)
    loss, _ = nll(log_probabilities, labels)
    return loss, np.exp(log_probabilities) - one_hot(labels, scores.shape)


def map_loss(distances: Array, labels: Array, rubbish: float = 0.1) -> tuple[float, Array]:
    """LeCun et al. 1998, equation 9: the right distance plus log(exp(-j) + sum(exp(-distance)))."""
    chosen = one_hot(labels, distances.shape)
    least = np.minimum(distances.min(axis=1), rubbish)[:, None]
    parts = np.exp(least - distances)
    total = np.exp(least - rubbish) + parts.sum(axis=1, keepdims=True)
    loss = (distances * chosen).sum() + (np.log(total) - least).sum()
    return float(loss), chosen - parts / total


def hinge(scores: Array, labels: Array) -> tuple[float, Array]:
    """Weston and Watkins 1999, on the average of the classes."""
    chosen, classes = one_hot(labels, scores.shape), scores.shape[1]
    margins = (1 - (scores * chosen).sum(axis=1, keepdims=True) + scores) * (1 - chosen)
    within = (margins > 0).astype(float)
    slopes = within - chosen * within.sum(axis=1, keepdims=True)
    return float((margins * within).sum() / classes), slopes / classes


LOSSES = {"nll": nll, "crossentropy": crossentropy, "map": map_loss, "hinge": hinge}


class Net:
    """Layers, each (name, kind, attributes, parameters); the parameters are copied.

    A layer reads the one before it, or those that a fifth item names ("" is the net's input); then
    its `forward` gets their outputs as a list, and its `backward` returns a list of gradients.
    """

    def __init__(self, layers: list[tuple]) -> None:
        self.layers = [(layer[0], LAYERS[layer[1]], layer[2]) for layer in layers]
        names = ["", *(layer[0] for layer in layers)]
        self.inputs = [layer[4] if len(layer) > 4 else [names[k]] for k, layer in enumerate(layers)]
        self.parameters: dict[str, Arrays] = {
            layer[0]: {key: np.array(value, dtype=np.float64) for key, value in layer[3].items()}
            for layer in layers
        }
        if len(self.parameters) != len(layers):
            raise ValueError("two layers have the same name")
        self.velocities: Arrays = {}

    def _run(self, x: Array) -> tuple[Array, list[Any]]:
        values, saved = {"": np.asarray(x, dtype=np.float64)}, []
        y = values[""]
        for (name, layer, attributes), inputs in zip(self.layers, self.inputs, strict=True):
            given = [values[i] for i in inputs]
            given = given if layer in JOINS else given[0]
            y, kept = layer.forward(given, self.parameters[name], attributes)
            values[name] = y
            saved.append(kept)
        return y, saved

    def forward(self, x: Array) -> Array:
        return self._run(x)[0]

    def gradients(self, x: Array, labels: Array, loss: str) -> tuple[float, Arrays, Array]:
        """The mean loss, its gradients by "name.parameter", and its gradient by x."""
        y, saved = self._run(x)
        total, d = LOSSES[loss](y, labels)
        count = len(y)
        slopes = {self.layers[-1][0]: d / count}
        gradients: Arrays = {}
        for (name, layer, attributes), inputs, kept in zip(
            reversed(self.layers), reversed(self.inputs), reversed(saved), strict=True
        ):
            d, own = layer.backward(slopes.pop(name), kept, self.parameters[name], attributes)
            gradients.update({f"{name}.{key}": value for key, value in own.items()})
            for i, part in zip(inputs, d if layer in JOINS else [d], strict=True):
                slopes[i] = slopes[i] + part if i in slopes else part
        return total / count, gradients, slopes[""]

    def sgd(
        self,
        gradients: Arrays,
        rate: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        for full_name, gradient in gradients.items():
            name, key = full_name.rsplit(".", 1)
            w = self.parameters[name][key]
            g = gradient + weight_decay * w
            v = momentum * self.velocities.get(full_name, np.zeros_like(w)) + g
            self.velocities[full_name] = v
            step = g + momentum * v if nesterov else v
            self.parameters[name][key] = w - rate * step
