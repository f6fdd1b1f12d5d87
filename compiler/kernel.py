"""What a layer's code generator returns: sources of functions, and what they keep."""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from compiler.target import Target
from dsl.graph import Graph, Node


@dataclass(frozen=True)
class Kernels:
    """The functions of one layer, as source; each missing one is an empty string.

    forward   NAME_forward(arena, weights, x, y, saved)
    backward  NAME_backward(arena, weights, y, saved, dy, dx)
    gradient  NAME_gradient(arena, gradient, x, dy), which adds to `gradient`
    spread    NAME_spread(arena, weights, y, saved, dy, dz), of a layer with others fused into it:
              the gradient of its own output, which gradient and backward then take for dy

    All but the arrays are offsets. With scope "group" they work on several blocks at once and
    take their number as a last argument. `saved` is the space (floats a block) that forward
    leaves to backward; in prediction it is negative, and nothing is left.

    By a function's suffix ("forward", "backward", "gradient"): `scratch` is space (floats a block)
    that it uses meanwhile, and `prepare` is the source of NAME_SUFFIX_prepare(arena, weights,
    prepared), which is called once for each new set of weights and leaves `prepared` floats to it.
    Such a function takes the offsets of both after its other ones.
    """

    forward: str = ""
    backward: str = ""
    gradient: str = ""
    scope: str = "block"
    spread: str = ""
    saved: int = 0
    scratch: Mapping[str, int] = field(default_factory=dict)
    prepare: Mapping[str, str] = field(default_factory=dict)
    prepared: Mapping[str, int] = field(default_factory=dict)
    keeps_output: bool = False
    in_place: bool = False
    random: bool = False
    training_only: bool = False


@dataclass(frozen=True)
class Request:
    """What a code generator is given: the layer, its function prefix, its weights' offsets."""

    node: Node
    name: str
    offsets: Mapping[str, int]
    target: Target
    counter: int = 0


def identifiers(graph: Graph) -> dict[str, str]:
    """A Python name for each layer, all different."""
    names: dict[str, str] = {}
    for number, node in enumerate(graph.nodes):
        name = re.sub(r"\W", "_", node.name, flags=re.ASCII)
        while name in names.values():
            name = f"{name}_{number}"
        names[node.name] = name
    return names


@cache
def _module(kind: str) -> object:
    return importlib.import_module(f"compiler.kernels.{kind}")


def emit_layer(request: Request) -> Kernels:
    kernels = _module(request.node.kind).emit(request)  # type: ignore[attr-defined]
    assert isinstance(kernels, Kernels)
    return kernels


def function(name: str, arguments: str, doc: str, body: str) -> str:
    """The source of one kernel."""
    lines = "\n".join(f"    {line}" if line else "" for line in body.strip("\n").splitlines())
    return f'@kernel\ndef {name}({arguments}):\n    """{doc}"""\n{lines}\n'


FORWARD = "arena, weights, x, y, saved"
BACKWARD = "arena, weights, y, saved, dy, dx"
GRADIENT = "arena, gradient, x, dy"
