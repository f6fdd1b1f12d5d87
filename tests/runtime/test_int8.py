"""Models of int8 weights: kernels against whole numbers of numpy, files, and ONNX Runtime."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from onnx_nets import likely_tensors, run
from safetensors import safe_open
from safetensors.numpy import save as safetensors_bytes

from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph, integer_layers
from lenet.compiler.simd.dot import dot
from lenet.compiler.simd.lanes import INT32, INT64, data_pointer
from lenet.compiler.target import Target, Way, host
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.padding import sides_of
from lenet.runtime.compressing.int8 import as_int8, of_ranges
from lenet.runtime.models.model import Model
from lenet.runtime.models.model_file import _checksum
from lenet.runtime.models.onnx_file import onnx_bytes
from lenet.runtime.training.parameters import folded_weights, from_tensors
from lenet.runtime.training.predictor import Predictor
from nets import reference_net, spec_of

# Layers whose floats are exact, so that not a bit may differ.
EXACT = {
    "maps": "input 3x7x8; conv 5x3x4 pad 1x2; relu; conv 6x3x3 stride 2 pad 1; maxpool 2; "
    "conv 2x2x2 dilate 2x1 pad 1; relu; flatten; linear 3 bias no",
    "columns": "input 1x12x13; conv 2x5x5; relu; maxpool 2; conv 6x1x6 pad 0x4 stride 2x3; relu; "
    "conv 27x1x1; conv 1x1x1; relu; conv 3x1x2 dilate 1x2; flatten; linear 5",
}  # fmt: skip
NUMBERS = "; train; .loss mse; .rate 0.1"


def model_of(chain: str) -> Model:
    """A net that answers with numbers, of random weights."""
    graph = check_graph(spec_of(chain + NUMBERS), "t")
    channels, count = (graph.input[0] if len(graph.input) > 1 else 1), graph.output[0]
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
    model, random = model_of(EXACT[name]), np.random.default_rng(2)
    names = [node.name for node in integer_layers(model.graph)]
    return of_ranges(model, {n: (-random.uniform(0, 1), random.uniform(2, 3)) for n in names})


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
    (sh, sw), (dh, dw) = a["stride"], a["dilate"] or (1, 1)
    x = np.pad(x, ((0, 0), (0, 0), *sides_of(a["pad"])))
    _, height, width = node.shape
    found = np.zeros((len(x), *node.shape), np.int64)
    for i, j in np.ndindex(w.shape[2:]):
        rows = slice(i * dh, i * dh + (height - 1) * sh + 1, sh)
        columns = slice(j * dw, j * dw + (width - 1) * sw + 1, sw)
        found += np.einsum("ncrk,oc->nork", x[:, :, rows, columns], w[:, :, i, j])
    return found


def by_numpy(model: Model, images: np.ndarray) -> np.ndarray:
    """The net's outputs, of whole numbers, and of float32 as kernels compute them."""
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
        elif node.kind == "relu":
            y = np.maximum(xs[0], np.float32(0))
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


@pytest.mark.parametrize("name", EXACT)
def test_kernels_give_what_whole_numbers_give(name: str) -> None:
    model = quantized(name)
    images = images_of(model, 37)
    expected = by_numpy(model, images)
    assert np.ptp(expected) > 0.5
    np.testing.assert_array_equal(model.outputs(images), expected)
    np.testing.assert_array_equal(model.outputs(images[:5]), expected[:5])


WAYS = [("vnni", 16), ("vnni", 8), ("pairs", 16), ("pairs", 8), ("pairs", 4), ("plain", 16),
        ("plain", 4)]  # fmt: skip


@pytest.mark.parametrize(("way", "width"), WAYS)
def test_all_ways_sum_products_exactly(way: Way, width: int) -> None:
    needed = {"vnni": ("vnni",), "pairs": ("vnni", "pairs"), "plain": ("vnni", "pairs", "plain")}
    if host().dot not in needed[way] or width > host().width:
        pytest.skip("this processor has no such instructions")
    function = compiled_dot(way, width)
    random = np.random.default_rng(0)
    values = random.integers(0, 256, (width, 4), np.uint8)
    weights = random.integers(-128, 128, (width, 4), np.int8)
    values[0], weights[0] = 255, 127  # where instructions for bytes saturate
    sums = random.integers(-(2**31), 2**31, width).astype(np.int32)
    given = np.concatenate([values.view(np.int32)[:, 0], weights.view(np.int32)[:, 0], sums])
    expected = (values.astype(np.int64) * weights).sum(axis=1) + sums
    function(given)
    np.testing.assert_array_equal(given[2 * width :], expected.astype(np.int32))


def compiled_dot(way: Way, width: int) -> Any:
    """A function of an int32 array: values, weights and sums, into which it adds."""

    @intrinsic
    def add(typing_context: Any, array: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            data = data_pointer(context, builder, sig.args[0], args[0])
            kind = ir.VectorType(INT32, width).as_pointer()
            places = [builder.gep(data, [INT64(k * width)]) for k in range(3)]
            parts = [builder.bitcast(place, kind) for place in places]
            loaded = [builder.load(part, align=4) for part in parts]
            builder.store(dot(builder, way, *loaded), parts[2], align=4)
            return context.get_dummy_value()

        return types.void(array), generate

    return njit(types.void(types.int32[::1]))(lambda array: add(array))


def test_narrow_registers_give_the_same_bits() -> None:
    model = quantized("columns")
    target = Target("narrow", 16, 4, "plain")
    program = compile_graph(model.graph, target, integers=model.quantized.keys())
    predictor = Predictor(load(program), 1)
    predictor.take(from_tensors(program, model.tensors), model.quantized)
    images = images_of(model, 19)
    flat = images.reshape(len(images), -1)
    for count in (19, 3):
        outputs = predictor.outputs(flat[:count], model.normalizations[1])
        np.testing.assert_array_equal(outputs, model.outputs(images[:count]))


MIXED = (
    "input 3x8x8; conv 8x3x3 pad 1 bias no; batchnorm; relu; add; .path; ..conv 8x3x3 pad 1; "
    "..batchnorm; .path; maxpool 2; tanh; depthwise 2; gelu; conv 4x2x2 groups 2; flatten; "
    "linear 6; tanh; linear 4"
)


@cache
def both() -> tuple[Model, Model]:
    model = model_of(MIXED)
    return model, as_int8(model, images_of(model, 64, seed=1))


def test_layers_without_kernels_of_bytes_stay_floats() -> None:
    model, small = both()
    kinds = {node.name: node.kind for node in model.graph.nodes if node.parameters}
    left = [kinds[name] for name in kinds if name not in small.quantized]
    assert sorted(left) == ["batchnorm", "batchnorm", "conv", "depthwise"]
    assert {kinds[name] for name in small.quantized} == {"conv", "linear"}


def test_sequences_and_what_other_passes_make_of_them() -> None:
    model = model_of("input 3x6; conv 4x3 pad 1; relu; lstm 4; attention 2; last; linear 3")
    small = as_int8(model, images_of(model, 64, seed=1))
    kinds = {node.name: node.kind for node in model.graph.nodes}
    assert sorted(kinds[name] for name in small.quantized) == ["conv", "linear"]
    images = images_of(model, 20)
    expected = by_reference(model, images)
    error = np.sqrt(np.square(small.outputs(images) - expected).mean())
    assert 0 < error < 0.02 * np.ptp(expected)


def test_onnx_runtime_gives_the_same_within_one_unit() -> None:
    _, model = both()
    file = onnx_bytes(model)
    proto = onnx.load_from_string(file)
    onnx.checker.check_model(proto, full_check=True)
    facts = {pair.key: pair.value for pair in proto.metadata_props}
    kinds = [node.op_type for node in proto.graph.node]
    assert kinds.count("QuantizeLinear") == len(model.quantized)
    assert "BatchNormalization" not in kinds
    assert facts["format"] == "lenet-2"
    images = images_of(model, 64)
    ours = model.predict(images).values
    unit = np.ptp(ours) / 255
    assert abs(run(file, images) - ours).max() < unit


def test_it_is_close_to_the_floats_that_it_was_made_of() -> None:
    model, small = both()
    images = images_of(model, 64)
    expected, values = by_reference(model, images), by_reference(small, images)
    for found in (small.outputs(images), values):  # what the weights stand for is a net as well
        error = np.sqrt(np.square(found - expected).mean())
        assert 0 < error < 0.02 * np.ptp(expected)


def by_reference(model: Model, images: np.ndarray) -> np.ndarray:
    """In float64, with the weights that the model's tensors are."""
    normalization = model.normalizations[1]
    ones = (-1, *[1] * (images.ndim - 2))
    scale, shift = (v.reshape(ones) for v in (normalization.scale, normalization.shift))
    net = reference_net(model.graph, dict(model.tensors), running=True)
    values = images * scale.astype(np.float64) + shift
    maps = values if values.ndim != 3 else values[:, :, None]  # sequences are maps there
    return net.forward(maps).reshape(len(images), -1)


def test_its_file_has_bytes_and_gives_the_same(tmp_path: Path) -> None:
    model, small = both()
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


def test_weights_that_are_all_0_and_inputs_of_one_value() -> None:
    model = model_of(EXACT["maps"])
    name = integer_layers(model.graph)[0].name
    for tensor in ("weight", "bias"):
        model.tensors[f"{name}.{tensor}"][1] = 0
    small = of_ranges(model, {name: (0.0, 0.0)})
    again = Model.from_bytes(small.to_bytes())
    assert again.digest == small.digest and again.quantized.keys() == {name}
    assert not again.tensors[f"{name}.weight"][1].any()
    weights = from_tensors(compile_graph(model.graph), again.tensors)
    program = compile_graph(model.graph, integers=again.quantized.keys())
    slots = {slot.name: slot for slot in program.predict_slots}
    bias = slots[f"{name}.bias"].offset
    packed = folded_weights(program, weights, again.quantized)
    assert packed[bias : bias + 2].view(np.int32)[1] == 0


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
    _, small = both()
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
    _, small = both()
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
    _, small = both()
    with pytest.raises(LenetError, match="already"):
        as_int8(small, images_of(small, 4))
