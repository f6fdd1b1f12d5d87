"""Operations that are one of our layers, or none."""

from collections.abc import Callable

from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.value import Value

Read = Callable[[Op], Value]


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
