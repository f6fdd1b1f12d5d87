"""Activations: functions of one value, whose derivative follows from their output or input."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels import module_of
from lenet.compiler.single_contract import Single, each_vector
from lenet.compiler.target import LANES, Bounds
from lenet.dsl.graph import Node
from lenet.dsl.shapes import product

CONSTANTS = "zero = splat(np.float32(0))\none = splat(np.float32(1))\n"


@dataclass(frozen=True)
class Activation:
    """`forward` is an expression of `value`, an input; `derivative` one of `value` and `slope`, the
    gradient of the output. There, `value` is the output, or the input where `by_input`. Both may
    use `zero` and `one`. One that `clips` does nothing but keep values within bounds."""

    forward: str
    derivative: str
    by_input: bool = False
    clips: Bounds | None = None


def clipped(low: float, high: float, value: str = "value") -> Activation:
    """y = x, or an expression of it, between two bounds; dx = dy there, else 0."""
    low_, high_ = (f"splat(np.float32({bound!r}))" for bound in (low, high))
    inside = f"select_less(value, {high_}, slope, zero)"
    return Activation(
        f"minimum({high_}, maximum({low_}, {value}))",
        f"select_greater(value, {low_}, {inside}, zero)",
        clips=(low, high) if value == "value" else None,
    )


def activation_of(node: Node) -> Activation | None:
    """The activation that a node is, if it is one."""
    find = getattr(module_of(node.kind), "activation", None)
    found = find(node) if find else None
    assert found is None or isinstance(found, Activation)
    return found


@dataclass(frozen=True)
class Chain:
    """Activations one after the other, for `size` values a block's image.

    Of the values between them, those are kept behind `saved` from which a derivative follows. The
    first one's input is kept there as well, where its derivative needs it and there is no `x` to
    load it from; the last one's output is in `y`. Where `saved` is "" nothing is kept.
    """

    nodes: tuple[Node, ...]
    size: int
    saved: str = "saved"
    x: str = ""
    y: str = "y"

    @property
    def _activations(self) -> list[Activation]:
        found = [activation_of(node) for node in self.nodes]
        assert None not in found
        return [activation for activation in found if activation is not None]

    @property
    def _needed(self) -> list[int]:
        """Value k is the input of activation k, and the output of the one before it."""
        return [k if a.by_input else k + 1 for k, a in enumerate(self._activations)]

    @property
    def _kept(self) -> list[int]:
        """Which values lie behind `saved`, in their order there."""
        elsewhere = {len(self.nodes), *([0] if self.x else [])}
        return sorted(set(self._needed) - elsewhere)

    @property
    def floats(self) -> int:
        """What lies behind `saved` for a block."""
        return len(self._kept) * self.size * LANES

    @property
    def reads(self) -> tuple[str, ...]:
        """Which of `x` and `y` backward loads."""
        ends = {0: "x", len(self.nodes): "y"}
        found = {ends[k] for k in self._needed if k in ends and k not in self._kept}
        return tuple(sorted(found))

    def _at(self, k: int) -> str:
        """Where value k lies at `place`."""
        if k in self._kept:
            return f"{self.saved} + ({self._kept.index(k) * self.size} + place) * 16"
        return f"{self.x if k == 0 else self.y} + place * 16"

    def forward(self) -> str:
        """Statements from `value` through all activations to y[place]. What is to be kept is
        stored unless `saved` is negative."""
        lines = ""
        for k, activation in enumerate((*self._activations, None)):
            if self.saved and k in self._kept:
                lines += f"if saved >= 0:\n    store(arena, {self._at(k)}, value)\n"
            if activation is not None:
                lines += f"value = {activation.forward}\n"
        return lines + f"store(arena, {self.y} + place * 16, value)\n"

    def backward(self) -> str:
        """Statements that take `slope`, the gradient of the last output, back through all of
        them."""
        lines = ""
        steps = zip(self._activations, self._needed, strict=True)
        for activation, k in reversed(list(steps)):
            lines += f"value = load(arena, {self._at(k)})\nslope = {activation.derivative}\n"
        return lines


def chain_again(nodes: tuple[Node, ...]) -> str:
    """Statements that take `slope` back through all activations, from `value` before the first:
    where memory is what takes time, their outputs are cheaper to compute again than to load."""
    ahead = back = ""
    for k, node in enumerate(nodes):
        activation = activation_of(node)
        assert activation is not None
        forward, keep = f"value = {activation.forward}\n", f"value{k} = value\n"
        ahead += keep + forward if activation.by_input else forward + keep
        back = f"value = value{k}\nslope = {activation.derivative}\n" + back
    return ahead + back


def forward_loop(value: str, chain: Chain) -> str:
    """From an expression of x at `place` through all activations to y."""
    return _loop(f"value = {value}\n" + chain.forward(), chain.size)


def backward_loop(to: str, chain: Chain) -> str:
    """From dy back through all activations to what `to` names."""
    body = "slope = load(arena, dy + place * 16)\n" + chain.backward()
    return _loop(f"{body}store(arena, {to} + place * 16, slope)\n", chain.size)


def _loop(body: str, size: int) -> str:
    return f"{CONSTANTS}for place in range({size}):\n{indent(body, '    ')}"


def chain(request: Request, nodes: tuple[Node, ...]) -> Kernels:
    """Kernels of activations one after the other, in one loop."""
    chained = Chain(nodes, product(request.node.shape), x="x")
    kinds = ", then ".join(node.kind for node in nodes)
    where = " and ".join(chained.reads) or "the values between them"
    return Kernels(
        forward=Function(
            "forward", ("arena", "x", "y", "saved"), f"y = {kinds} of x.",
            forward_loop("load(arena, x + place * 16)", chained),
        ),
        backward=Function(
            "backward", ("arena", *chained.reads, "saved", "dy", "dx"),
            f"dx = dy times the slope of {kinds} at {where}.", backward_loop("dx", chained),
        ),
        saved=chained.floats,
        in_place=True,
    )  # fmt: skip


def emit(request: Request) -> Kernels:
    """Kernels of an activation by itself."""
    return chain(request, (request.node,))


def emit_single(request: Request) -> Single:
    """An activation of one image."""
    return vectors_single(request, f"y = {request.node.kind}(x).", "{x}", (request.node,))


def vectors_single(
    request: Request, doc: str, value: str, more: tuple[Node, ...] | None = None
) -> Single:
    """y = `value` of the inputs' vectors of one image (see each_vector), and then the activations
    that are fused into it, or `more` ones."""
    more = request.node.fused if more is None else more
    kinds = "" if more == (request.node,) else "".join(f", then {node.kind}" for node in more)
    steps = (value, *(f"{found.forward}" for node in more if (found := activation_of(node))))
    lines = "".join(f"value = {step}\n" for step in steps)
    lines += "store(arena, y + place, value)\n"
    before = CONSTANTS if more else ""
    return each_vector(request, f"{doc[:-1]}{kinds}.", lines, before)
