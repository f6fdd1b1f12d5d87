"""Activations: functions of one value, whose derivative follows from their output."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels import module_of
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node
from lenet.dsl.shapes import product

CONSTANTS = "zero = splat(np.float32(0))\none = splat(np.float32(1))\n"


@dataclass(frozen=True)
class Activation:
    """`forward` is an expression of `value`, an input; `derivative` one of `value`, an output, and
    `slope`, the gradient of the output. Both may use `zero` and `one`."""

    forward: str
    derivative: str


def activation_of(node: Node) -> Activation | None:
    """The activation that a node is, if it is one."""
    find = getattr(module_of(node.kind), "activation", None)
    found = find(node) if find else None
    assert found is None or isinstance(found, Activation)
    return found


def chain_forward(nodes: tuple[Node, ...], size: int, saved: str, y: str) -> str:
    """Statements from `value` through all activations to y[place].

    Outputs on the way are stored behind `saved`, `size` vectors each, unless saved is negative or
    there is no such place.
    """
    lines = ""
    for k, node in enumerate(nodes):
        activation = activation_of(node)
        assert activation is not None
        lines += f"value = {activation.forward}\n"
        if saved and k < len(nodes) - 1:
            at = f"{saved} + ({k * size} + place) * 16"
            lines += f"if saved >= 0:\n    store(arena, {at}, value)\n"
    return lines + f"store(arena, {y} + place * 16, value)\n"


def chain_backward(nodes: tuple[Node, ...], size: int, saved: str, y: str) -> str:
    """Statements that take `slope`, the gradient of the last output, back through all of them."""
    lines = ""
    for k in reversed(range(len(nodes))):
        activation = activation_of(nodes[k])
        assert activation is not None
        last = k == len(nodes) - 1
        at = f"{y} + place * 16" if last else f"{saved} + ({k * size} + place) * 16"
        lines += f"value = load(arena, {at})\nslope = {activation.derivative}\n"
    return lines


def chain_again(nodes: tuple[Node, ...]) -> str:
    """Statements that take `slope` back through all activations, from `value` before the first:
    where memory is what takes time, their outputs are cheaper to compute again than to load."""
    ahead = back = ""
    for k, node in enumerate(nodes):
        activation = activation_of(node)
        assert activation is not None
        ahead += f"value = {activation.forward}\nvalue{k} = value\n"
        back = f"value = value{k}\nslope = {activation.derivative}\n" + back
    return ahead + back


def forward_loop(value: str, nodes: tuple[Node, ...], size: int) -> str:
    """From an expression of x at `place` through all activations to y."""
    return _loop(f"value = {value}\n" + chain_forward(nodes, size, "saved", "y"), size)


def backward_loop(to: str, nodes: tuple[Node, ...], size: int) -> str:
    """From dy back through all activations to what `to` names."""
    body = "slope = load(arena, dy + place * 16)\n" + chain_backward(nodes, size, "saved", "y")
    return _loop(f"{body}store(arena, {to} + place * 16, slope)\n", size)


def _loop(body: str, size: int) -> str:
    return f"{CONSTANTS}for place in range({size}):\n{indent(body, '    ')}"


def chain(request: Request, nodes: tuple[Node, ...]) -> Kernels:
    """Kernels of activations one after the other, in one loop."""
    size = product(request.node.shape)
    kinds = ", then ".join(node.kind for node in nodes)
    return Kernels(
        forward=Function(
            "forward", ("arena", "x", "y", "saved"), f"y = {kinds} of x.",
            forward_loop("load(arena, x + place * 16)", nodes, size),
        ),
        backward=Function(
            "backward", ("arena", "y", "saved", "dy", "dx"),
            f"dx = dy times the slope of {kinds} at y.", backward_loop("dx", nodes, size),
        ),
        saved=(len(nodes) - 1) * size * LANES,
        in_place=True,
    )  # fmt: skip


def emit(request: Request) -> Kernels:
    """Kernels of an activation by itself."""
    return chain(request, (request.node,))


def emit_single(request: Request) -> Single:
    """An activation of one image; behind its last value there is room for a whole vector."""
    size = product(request.node.shape)
    body = (
        f"{CONSTANTS}for place in range(0, {size}, {LANES}):\n"
        f"    value = load(arena, x + place)\n"
        f"    store(arena, y + place, {_own(request).forward})\n"
    )
    return Single(single_function(f"y = {request.node.kind}(x).", body))


def _own(request: Request) -> Activation:
    found = activation_of(request.node)
    assert found is not None
    return found
