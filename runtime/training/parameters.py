"""The flat weights of a program, as named tensors and back; their initial values; their digest."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.kernels.shared.normalization import fold
from lenet.compiler.memory.layout import Slot
from lenet.compiler.program import Program
from lenet.compiler.quantized import Quantized, packed
from lenet.dsl.errors import LenetError
from lenet.dsl.registry import Parameter
from lenet.dsl.shapes import product
from lenet.dsl.vocabulary import Use
from lenet.runtime import random_streams
from lenet.runtime.initial import initial_values, uniforms
from lenet.runtime.machine.arrays import aligned_floats

Floats = NDArray[np.float32]


def initial_weights(program: Program, seed: int) -> Floats:
    """Uniform in ±1/sqrt(fan_in), weights and biases alike, as Torch has done since version 5,
    but for tensors whose layer knows better, or whose line says `init`.

    Each tensor has its own random stream, by the seed and its name, of raw PCG64 numbers, which
    numpy keeps the same over its versions.
    """
    weights = aligned_floats(program.weight_count)
    for slot in program.slots:
        parameter = slot.parameter
        stream = random_streams.of_tensor(seed, slot.name)
        if isinstance(parameter.initial, Use):
            tensor = initial_values(parameter, stream).astype(np.float32)
            _store(weights, slot, _masked(tensor, parameter))
            continue
        if parameter.initial is not None:
            values = np.broadcast_to(np.array(parameter.initial, np.float32), (slot.size,))
            _store(weights, slot, values.reshape(slot.shape))
            continue
        bound = 1 / np.sqrt(parameter.fan_in)
        tensor = ((2 * uniforms(stream, slot.size) - 1) * bound).astype(np.float32)
        _store(weights, slot, _masked(tensor.reshape(slot.shape), parameter))
    return weights


def _masked(tensor: Floats, parameter: Parameter) -> Floats:
    """With 0 for inputs that an output does not see."""
    if parameter.mask is None:
        return tensor
    return tensor * np.array(parameter.mask, np.float32)[:, :, None, None]


def to_tensors(program: Program, weights: Floats) -> dict[str, Floats]:
    """Copies of the weights by name, in the saved order of axes: outputs first.

    `weights` may also be a gradient, which has the trained tensors only.
    """
    tensors = {}
    for slot in program.slots:
        if slot.offset >= weights.size:
            break
        tensors[slot.name] = _as_saved(slot, weights[slot.offset : slot.offset + slot.size])
    return tensors


def _as_saved(slot: Slot, stored: NDArray[Any]) -> NDArray[Any]:
    """A copy of a tensor in the saved order of axes, from what lies in memory."""
    stored = stored.reshape([slot.shape[axis] for axis in slot.order])
    return np.array(stored.transpose(np.argsort(slot.order)), order="C")


def from_tensors(program: Program, tensors: Mapping[str, Floats]) -> Floats:
    """The flat weights; LenetError where a tensor is missing or has another shape or type."""
    weights = aligned_floats(program.weight_count)
    for slot in program.slots:
        tensor = tensors.get(slot.name)
        if tensor is None:
            raise LenetError(f"the model lacks the tensor {slot.name}")
        if tensor.shape != slot.shape or tensor.dtype != np.float32:
            raise LenetError(
                f"the tensor {slot.name} does not fit the net",
                f"It is {tensor.dtype} {tensor.shape}, the net needs float32 {slot.shape}.",
            )
        _store(weights, slot, tensor)
    return weights


def folded_weights(
    program: Program, weights: Floats, quantized: Mapping[str, Quantized] | None = None
) -> Floats:
    """The weights as prediction takes them: the same array, but where normalizations are folded, or
    layers are `quantized`; these are integers, and no finite floats if they are read as such."""
    if not any(node.folded for node in program.predict_carriers) and not quantized:
        return weights
    parts = _folded(program, weights)
    slots = {slot.name: slot for slot in program.slots}
    nodes = {node.name: node for node in program.predict_carriers}
    for name, layer in (quantized or {}).items():
        weight = _as_saved(slots[f"{name}.weight"], parts[f"{name}.weight"])
        bias = parts.get(f"{name}.bias", np.zeros(len(weight)))
        found = packed(nodes[name], layer, weight, bias)
        parts |= {f"{name}.{tensor}": values for tensor, values in found.items()}
    folded = aligned_floats(sum(slot.size for slot in program.predict_slots))
    for slot in program.predict_slots:
        folded[slot.offset : slot.offset + slot.size] = parts[slot.name]
    return folded


def folded_tensors(program: Program, weights: Floats) -> dict[str, NDArray[Any]]:
    """The tensors by their names, as to_tensors gives them, with normalizations folded into them;
    where these give a layer a bias that it has not, there is one."""
    parts, slots = _folded(program, weights), {slot.name: slot for slot in program.slots}
    return {
        name: _as_saved(slots[name], part) if name in slots else part
        for name, part in parts.items()
    }


def _folded(program: Program, weights: Floats) -> dict[str, NDArray[Any]]:
    """The tensors by their names, as they lie in memory, with normalizations folded into them."""
    slots = {slot.name: slot for slot in program.slots}
    parts: dict[str, NDArray[Any]] = {
        name: weights[s.offset : s.offset + s.size] for name, s in slots.items()
    }
    for node in program.predict_carriers:
        weight, bias = f"{node.name}.weight", f"{node.name}.bias"
        for part in node.folded:
            own = {p.name: parts[f"{part.name}.{p.name}"] for p in part.parameters}
            parts[weight], parts[bias] = fold(
                parts[weight], _outputs(slots[weight]), parts.get(bias, 0), own,
                part.arguments["epsilon"],
            )  # fmt: skip
    return parts


def _outputs(slot: Slot) -> tuple[int, int, int]:
    """The values before, along and behind the axis of a tensor's outputs, as they lie in memory."""
    sizes, axis = [slot.shape[axis] for axis in slot.order], slot.order.index(slot.parameter.axis)
    return product(sizes[:axis]), sizes[axis], product(sizes[axis + 1 :])


def _store(weights: Floats, slot: Slot, tensor: Floats) -> None:
    weights[slot.offset : slot.offset + slot.size] = tensor.transpose(slot.order).ravel()


def digest(tensors: Mapping[str, Floats]) -> str:
    """SHA-256 over the tensors sorted by name: name bytes, then little-endian float32 bytes."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        total.update(name.encode())
        total.update(tensors[name].astype("<f4").tobytes())
    return total.hexdigest()
