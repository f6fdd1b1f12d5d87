"""Constants that are added to values, or that these are multiplied by."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lenet.dsl.registry import layers
from lenet.dsl.shapes import product
from lenet.runtime.imports.draft import Floats, Head, Step
from lenet.runtime.imports.lines import NO_BIAS, SCALE, SHIFT, sizes
from lenet.runtime.imports.onnx.file import Array
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Front, Value
from lenet.runtime.imports.unread import Unread

Affine = Callable[[Floats], tuple[Floats, Floats]]


def by_channel(value: Value, constant: Array) -> Floats:
    """A constant as one number for each channel of ours; Unread where it differs from place to
    place, or makes the value larger."""
    whole = (1, *value.graph_shape)
    try:
        same = np.broadcast_shapes(whole, constant.shape) == whole
    except ValueError:
        same = False
    if not same:
        raise Unread(f"with a constant of {constant.shape}, which does not fit {whole}")
    full = np.broadcast_to(constant, whole)[0]
    ours = np.empty(product(value.shape), np.float32)
    ours[value.full_order.ravel()] = full.ravel()
    each = ours.reshape(value.shape[0], -1)
    if (each != each[:, :1]).any():
        raise Unread("with a constant that differs from place to place")
    return np.ascontiguousarray(each[:, 0])


def affine_or_join(op: Op, word: str, affine: Affine, turned: Affine | None = None) -> Value:
    """A scale and a shift by a constant, which stands first or second, or the layer `word` of two
    values; `turned` is what a constant that stands first does, where that is another."""
    first, second = op.given[:2]
    if isinstance(first, Value) and isinstance(second, Value):
        if not word:
            raise Unread("of two values of the net")
        return joined(op, word)
    place = 0 if isinstance(first, Value) else 1
    constant = op.floats(1 - place)
    if place == 1 and turned is None:
        raise Unread("of a constant by a value")
    value = op.raw(place)
    scale, shift = (affine if place == 0 or turned is None else turned)(constant)
    return _applied(op, place, value, scale, shift)


def _applied(op: Op, place: int, value: Value, scale: Floats, shift: Floats) -> Value:
    each_scale, each_shift = by_channel(value, scale), by_channel(value, shift)
    if value.front is not None and (each_scale > 0).all() and np.isfinite(each_scale).all():
        front = Front(
            value.front.scale * each_scale, value.front.shift * each_scale + each_shift,
            value.front.pad,
        )  # fmt: skip
        return replace(value, front=front)
    value = op.reading.settled(value)
    if (each_scale == 1).all() and not each_shift.any():
        return value
    alone = op.alone(place)
    step = op.step(value)
    if (each_scale == 1).all():
        return _shifted(op, value, each_shift, step, alone)
    if each_shift.any():
        raise Unread("of a constant less a value")
    if alone and _scales(step, each_scale, scale.size == 1):
        return value
    return op.add(Head("layerscale"), value.step, {SCALE: each_scale}, value)


def _scales(step: Step, scale: Floats, single: bool) -> bool:
    """Whether a layer can do it with its own tensors: a normalization that had none, or any layer
    with weights, by one number."""
    tensors = step.tensors
    if SCALE in tensors and SHIFT in tensors:
        if (tensors[SCALE] == 1).all() and not tensors[SHIFT].any():
            tensors[SCALE] = scale.copy()
            return True
    elif single and "weight" in tensors:
        _scale_weights(step, scale)
        return True
    return False


def _scale_weights(step: Step, scale: Floats) -> None:
    weight = step.tensors["weight"]
    shape = [1] * weight.ndim
    shape[step.axis] = len(scale)
    step.tensors["weight"] = weight * scale.reshape(shape)
    if "bias" in step.tensors:
        step.tensors["bias"] = step.tensors["bias"] * scale


def _shifted(op: Op, value: Value, shift: Floats, step: Step, alone: bool) -> Value:
    """With numbers added: as a bias of the layer, where it can have one."""
    tensors, before = step.tensors, op.draft.steps[step.inputs[0]] if step.inputs else step
    if alone and "weight" in tensors:
        _add_bias(step, shift)
        return value
    if alone and SHIFT in tensors:
        tensors[SHIFT] = tensors[SHIFT] + shift
        return value
    if alone and set(tensors) == {SCALE}:
        if "weight" in before.tensors and _only_reader(op, step):
            _scale_weights(before, tensors[SCALE])
            _add_bias(before, shift)
            return replace(value, step=step.inputs[0])
        if layers()[before.head.word].pools == "mean" and len(before.shape) == 3:
            head = Head("subsample", before.head.parts)
            given = {"gain": tensors[SCALE], "bias": shift}
            return op.add(head, before.inputs[0], given, value)
        if len(value.shape) == 3:
            return _places(op, value, step.inputs[0], tensors[SCALE], shift)
    if len(value.shape) == 3:
        return _places(op, value, value.step, np.ones_like(shift), shift)
    raise Unread("of numbers to a vector that no layer before it can add as its bias")


def _places(op: Op, value: Value, step: int, scale: Floats, shift: Floats) -> Value:
    """A convolution of each channel by itself, whose kernel is one weight."""
    tensors = {"weight": scale.reshape(-1, 1, 1, 1), "bias": shift}
    return op.add(Head("depthwise", (sizes("", (1, 1), "kernel"),)), step, tensors, value)


def _only_reader(op: Op, step: Step) -> bool:
    """Whether nothing else reads what a line reads."""
    number = step.inputs[0]
    return sum(number in own.inputs for own in op.draft.steps) == 1


def _add_bias(step: Step, shift: Floats) -> None:
    old = step.tensors.get("bias")
    step.tensors["bias"] = shift.copy() if old is None else old + shift
    parts = tuple(part for part in step.head.parts if part != NO_BIAS)
    step.head = Head(step.head.word, parts)


def joined(op: Op, word: str) -> Value:
    """Several values of the net, value by value; a vector counts at each place of its channel."""
    values = [op.reading.settled(op.raw(k)) for k in range(len(op.given))]
    whole = max(values, key=lambda own: (len(own.shape), product(own.shape)))
    steps = [_beside(op, own, whole) for own in values]
    number = op.draft.join(word, steps)
    return Value(number, op.draft.shape(number), whole.order)


def _beside(op: Op, value: Value, whole: Value) -> int:
    """A value beside others, arranged as they are."""
    if value.graph_shape == whole.graph_shape:
        if value.shape == whole.shape and np.array_equal(value.full_order, whole.full_order):
            return value.step
        if value.straight and whole.straight and len(value.graph_shape) == 3:
            return op.map_of(value)
    elif len(value.shape) == 1 and len(whole.shape) == 3:
        places = product(whole.shape[1:])
        try:
            spread = np.broadcast_to(value.full_order, whole.graph_shape)
        except ValueError:
            spread = None
        if spread is not None and np.array_equal(spread, whole.full_order // places):
            return value.step
    raise Unread(f"of {value.graph_shape} and {whole.graph_shape}, which no word joins")
