"""ONNX graphs as the exporters of other programs write them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx


class Writer:
    """Adds operations and random weights under names of one's own."""

    def __init__(self, shape: Sequence[Any], opset: int = 17, seed: int = 1) -> None:
        self.random, self.opset, self.shape = np.random.default_rng(seed), opset, shape
        self.nodes: list[Any] = []
        self.tensors: dict[str, np.ndarray] = {}
        self.count = 0

    def weight(self, name: str, *shape: int, least: float | None = None) -> str:
        """A random tensor that keeps values their size; positive ones from `least`."""
        fan_in = max(1, int(np.prod(shape[1:])))
        values = self.random.normal(0, (1.5 / fan_in) ** 0.5, shape)
        if least is not None:
            values = self.random.uniform(least, least + 1, shape)
        return self.constant(name, values.astype(np.float32))

    def constant(self, name: str, value: Any) -> str:
        """A tensor of the file."""
        array = np.asarray(value)
        self.tensors[name] = array.astype(np.float32) if array.dtype == np.float64 else array
        return name

    def op(self, kind: str, *inputs: Any, name: str = "", outputs: int = 1, **more: Any) -> Any:
        """An operation; the names of its outputs. Numbers and lists become constants."""
        self.count += 1
        names = [own if isinstance(own, str) else self.constant(f"c{self.count}_{k}", own)
                 for k, own in enumerate(inputs)]  # fmt: skip
        given = [f"v{self.count}_{k}" for k in range(outputs)]
        self.nodes.append(onnx.helper.make_node(kind, names, given, name, **more))
        return given[0] if outputs == 1 else given

    def conv(self, x: str, name: str, given: int, width: int, kernel: int = 3, bias: bool = False,
             groups: int = 1, node: str = "", **more: Any) -> str:  # fmt: skip
        """A convolution that keeps the size of maps, unless more is said."""
        tensors = [self.weight(f"{name}.weight", width, given // groups, kernel, kernel)]
        tensors += [self.weight(f"{name}.bias", width)] if bias else []
        more = {"pads": [kernel // 2] * 4, **more} if "auto_pad" not in more else more
        return self.op("Conv", x, *tensors, name=node, kernel_shape=[kernel] * 2, group=groups,
                       **more)  # fmt: skip

    def norm(self, x: str, name: str, width: int) -> str:
        """A batch normalization."""
        parts = [self.weight(f"{name}.weight", width, least=0.5),
                 self.weight(f"{name}.bias", width), self.weight(f"{name}.running_mean", width),
                 self.weight(f"{name}.running_var", width, least=0.5)]  # fmt: skip
        return self.op("BatchNormalization", x, *parts, epsilon=1e-5, momentum=0.9)

    def gemm(self, x: str, name: str, given: int, width: int) -> str:
        """A fully connected layer, as PyTorch has it."""
        weights = self.weight(f"{name}.weight", width, given), self.weight(f"{name}.bias", width)
        return self.op("Gemm", x, *weights, transB=1)

    def bytes(self, *ends: str, given: str = "input", shape: Sequence[Any] | None = None) -> bytes:
        """The file."""
        make = onnx.helper.make_tensor_value_info
        graph = onnx.helper.make_graph(
            self.nodes, "main", [make(given, onnx.TensorProto.FLOAT, shape or self.shape)],
            [make(end, onnx.TensorProto.FLOAT, None) for end in ends],
            [onnx.numpy_helper.from_array(own, name) for name, own in self.tensors.items()],
        )  # fmt: skip
        model = onnx.helper.make_model(
            graph, opset_imports=[onnx.helper.make_opsetid("", self.opset)], ir_version=8
        )
        written: bytes = model.SerializeToString()
        return written

    def save(self, path: Path, *ends: str) -> Path:
        """The same, written."""
        path.write_bytes(self.bytes(*ends))
        return path


def resnet() -> tuple[Writer, str]:
    """PyTorch: a residual net of two stages with dynamic batch."""
    w = Writer(("batch", 3, 16, 16))
    x = w.op("Relu", w.norm(w.conv("input", "conv1", 3, 8), "bn1", 8))
    for stage, width in ((1, 8), (2, 16)):
        for k in range(2):
            own, first = f"layer{stage}.{k}", stage == 2 and k == 0
            step, before = [2, 2] if first else [1, 1], 8 if first else width
            y = w.conv(x, f"{own}.conv1", before, width, strides=step)
            y = w.conv(w.op("Relu", w.norm(y, f"{own}.bn1", width)), f"{own}.conv2", width, width)
            y = w.norm(y, f"{own}.bn2", width)
            if first:
                x = w.conv(x, f"{own}.downsample.0", before, width, 1, strides=step)
                x = w.norm(x, f"{own}.downsample.1", width)
            x = w.op("Relu", w.op("Add", y, x))
    x = w.op("Flatten", w.op("GlobalAveragePool", x), axis=1)
    return w, w.gemm(x, "fc", 16, 5)


def mobilenet3() -> tuple[Writer, str]:
    """PyTorch: an inverted residual with squeeze and excitation by convolutions of 1x1."""
    w = Writer((1, 3, 12, 12))
    x = w.op("HardSwish", w.conv("input", "features.0.0", 3, 8, strides=[2, 2], bias=True))
    y = w.op("HardSwish", w.conv(x, "features.1.0", 8, 16, 1, bias=True))
    y = w.op("Relu", w.conv(y, "features.1.1", 16, 16, 5, bias=True, groups=16))
    z = w.op("ReduceMean", y, axes=[2, 3], keepdims=1)
    z = w.op("Relu", w.conv(z, "features.1.2.fc1", 16, 4, 1, bias=True))
    z = w.op("HardSigmoid", w.conv(z, "features.1.2.fc2", 4, 16, 1, bias=True), alpha=1 / 6)
    x = w.op("Add", w.conv(w.op("Mul", z, y), "features.1.3", 16, 8, 1, bias=True), x)
    x = w.op("Flatten", w.op("AveragePool", x, kernel_shape=[6, 6]))
    x = w.op("Div", w.op("Mul", x, w.op("Clip", w.op("Add", x, 3.0), 0.0, 6.0)), 6.0)
    return w, w.gemm(x, "classifier.3", 8, 4)


def view_and_gelu() -> tuple[Writer, str]:
    """PyTorch: x.view(x.size(0), -1), and a gelu that is written out."""
    w = Writer(("n", 2, 6, 6))
    x = w.op("LeakyRelu", w.conv("input", "a", 2, 4), alpha=0.2)
    x = w.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    size = w.op("Gather", w.op("Shape", x), np.int64(0), axis=0)
    shape = w.op("Concat", w.op("Unsqueeze", size, [0]), [-1], axis=0)
    x = w.gemm(w.op("Reshape", x, shape), "b", 36, 10)
    erf = w.op("Add", w.op("Erf", w.op("Div", x, 2**0.5)), 1.0)
    x = w.gemm(w.op("Mul", w.op("Mul", x, erf), 0.5), "c", 10, 8)
    inner = w.op("Mul", w.op("Add", x, w.op("Mul", w.op("Pow", x, 3.0), 0.044715)), 0.7978845608)
    x = w.op("Mul", w.op("Mul", 0.5, x), w.op("Add", w.op("Tanh", inner), 1.0))
    return w, w.gemm(w.op("Mul", x, w.op("Tanh", w.op("Softplus", x))), "d", 8, 3)


def tf2onnx() -> tuple[Writer, str]:
    """tf2onnx: images with their channels last, `same` padding, and a flattened map."""
    w = Writer(("unk__1", 9, 8, 3), 15)
    x = w.op("Transpose", w.op("Div", "input", 255.0), perm=[0, 3, 1, 2])
    x = w.conv(x, "model/conv2d/Conv2D", 3, 6, auto_pad="SAME_UPPER", strides=[2, 2])
    x = w.op("Relu", w.op("Add", x, w.weight("b1", 1, 6, 1, 1)))
    x = w.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")
    x = w.op("Reshape", w.op("Transpose", x, perm=[0, 2, 3, 1]), np.array([-1, 36]))
    x = w.op("MatMul", x, w.weight("dense/kernel", 36, 7))
    x = w.op("Elu", w.op("Add", x, w.weight("dense/bias", 7)))
    x = w.op("Add", w.op("MatMul", x, w.weight("k2", 7, 4)), w.weight("b2", 4))
    return w, w.op("Softmax", x, axis=-1)


def keras_table() -> tuple[Writer, str]:
    """Keras: rows that are normalized each number by itself, and one answer yes or no."""
    w = Writer((None, 6), 15)
    x = w.op("Sub", "input", w.weight("mean", 1, 6))
    x = w.op("Div", x, w.weight("deviation", 1, 6, least=0.5))
    x = w.op("Relu", w.op("Add", w.op("MatMul", x, w.weight("k1", 6, 8)), w.weight("b1", 8)))
    x = w.op("Add", w.op("MatMul", x, w.weight("k2", 8, 1)), w.weight("b2", 1))
    return w, w.op("Sigmoid", x)


def convnext() -> tuple[Writer, str]:
    """PyTorch: ConvNeXt's block, whose linear layers see the channels last."""
    w = Writer(("n", 3, 8, 8))
    x = w.conv("input", "features.0.0", 3, 6, 2, bias=True, strides=[2, 2], pads=[0] * 4)
    y = w.conv(x, "features.1.0.block.0", 6, 6, 7, bias=True, groups=6)
    y = w.op("Transpose", y, perm=[0, 2, 3, 1])
    y = w.op("LayerNormalization", y, w.weight("n.weight", 6, least=0.5), w.weight("n.bias", 6),
             axis=-1, epsilon=1e-6)  # fmt: skip
    y = w.op("Add", w.weight("f1.bias", 24), w.op("MatMul", y, w.weight("f1.weight", 6, 24)))
    y = w.op("Mul", y, w.op("Sigmoid", y))
    y = w.op("Add", w.op("MatMul", y, w.weight("f2.weight", 24, 6)), w.weight("f2.bias", 6))
    y = w.op("Mul", w.op("Transpose", y, perm=[0, 3, 1, 2]), w.weight("layer_scale", 6, 1, 1))
    x = w.op("Add", y, x)
    mean = w.op("ReduceMean", x, axes=[-1, -2], keepdims=0)
    middle = w.op("Sub", mean, w.op("ReduceMean", mean, axes=[-1]))
    square = w.op("ReduceMean", w.op("Pow", middle, 2.0), axes=[-1])
    x = w.op("Div", middle, w.op("Sqrt", w.op("Add", square, 1e-5)))
    x = w.op("Add", w.op("Mul", x, w.weight("g", 6, least=0.5)), w.weight("b", 6))
    return w, w.op("LogSoftmax", w.gemm(x, "head", 6, 3), axis=1)


def densenet() -> tuple[Writer, str]:
    """torchvision: each layer stacks all that came before anew."""
    w = Writer(("n", 3, 8, 8))
    parts = [w.conv("input", "conv0", 3, 6)]
    for k in range(3):
        x = w.op("Concat", *parts, axis=1) if k else parts[0]
        x = w.op("Relu", w.norm(x, f"d.{k}.norm", 6 + 4 * k))
        parts.append(w.conv(x, f"d.{k}.conv", 6 + 4 * k, 4))
    x = w.op("Relu", w.norm(w.op("Concat", *parts, axis=1), "norm5", 18))
    x = w.op("Flatten", w.op("GlobalAveragePool", x))
    return w, w.gemm(x, "classifier", 18, 4)


def shufflenet() -> tuple[Writer, str]:
    """PyTorch: half of the channels go by, and all are shuffled."""
    w = Writer((2, 3, 8, 8))
    x = w.op("PRelu", w.conv("input", "conv1", 3, 8), w.weight("p.weight", 8, 1, 1))
    one, two = w.op("Split", x, np.array([4, 4]), axis=1, outputs=2)
    two = w.norm(w.conv(two, "b.0", 4, 4, groups=4), "b.1", 4)
    x = w.op("Reshape", w.op("Concat", one, two, axis=1), np.array([2, 2, 4, 8, 8]))
    x = w.op("Reshape", w.op("Transpose", x, perm=[0, 2, 1, 3, 4]), np.array([2, -1, 8, 8]))
    x = w.op("ReduceMean", w.conv(x, "conv5", 8, 6, 1, bias=True), axes=[2, 3], keepdims=0)
    return w, w.gemm(x, "fc", 6, 3)


def unet() -> tuple[Writer, str]:
    """PyTorch: maps that become smaller and larger again, beside each other; masks."""
    w = Writer(("n", 1, 12, 12))
    x = w.op("Relu", w.conv("input", "down.0", 1, 4, bias=True))
    y = w.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    y = w.op("Relu", w.conv(y, "down.1", 4, 8, bias=True))
    up = w.weight("up.0.weight", 8, 4, 2, 2), w.weight("up.0.bias", 4)
    y = w.op("ConvTranspose", y, *up, kernel_shape=[2, 2], strides=[2, 2])
    z = w.op("Resize", w.op("AveragePool", x, kernel_shape=[3, 3], strides=[3, 3]), "",
             np.array([1, 1, 3, 3.0]), mode="linear",
             coordinate_transformation_mode="pytorch_half_pixel")  # fmt: skip
    y = w.conv(w.op("Concat", y, x, z, axis=1), "out", 12, 1, 1, bias=True)
    return w, w.op("Sigmoid", y)


def alexnet() -> tuple[Writer, str]:
    """Caffe2, opset 9: groups, lrn, windows that reach beyond the border, dropout."""
    w = Writer((1, 3, 23, 23), 9)
    x = w.op("Relu", w.conv("input", "conv1", 3, 8, 5, bias=True, strides=[2, 2], pads=[0] * 4))
    x = w.op("LRN", x, size=5, alpha=1e-2, beta=0.75, bias=1.0)
    x = w.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1])
    x = w.op("Relu", w.conv(x, "conv2", 8, 8, 3, bias=True, groups=2))
    x = w.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1],
             count_include_pad=1)  # fmt: skip
    x = w.op("Dropout", w.op("Reshape", x, np.array([1, -1])), ratio=0.4)
    x = w.op("Clip", w.gemm(x, "fc6", 72, 6), min=0.0, max=6.0)
    return w, w.op("Softmax", w.gemm(x, "fc8", 6, 3), axis=1)


def groups() -> tuple[Writer, str]:
    """PyTorch: a group normalization as it is exported, and one image's mean and deviation."""
    w = Writer(("n", 3, 6, 6))
    x = w.op("Reshape", w.conv("input", "a", 3, 8), np.array([0, 2, -1]))
    x = w.op("InstanceNormalization", x, np.ones(2, np.float32), np.zeros(2, np.float32))
    x = w.op("Reshape", x, np.array([-1, 8, 6, 6]))
    x = w.op("Mul", x, w.weight("gn.weight", 8, 1, 1, least=0.5))
    x = w.op("Selu", w.op("Add", x, w.weight("gn.bias", 8, 1, 1)))
    scale = w.weight("in.weight", 8, least=0.5), w.weight("in.bias", 8)
    x = w.op("InstanceNormalization", w.conv(x, "b", 8, 8), *scale, epsilon=1e-4)
    x = w.op("Pad", x, np.array([0, 0, 1, 0, 0, 0, 1, 2]), mode="constant")
    x = w.op("Slice", x, np.array([1, 0]), np.array([7, 2**40]), np.array([1, 3]), np.array([1, 2]))
    x = w.op("Add", w.op("Mul", x, w.weight("s", 6, 1, 1)), w.weight("t", 6, 1, 1))
    return w, w.gemm(w.op("Flatten", w.op("Max", x, 0.0)), "fc", 192, 3)


GRAPHS = [resnet, mobilenet3, view_and_gelu, tf2onnx, keras_table, convnext, densenet, shufflenet,
          unet, alexnet, groups]  # fmt: skip
