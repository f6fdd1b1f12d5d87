"""Models of int8 weights: kernels against whole numbers of numpy, files, and ONNX Runtime."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_nets import likely_tensors, run
from safetensors import safe_open
from safetensors.numpy import save as safetensors_bytes

from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph, integer_layers
from lenet.compiler.target import Target, host
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.padding import sides_of
from lenet.runtime.compress.int8 import as_int8
from lenet.runtime.models.model import Model
from lenet.runtime.models.model_file import _checksum
from lenet.runtime.models.onnx_file import onnx_bytes
from lenet.runtime.training.parameters import from_tensors
from lenet.runtime.training.predictor import Predictor
from nets import spec_of

# Layers whose floats are exact, so that not a bit may differ.
EXACT = {
    "columns": "input 1x13x14; conv 6x5x5; relu; maxpool 2; conv 7x3x3; relu; flatten; linear 21; "
    "relu; linear 3",
    "padding and strides": "input 3x11x12; conv 5x3x4 pad 1x2; relu; conv 9x3x3 stride 2 pad 1; "
    "maxpool 3 stride 2 pad 1; conv 6x2x2 dilate 2x1 pad 1; relu; flatten; linear 3 bias no",
    "columns with padding": "input 2x9x10; conv 18x1x7 pad 0x3 stride 2x3; relu; "
    "conv 5x3x3 pad 2 bias no; flatten; linear 3",
    "floats between": "input 4x8x8; conv 8x3x3 groups 2; relu; add; .path; ..conv 8x1x1; .path; "
    "relu; conv 3x6x6; flatten; linear 3",
    "linear": "input 141; linear 70; relu; linear 5",
}  # fmt: skip
NUMBERS = "; train; .loss mse; .rate 0.1"


def model_of(chain: str) -> Model:
    """A net that answers with numbers, of random weights."""
    graph = check_graph(spec_of(chain + NUMBERS), "t")
    channels, count = (graph.input[0] if len(graph.input) == 3 else 1), graph.output[0]
    names = tuple(f"n{k}" for k in range(count))
    return Model(
        graph.source, likely_tensors(graph), names, 1 / 255, (0.4,) * channels, (0.3,) * channels,
        answers=((0.0,) * count, (1.0,) * count),
    )  # fmt: skip


def images_of(model: Model, count: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, *model.graph.input), np.uint8)


@cache
def quantized(name: str) -> Model:
    model = model_of(EXACT[name])
    return as_int8(model, images_of(model, 64, seed=1))


def whole_sums(layer, node, weight: np.ndarray, bias: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A layer from whole numbers, int64, and the two products of floats around them."""
    settings = np.float32(1 / layer.scale), np.float32(layer.scale)
    scaled = np.clip(x * settings[0], -layer.zero, 255 - layer.zero)
    numbers = np.rint(scaled).astype(np.int64)
    scales = layer.weights * settings[1]
    shape = (-1, *[1] * (weight.ndim - 1))
    weights = np.rint(weight / layer.weights.astype(np.float64).reshape(shape)).astype(np.int64)
    assert abs(weights).max() == 127
    sums = numbers @ weights.T if weight.ndim == 2 else correlated(numbers, weights, node)
    shape = (-1, *[1] * (sums.ndim - 2))
    sums += np.rint(bias / scales.astype(np.float64)).astype(np.int64).reshape(shape)
    return sums.astype(np.float32) * scales.reshape(shape)


def correlated(x: np.ndarray, w: np.ndarray, node) -> np.ndarray:
    a = node.arguments
    (sh, sw), (dh, dw), groups = a["stride"], a["dilate"] or (1, 1), a["groups"] or 1
    x = np.pad(x, ((0, 0), (0, 0), *sides_of(a["pad"])))
    outputs, inputs, kh, kw = w.shape
    _, height, width = node.shape
    found = np.zeros((len(x), *node.shape), np.result_type(x, w))
    each = outputs // groups
    for group in range(groups):
        own = slice(group * each, (group + 1) * each)
        part = x[:, group * inputs : (group + 1) * inputs]
        for i in range(kh):
            for j in range(kw):
                rows = slice(i * dh, i * dh + (height - 1) * sh + 1, sh)
                columns = slice(j * dw, j * dw + (width - 1) * sw + 1, sw)
                places = part[:, :, rows, columns]
                found[:, own] += np.einsum("ncrk,oc->nork", places, w[own, :, i, j])
    return found


def by_numpy(model: Model, images: np.ndarray) -> np.ndarray:
    """The net's outputs; layers of floats are float32, in the order of their kernels or exact."""
    normalization = model.normalizations[1]
    ones = (-1, *[1] * (images.ndim - 2))
    values = {}
    for node in model.graph.nodes:
        xs = [values[name] for name in node.inputs]
        own = {p.name: model.tensors[f"{node.name}.{p.name}"] for p in node.parameters}
        if node.kind == "input":
            scale, shift = (v.reshape(ones) for v in (normalization.scale, normalization.shift))
            y = images.astype(np.float32) * scale + shift
        elif node.name in model.quantized:
            bias = own.get("bias", np.zeros(len(own["weight"]), np.float32))
            y = whole_sums(model.quantized[node.name], node, own["weight"], bias, xs[0])
        elif node.kind == "conv":
            y = correlated(xs[0].astype(np.float64), own["weight"], node)
            y = (y + own["bias"].reshape(-1, 1, 1)).astype(np.float32)
        elif node.kind == "relu":
            y = np.maximum(xs[0], np.float32(0))
        elif node.kind == "add":
            y = xs[0] + xs[1]
        elif node.kind == "maxpool":
            y = largest(xs[0], node)
        else:
            assert node.kind in ("flatten", "reshape"), node.kind
            y = xs[0].reshape(-1, *node.shape)
        values[node.name] = y
    return values[model.graph.nodes[-1].name]


def largest(x: np.ndarray, node) -> np.ndarray:
    window, (sh, sw) = node.arguments["window"], node.arguments["stride"]
    sides = sides_of(node.arguments["pad"])
    x = np.pad(x, ((0, 0), (0, 0), *sides), constant_values=-np.inf)
    seen = np.lib.stride_tricks.sliding_window_view(x, window, axis=(2, 3))
    return seen[:, :, ::sh, ::sw].max(axis=(-1, -2))


@pytest.mark.parametrize("name", [name for name in EXACT if name != "floats between"])
def test_kernels_give_what_whole_numbers_give(name: str) -> None:
    model = quantized(name)
    images = images_of(model, 37)
    expected = by_numpy(model, images)
    assert np.ptp(expected) > 0.5
    np.testing.assert_array_equal(model.outputs(images), expected)
    np.testing.assert_array_equal(model.outputs(images[:5]), expected[:5])


def test_layers_without_integers_stay_floats() -> None:
    model = quantized("floats between")
    assert {node.kind for node in integer_layers(model.graph)} == {"conv", "linear"}
    grouped = model.graph.nodes[1]
    assert grouped.arguments["groups"] == 2 and grouped.name not in model.quantized
    images = images_of(model, 37)
    # A value beside the middle of two whole numbers may be rounded the other way.
    steps = abs(model.outputs(images) - by_numpy(model, images)) / outputs_step(model, images)
    assert steps.max() < 1 and np.median(steps) < 0.01


def outputs_step(model: Model, images: np.ndarray) -> float:
    """A part in 255 of what the outputs are."""
    return float(np.ptp(by_numpy(model, images))) / 255


@pytest.mark.parametrize(
    "target",
    [Target("pairs", 32, 16, "pairs"), Target("narrow pairs", 16, 8, "pairs"),
     Target("narrow", 16, 8, "vnni"), Target("least", 16, 4, "plain")],
    ids=lambda target: target.name,
)  # fmt: skip
def test_all_processors_give_the_same_bits(target: Target) -> None:
    if host().dot == "plain" or (host().dot == "pairs" and target.dot == "vnni"):
        pytest.skip("this processor has no such instructions")
    for name in ("columns", "padding and strides"):
        model = quantized(name)
        program = compile_graph(model.graph, target, integers=model.quantized.keys())
        predictor = Predictor(load(program), 1)
        predictor.take(from_tensors(program, model.tensors), model.quantized)
        images = images_of(model, 19)
        flat = images.reshape(len(images), -1)
        for count in (19, 3):
            outputs = predictor.outputs(flat[:count], model.normalizations[1])
            np.testing.assert_array_equal(outputs, model.outputs(images[:count]))


NETS = {
    "lenet": "input 1x16x16; conv 6x5x5; tanh; maxpool 2; tanh; conv 12x3x3; tanh; maxpool 2; "
    "flatten; linear 20; tanh; linear 10",
    "residual": "input 3x8x8; conv 8x3x3 pad 1 bias no; batchnorm; relu; add; .path; "
    "..conv 8x3x3 pad 1; ..batchnorm; .path; relu; depthwise 3; gelu; avgpool all; linear 4",
}


@cache
def both(name: str) -> tuple[Model, Model]:
    model = model_of(NETS[name])
    return model, as_int8(model, images_of(model, 64, seed=1))


@pytest.mark.parametrize("name", NETS)
def test_onnx_runtime_gives_the_same_within_one_unit(name: str) -> None:
    _, model = both(name)
    file = onnx_bytes(model)
    proto = onnx.load_from_string(file)
    onnx.checker.check_model(proto, full_check=True)
    kinds = [node.op_type for node in proto.graph.node]
    assert kinds.count("QuantizeLinear") == len(model.quantized)
    assert "BatchNormalization" not in kinds
    images = images_of(model, 64)
    ours = model.predict(images).values
    unit = np.ptp(ours) / 255
    assert abs(run(file, images) - ours).max() < unit


@pytest.mark.parametrize("name", NETS)
def test_it_is_close_to_the_floats_that_it_was_made_of(name: str) -> None:
    model, small = both(name)
    images = images_of(model, 200)
    expected = model.outputs(images)
    error = small.outputs(images) - expected
    assert 0 < np.sqrt(np.square(error).mean()) < 0.02 * np.ptp(expected)
    # What the weights stand for is a model as well.
    as_floats = replace(small, quantized={}).outputs(images)
    assert np.sqrt(np.square(as_floats - expected).mean()) < 0.02 * np.ptp(expected)


def test_its_file_has_bytes_and_gives_the_same(tmp_path: Path) -> None:
    model, small = both("residual")
    path = tmp_path / "model.safetensors"
    small.save(path)
    with safe_open(str(path), "numpy") as file:
        kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
        assert file.metadata()["format"] == "lenet-2"
    assert {name for name, kind in kinds.items() if kind == "I8"} == {
        f"{name}.weight" for name in small.quantized
    }
    again = Model.open(path)
    assert again.digest == small.digest
    images = images_of(model, 20)
    np.testing.assert_array_equal(again.outputs(images), small.outputs(images))
    np.testing.assert_array_equal(
        Model.from_bytes(again.to_bytes()).outputs(images[:2]), small.outputs(images[:2])
    )


DAMAGES = {
    "no layer": ("quantized", "null"),
    "a layer that there is not": ("quantized", '{"nobody": {"scale": 0.1, "zero": 3}}'),
    "a negative scale": ("quantized", '{"conv": {"scale": -0.1, "zero": 3}}'),
    "a zero beyond all": ("quantized", '{"conv": {"scale": 0.1, "zero": 256}}'),
    "no zero": ("quantized", '{"conv": {"scale": 0.1}}'),
    "no object": ("quantized", '{"conv": 3}'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    _, small = both("residual")
    path = tmp_path / "model.safetensors"
    small.save(path)
    with safe_open(str(path), "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    key, value = DAMAGES[damage]
    metadata[key] = value.replace("conv", next(iter(small.quantized)))
    metadata["checksum"] = _checksum(metadata)
    path.write_bytes(safetensors_bytes(tensors, metadata))
    with pytest.raises(LenetError, match="damaged"):
        Model.open(path)


def test_scales_that_are_none_are_refused(tmp_path: Path) -> None:
    _, small = both("residual")
    name, layer = next(iter(small.quantized.items()))
    for scales in (np.zeros_like(layer.weights), np.full_like(layer.weights, np.nan)):
        path = tmp_path / "model.safetensors"
        small.save(path)
        with safe_open(str(path), "numpy") as file:
            tensors = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
            metadata = file.metadata()
        path.write_bytes(safetensors_bytes({**tensors, f"{name}.weight_scale": scales}, metadata))
        with pytest.raises(LenetError, match="damaged"):
            Model.open(path)


def test_what_has_no_kernels_of_bytes_is_refused() -> None:
    model = model_of("input 4x4x4; depthwise 3 stride 2; flatten")
    with pytest.raises(LenetError, match="no layer of int8 weights"):
        as_int8(model, images_of(model, 4))
    _, small = both("residual")
    with pytest.raises(LenetError, match="already"):
        as_int8(small, images_of(small, 4))
