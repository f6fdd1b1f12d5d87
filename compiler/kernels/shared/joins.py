"""Layers with several inputs."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.elementwise import (
    CONSTANTS,
    Chain,
    backward_loop,
    forward_loop,
    vectors_single,
)
from lenet.compiler.single_contract import Read, Single, each_channel, single_function
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node
from lenet.dsl.shapes import product

ADDEND = "addend"  # the argument of a layer that adds its second input to what it makes


def names(letter: str, count: int) -> tuple[str, ...]:
    """The parameters for all inputs: x0, x1, …"""
    return tuple(f"{letter}{k}" for k in range(count))


@dataclass(frozen=True)
class Paths:
    """The paths of a join, by their numbers: those of the output's size, and those that give one
    value for each of its `channels`, of `places` each."""

    whole: tuple[int, ...]
    narrow: tuple[int, ...]
    channels: int
    places: int

    @classmethod
    def of(cls, node: Node) -> "Paths":
        """Of a join of values at the same place."""
        size = product(node.shape)
        whole = [k for k, given in enumerate(node.input_shapes) if product(given) == size]
        narrow = [k for k in range(len(node.inputs)) if k not in whole]
        return cls(tuple(whole), tuple(narrow), node.shape[0], product(node.shape[1:]))

    def loop(self, before: str, inside: str, after: str) -> str:
        """Source that runs `before` and `after` for each `channel`, `inside` for each `place` of
        it."""
        first = f"channel * {self.places}"
        return (
            f"for channel in range({self.channels}):\n"
            + indent(before, "    ")
            + f"    for place in range({first}, {first} + {self.places}):\n"
            + indent(inside, " " * 8)
            + indent(after, "    ")
        )

    def loads(self, paths: tuple[int, ...], at: str) -> str:
        """Statements that make v0, v1, … of these paths."""
        return "".join(f"v{k} = load(arena, x{k} + {at} * {LANES})\n" for k in paths)


def elementwise(
    request: Request, what: str, operator: str, backward: Function | None, in_place: bool
) -> Kernels:
    """y = x0 operator x1 …, value by value, and then the activations that are fused into it."""
    node, size = request.node, product(request.node.shape)
    count, paths = len(node.inputs), Paths.of(request.node)
    kinds = "".join(f", then {part.kind}" for part in node.fused)
    spread, chain = None, Chain(node.fused, size)
    if node.fused:
        doc = f"dz, the gradient of {what} itself."
        parameters = ("arena", *chain.reads, "saved", "dy", "dz")
        spread = Function("spread", parameters, doc, backward_loop("dz", chain))
    if paths.narrow:
        value = f"value = {operator.join(f'v{k}' for k in range(count))}\n{chain.forward()}"
        forward = CONSTANTS + paths.loop(
            paths.loads(paths.narrow, "channel"), paths.loads(paths.whole, "place") + value, ""
        )
    else:
        values = operator.join(f"load(arena, x{k} + place * {LANES})" for k in range(count))
        forward = forward_loop(values, chain)
    return Kernels(
        forward=Function(
            "forward", ("arena", *names("x", count), "y", "saved"),
            f"y = {what} of the paths{kinds}.", forward,
        ),
        spread=spread,
        backward=backward,
        saved=chain.floats,
        in_place=in_place,
    )  # fmt: skip


def takes_places(request: Request) -> bool:
    """All paths can lie by places."""
    return len(request.node.shape) > 1


def elementwise_single(request: Request, what: str, operator: str) -> Single:
    """Places of all paths, in the paths' order, as for a block."""
    node, paths = request.node, Paths.of(request.node)
    count, doc = len(node.inputs), f"y = {what} of the paths."
    if not paths.narrow:
        return vectors_single(request, doc, operator.join(f"{{x{k}}}" for k in range(count)))
    if request.by_places:
        at = {**dict.fromkeys(paths.whole, "at"), **dict.fromkeys(paths.narrow, "channel")}

        def joined(read: Read) -> str:
            return operator.join(read("arena", f"x{k} + {at[k]}") for k in range(count))

        return each_channel(request, doc, joined, ("arena", *names("x", count), "y", "unit"))
    at = {**dict.fromkeys(paths.whole, "place"), **dict.fromkeys(paths.narrow, "channel")}
    value = operator.join(f"arena[x{k} + {at[k]}]" for k in range(count))
    body = paths.loop("", f"arena[y + place] = {value}\n", "")
    return Single(single_function(doc, body, ("arena", *names("x", count), "y")))
