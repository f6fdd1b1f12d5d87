"""The graph as a list of kernel calls in order, with the buffers that each call touches."""

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.kernel import Kernels
from compiler.target import LANES
from dsl.graph import Graph, Node
from dsl.shapes import product


@dataclass(frozen=True)
class Buffer:
    """Space for one block of sixteen images, in floats.

    The name is a role and a layer, such as "value conv1"; it never becomes code.
    """

    name: str
    size: int


@dataclass(frozen=True)
class Call:
    """One kernel call. `arguments` are texts, or buffers whose offsets the plan decides.

    `scope` is "block" or "group" (of blocks), or "once" for what is done anew only with new
    weights; such calls come first, and what they leave stays.
    """

    function: str
    arguments: tuple[str | Buffer, ...]
    scope: str
    node: str = ""  # the layer that it computes

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return tuple(a for a in self.arguments if isinstance(a, Buffer))


NOTHING = Buffer("nothing", 0)


def schedule(
    graph: Graph, kernels: Mapping[str, Kernels], names: Mapping[str, str], training: bool
) -> tuple[Call, ...]:
    """Forward through the chain; for training also the loss and the way back."""
    nodes = graph.nodes
    if not training:
        nodes = tuple(node for node in nodes if not kernels[node.name].training_only)
    keys = Buffer("keys", LANES) if any(kernels[n.name].random for n in nodes) else NOTHING
    calls: list[Call] = []
    values: list[Buffer] = []
    saved: list[Buffer | str] = []
    kept: set[Buffer] = set()  # which backward reads, so that nothing may overwrite them
    for node in nodes:
        code, name = kernels[node.name], names[node.name]
        if node.kind == "input":
            values.append(_buffer("value", node))
            saved.append(NOTHING)
            head = ("arena", "pixels", "rows", "first + block * 16", "images", "scale", "shift")
            calls.append(Call(f"{name}_pack", (*head, values[0]), "block", node.name))
            if keys is not NOTHING:
                key_arguments = ("arena", "rows", "first + block * 16", "images", "key", keys)
                calls.append(Call("make_keys", key_arguments, "block"))
            continue
        x = values[-1]
        # A reshape has no code: its values are its input's, kept or not.
        alike = not code.forward or (code.in_place and x not in kept)
        y = x if alike else _buffer("value", node)
        if training and code.keeps_output:
            kept.add(y)
        values.append(y)
        kept_space = Buffer(f"saved {node.name}", code.saved) if training else "-1"
        saved.append(keys if code.random else kept_space)
        if code.forward:
            calls += _calls(code, node, name, "forward", "weights", x, y, saved[-1])
    if not training:
        output = ("arena", "outputs", "first + block * 16", "images", values[-1])
        return _once_first([*calls, Call("unpack", output, "block")])
    dy = _buffer("gradient", nodes[-1])
    loss = ("arena", "labels", "rows", "first + block * 16", "images", values[-1], dy, "totals")
    calls.append(Call("loss", loss, "block"))
    for k in range(len(nodes) - 1, 0, -1):
        node = nodes[k]
        code, name = kernels[node.name], names[node.name]
        if code.spread:
            dz = Buffer(f"gradient {node.name} before fusion", product(node.bare_shape) * LANES)
            calls += _calls(code, node, name, "spread", "weights", values[k], saved[k], dy, dz)
            dy = dz
        if code.gradient:
            calls += _calls(code, node, name, "gradient", "gradient", values[k - 1], dy)
        if not any(n.parameters for n in nodes[:k]):
            break
        dx = dy if code.in_place else _buffer("gradient", nodes[k - 1])
        if code.backward:
            buffers = (values[k], saved[k], dy, dx)
            calls += _calls(code, node, name, "backward", "weights", *buffers)
        dy = dx
    return _once_first(calls)


def _buffer(role: str, node: Node) -> Buffer:
    return Buffer(f"{role} {node.name}", product(node.shape) * LANES)


def _calls(
    code: Kernels, node: Node, name: str, suffix: str, weights: str, *buffers: Buffer | str
) -> list[Call]:
    """The call of one of a layer's functions, and what prepares it."""
    function = f"{name}_{suffix}"
    calls = []
    if suffix in code.scratch:
        buffers = (*buffers, Buffer(f"scratch {function}", code.scratch[suffix]))
    if suffix in code.prepared:
        prepared = Buffer(f"prepared {function}", code.prepared[suffix])
        calls.append(Call(f"{function}_prepare", ("arena", "weights", prepared), "once", node.name))
        buffers = (*buffers, prepared)
    blocks = ("blocks",) if code.scope == "group" else ()
    return [*calls, Call(function, ("arena", weights, *buffers, *blocks), code.scope, node.name)]


def _once_first(calls: list[Call]) -> tuple[Call, ...]:
    return tuple(sorted(calls, key=lambda call: call.scope != "once"))


def segments(calls: tuple[Call, ...]) -> list[tuple[Call, ...]]:
    """Runs of calls that one loop over the blocks of a group can hold; others stand alone."""
    found: list[list[Call]] = []
    for call in calls:
        if call.scope == "block" and found and found[-1][-1].scope == "block":
            found[-1].append(call)
        else:
            found.append([call])
    return [tuple(run) for run in found]
