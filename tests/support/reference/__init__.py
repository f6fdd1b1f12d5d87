"""An independent float64 reference for the layers, written from the mathematics in plain numpy.

Maps are (N, C, H, W), vectors (N, F). A layer's `forward` returns its output and whatever its
`backward` needs; `backward` takes the gradient of a scalar with respect to the output and returns
the gradients of that scalar with respect to the input and to each parameter.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from reference.activations import FUNCTIONS
from reference.losses import NUMERIC
from reference.recurrent import CELLS, recurrent_backward, recurrent_forward
from reference.sequences import SEQUENCES

Array = np.ndarray
Arrays = dict[str, Array]
Attributes = dict[str, Any]
Pair = tuple[int, int]


class Layer(NamedTuple):
    forward: Callable[[Array, Arrays, Attributes], tuple[Array, Any]]
    backward: Callable[[Array, Any, Arrays, Attributes], tuple[Array, Arrays]]


# Sliding windows


def sides(padding: tuple[int, ...]) -> tuple[Pair, Pair]:
    """(above, below) and (left, right), of two numbers or of above, left, below and right."""
    above, left, below, right = padding if len(padding) == 4 else (*padding, *padding)
    return (above, below), (left, right)


def pad(x: Array, padding: tuple[int, ...], value: float) -> Array:
    return np.pad(x, ((0, 0), (0, 0), *sides(padding)), constant_values=value)


def unpad(x: Array, padding: tuple[int, ...]) -> Array:
    (above, below), (left, right) = sides(padding)
    height, width = x.shape[2:]
    return x[:, :, above : height - below, left : width - right]


def whole_windows(x: Array, attributes: Attributes, value: float) -> tuple[Array, Pair]:
    """The map with `value` around it, so far that all windows lie in it, and how many there are.

    Rounding up, as many windows as are needed to reach each place, but for those that would begin
    behind the map and the padding before it.
    """
    window, stride = attributes["window"], attributes["stride"]
    padded = pad(x, attributes.get("padding", (0, 0)), value)
    if attributes.get("round") != "up":
        return padded, output_size(padded, window, stride)
    sizes = []
    for axis in (0, 1):
        firsts = range(0, padded.shape[2 + axis] + stride[axis], stride[axis])
        ends = [first + window[axis] for first in firsts]
        count = next(k for k, end in enumerate(ends, 1) if end >= padded.shape[2 + axis])
        before = sides(attributes.get("padding", (0, 0)))[axis][0]
        if firsts[count - 1] >= before + x.shape[2 + axis]:
            count -= 1
        sizes.append(count)
        more = max(0, ends[count - 1] - padded.shape[2 + axis])
        padded = np.pad(padded, [(0, more if k == 2 + axis else 0) for k in range(4)],
                        constant_values=value)  # fmt: skip
    return padded, (sizes[0], sizes[1])


def output_size(padded: Array, window: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pair:
    """How many whole windows fit, down and across."""
    height, width = padded.shape[2:]
    window = ((window[0] - 1) * dilation[0] + 1, (window[1] - 1) * dilation[1] + 1)
    if window[0] > height or window[1] > width:
        raise ValueError(f"window {window} does not fit in {(height, width)}")
    return (height - window[0]) // stride[0] + 1, (width - window[1]) // stride[1] + 1


def positions(
    window: Pair, stride: Pair, size: Pair, dilation: Pair = (1, 1)
) -> Iterator[tuple[int, int, Any]]:
    """Each (i, j) in the window, row-major, with the index of the cells that the windows of all
    outputs have at (i, j): output (r, c) has row r * stride + i * dilation, and a column alike."""
    for i in range(window[0]):
        for j in range(window[1]):
            top, left = i * dilation[0], j * dilation[1]
            rows = slice(top, top + stride[0] * (size[0] - 1) + 1, stride[0])
            columns = slice(left, left + stride[1] * (size[1] - 1) + 1, stride[1])
            yield i, j, (slice(None), slice(None), rows, columns)


# Layers


def in_groups(x: Array, groups: int) -> Array:
    """(N, C, H, W) as (N, groups, C / groups, H, W)."""
    return x.reshape(x.shape[0], groups, -1, *x.shape[2:])


def conv_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    weight, kernel, stride = parameters["weight"], attributes["kernel"], attributes["stride"]
    dilation, groups = attributes.get("dilation", (1, 1)), attributes.get("groups", 1)
    if weight.shape[1:] != (x.shape[1] // groups, *kernel):
        raise ValueError(f"weight {weight.shape}, input {x.shape}, kernel {kernel} disagree")
    padded = pad(x, attributes["padding"], 0.0)
    size = output_size(padded, kernel, stride, dilation)
    y = np.zeros((x.shape[0], weight.shape[0], *size))
    of_groups = weight.reshape(groups, -1, *weight.shape[1:])
    for i, j, cells in positions(kernel, stride, size, dilation):
        part = in_groups(padded[cells], groups)
        y += np.einsum("ngchw,goc->ngohw", part, of_groups[..., i, j]).reshape(y.shape)
    if attributes["bias"]:
        y += parameters["bias"][None, :, None, None]
    return y, padded


def conv_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    padded, weight = saved, parameters["weight"]
    dilation, groups = attributes.get("dilation", (1, 1)), attributes.get("groups", 1)
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    of_groups = weight.reshape(groups, -1, *weight.shape[1:])
    slopes = in_groups(dy, groups)
    sizes = attributes["kernel"], attributes["stride"], dy.shape[2:]
    for i, j, cells in positions(*sizes, dilation):
        part = np.einsum("ngohw,goc->ngchw", slopes, of_groups[..., i, j])
        dpadded[cells] += part.reshape(dpadded[cells].shape)
        own = np.einsum("ngohw,ngchw->goc", slopes, in_groups(padded[cells], groups))
        dweight[:, :, i, j] = own.reshape(dweight.shape[:2])
    gradients = {"weight": dweight}
    if attributes["bias"]:
        gradients["bias"] = dy.sum(axis=(0, 2, 3))
    return unpad(dpadded, attributes["padding"]), gradients


def upconv_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    """Each place of x puts a whole kernel into y, a stride from the next place's."""
    weight, kernel, stride = parameters["weight"], attributes["kernel"], attributes["stride"]
    dilation, extra = attributes["dilation"], attributes["extra"]
    if weight.shape[::2] != (x.shape[1], kernel[0]) or weight.shape[3] != kernel[1]:
        raise ValueError(f"weight {weight.shape}, input {x.shape}, kernel {kernel} disagree")
    size = [
        (x.shape[2 + k] - 1) * stride[k] + (kernel[k] - 1) * dilation[k] + 1 + extra[k]
        for k in (0, 1)
    ]
    whole = np.zeros((x.shape[0], weight.shape[1], *size))
    for i, j, cells in positions(kernel, stride, x.shape[2:], dilation):
        whole[cells] += np.einsum("nchw,co->nohw", x, weight[:, :, i, j])
    y = unpad(whole, attributes["padding"])
    if attributes["bias"]:
        y = y + parameters["bias"][None, :, None, None]
    return y, x


def upconv_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    x, weight = saved, parameters["weight"]
    whole, dx, dweight = (
        pad(dy, attributes["padding"], 0.0),
        np.zeros_like(x),
        np.zeros_like(weight),
    )
    sizes = attributes["kernel"], attributes["stride"], x.shape[2:], attributes["dilation"]
    for i, j, cells in positions(*sizes):
        dx += np.einsum("nohw,co->nchw", whole[cells], weight[:, :, i, j])
        dweight[:, :, i, j] = np.einsum("nohw,nchw->co", whole[cells], x)
    gradients = {"weight": dweight}
    if attributes["bias"]:
        gradients["bias"] = dy.sum(axis=(0, 2, 3))
    return dx, gradients


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
    padded, size = whole_windows(x, attributes, -np.inf)
    candidates = np.stack([padded[cells] for _, _, cells in positions(window, stride, size)])
    # argmax gives the first of equals, and the candidates are in row-major order.
    return candidates.max(axis=0), (candidates.argmax(axis=0), padded.shape, x.shape)


def maxpool_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    winner, padded_shape, (_, _, height, width) = saved
    window, stride = attributes["window"], attributes["stride"]
    dpadded = np.zeros(padded_shape)
    for k, (_, _, cells) in enumerate(positions(window, stride, dy.shape[2:])):
        dpadded[cells] += np.where(winner == k, dy, 0.0)
    (ph, _), (pw, _) = sides(attributes["padding"])
    return dpadded[:, :, ph : ph + height, pw : pw + width], {}


def avgpool_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    window, stride = attributes["window"], attributes["stride"]
    padded, size = whole_windows(x, attributes, 0.0)
    inside, _ = whole_windows(np.ones_like(x), attributes, 0.0)
    total, places = np.zeros((*x.shape[:2], *size)), np.zeros((*x.shape[:2], *size))
    for _, _, cells in positions(window, stride, size):
        total += padded[cells]
        places += inside[cells]
    return total / places, (x.shape, padded.shape, places)


def avgpool_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    window, stride = attributes["window"], attributes["stride"]
    (_, _, height, width), padded_shape, places = saved
    dx = np.zeros(padded_shape)
    for _, _, cells in positions(window, stride, dy.shape[2:]):
        dx[cells] += dy / places
    return dx[:, :, :height, :width], {}


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


def layerscale_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return channels(parameters["scale"], x) * x, x


def layerscale_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    axes = (0, *range(2, dy.ndim))
    return channels(parameters["scale"], dy) * dy, {"scale": (dy * saved).sum(axis=axes)}


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


def at_each_place(x: list[Array]) -> list[Array]:
    """The values of each input at every place of the largest: one a channel has its channel's."""
    shape = max((part.shape for part in x), key=lambda shape: (np.prod(shape), len(shape)))
    ones = (1,) * (len(shape) - 2)
    return [np.broadcast_to(p if p.shape == shape else p.reshape(*p.shape[:2], *ones), shape)
            for p in x]  # fmt: skip


def summed(dx: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of an input of this shape, from those of all places that it counts at."""
    if np.prod(shape) < dx.size:
        dx = dx.sum(axis=tuple(range(2, dx.ndim)))
    return dx.reshape(shape)


def add_forward(x: list[Array], parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return np.sum(at_each_place(x), axis=0), [part.shape for part in x]


def add_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[list[Array], Arrays]:
    return [summed(dy, shape) for shape in saved], {}


def multiply_forward(
    x: list[Array], parameters: Arrays, attributes: Attributes
) -> tuple[Array, Any]:
    return np.prod(np.stack(at_each_place(x)), axis=0), x


def multiply_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[list[Array], Arrays]:
    x = at_each_place(saved)
    others = (np.prod(np.stack(x[:k] + x[k + 1 :]), axis=0) for k in range(len(x)))
    gradients = [dy * other for other in others]
    return [summed(dx, part.shape) for dx, part in zip(gradients, saved, strict=True)], {}


def concat_forward(x: list[Array], parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    return np.concatenate(x, axis=1), [part.shape[1] for part in x]


def concat_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[list[Array], Arrays]:
    return np.split(dy, np.cumsum(saved)[:-1], axis=1), {}


def pad_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    top, bottom, left, right = attributes["margins"]
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right))), x.shape


def pad_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    top, _, left, _ = attributes["margins"]
    return dy[:, :, top : top + saved[2], left : left + saved[3]], {}


def crop_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    top, bottom, left, right = attributes["margins"]
    return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right], None


def crop_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return pad_forward(dy, parameters, attributes)[0], {}


def slice_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    first, to = attributes["part"]
    return x[:, first:to], x.shape


def slice_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    first, to = attributes["part"]
    dx = np.zeros(saved)
    dx[:, first:to] = dy
    return dx, {}


def shuffle_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    """The channels as a table with a row for each group, read by columns."""
    groups = attributes["groups"]
    table = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    return table.swapaxes(1, 2).reshape(x.shape), None


def shuffle_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return shuffle_forward(dy, parameters, {"groups": dy.shape[1] // attributes["groups"]})[0], {}


def stretching(size: int, factor: int, method: str) -> Array:
    """What each new row (or column) is of the old ones, as a matrix. New pixels are `factor` times
    smaller; their middles lie between those of the old ones, or behind the last."""
    matrix = np.zeros((size * factor, size))
    for new in range(size * factor):
        if method == "nearest":
            matrix[new, new // factor] = 1
            continue
        place = min(max((new + 0.5) / factor - 0.5, 0), size - 1)
        old = min(int(place), max(0, size - 2))
        matrix[new, old] += 1 - (place - old)
        matrix[new, min(old + 1, size - 1)] += place - old
    return matrix


def upsample_forward(x: Array, parameters: Arrays, attributes: Attributes) -> tuple[Array, Any]:
    rows, columns = (
        stretching(size, factor, attributes["method"])
        for size, factor in zip(x.shape[2:], attributes["factor"], strict=True)
    )
    return np.einsum("ih,jw,nchw->ncij", rows, columns, x), (rows, columns)


def upsample_backward(
    dy: Array, saved: Any, parameters: Arrays, attributes: Attributes
) -> tuple[Array, Arrays]:
    return np.einsum("ih,jw,ncij->nchw", *saved, dy), {}


LAYERS: dict[str, Layer] = {
    "conv": Layer(conv_forward, conv_backward),
    "depthwise": Layer(conv_forward, conv_backward),
    "upconv": Layer(upconv_forward, upconv_backward),
    "linear": Layer(linear_forward, linear_backward),
    "maxpool": Layer(maxpool_forward, maxpool_backward),
    "avgpool": Layer(avgpool_forward, avgpool_backward),
    "tanh": Layer(tanh_forward, tanh_backward),
    "relu": Layer(relu_forward, relu_backward),
    "softsign": Layer(softsign_forward, softsign_backward),
    "sigmoid": Layer(sigmoid_forward, sigmoid_backward),
    **{kind: activation(function) for kind, function in FUNCTIONS.items()},
    "prelu": Layer(prelu_forward, prelu_backward),
    "layerscale": Layer(layerscale_forward, layerscale_backward),
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
    "pad": Layer(pad_forward, pad_backward),
    "crop": Layer(crop_forward, crop_backward),
    "slice": Layer(slice_forward, slice_backward),
    **{kind: Layer(recurrent_forward(kind), recurrent_backward(kind)) for kind in CELLS},
    **{name: Layer(*functions) for name, functions in SEQUENCES.items()},
    "shuffle": Layer(shuffle_forward, shuffle_backward),
    "upsample": Layer(upsample_forward, upsample_backward),
    "add": Layer(add_forward, add_backward),
    "multiply": Layer(multiply_forward, multiply_backward),
    "concat": Layer(concat_forward, concat_backward),
}
JOINS = [LAYERS[kind] for kind in ("add", "multiply", "concat", "dot")]


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


LOSSES = {
    "nll": nll, "crossentropy": crossentropy, "map": map_loss, "hinge": hinge, **NUMERIC,
}  # fmt: skip


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
            given = given if layer in JOINS or len(given) > 1 else given[0]
            y, kept = layer.forward(given, self.parameters[name], attributes)
            values[name] = y
            saved.append(kept)
        return y, saved

    def forward(self, x: Array) -> Array:
        return self._run(x)[0]

    def gradients(
        self, x: Array, labels: Array, loss: str, **options: Any
    ) -> tuple[float, Arrays, Array]:
        """The mean loss, its gradients by "name.parameter", and its gradient by x; the loss has
        these options."""
        y, saved = self._run(x)
        total, d = LOSSES[loss](y, labels, **options)
        count = len(y)
        slopes = {self.layers[-1][0]: d / count}
        gradients: Arrays = {}
        for (name, layer, attributes), inputs, kept in zip(
            reversed(self.layers), reversed(self.inputs), reversed(saved), strict=True
        ):
            d, own = layer.backward(slopes.pop(name), kept, self.parameters[name], attributes)
            gradients.update({f"{name}.{key}": value for key, value in own.items()})
            for i, part in zip(inputs, d if isinstance(d, list) else [d], strict=True):
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
