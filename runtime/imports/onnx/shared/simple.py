"""Operations that are one of our layers, or none."""

from collections.abc import Callable

import numpy as np

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value

Read = Callable[[Op], Value]


def number(value: float) -> str:
    """A real number as a line has it, of float32: negative ones in parentheses."""
    text = np.format_float_positional(np.float32(value), trim="-")
    return f"({text})" if text.startswith("-") else text


def option(name: str, value: float, default: float) -> tuple[str, ...]:
    """An option of a real number, if it is not the default."""
    return () if abs(value - default) <= 1e-6 * abs(default) else (f"{name} {number(value)}",)


def layer(word: str, **allowed: float) -> Read:
    """The layer `word`, of the operation's only input; the attributes have to be these."""

    def read(op: Op) -> Value:
        for name, value in allowed.items():
            if abs(float(op.attribute(name, value)) - value) > 1e-4 * abs(value):
                op.only(**{name: value})
        return op.same_places(Head(word))

    return read


def nothing(op: Op) -> Value:
    """The value itself."""
    return op.raw(0)


def clipped(op: Op, low: float, high: float) -> Value:
    """Each value, but at least `low` and at most `high`."""
    if low == 0 and high > 1e30:
        return op.same_places(Head("relu"))
    if (low, high) == (0, 6):
        return op.same_places(Head("relu6"))
    parts = (*option("low", low, -1), *option("high", high, 1))
    return op.same_places(Head("hardtanh", parts))
