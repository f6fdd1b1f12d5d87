"""The graph as kernel calls in order (phase.py), with the buffers that each call touches."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lenet.compiler.contract import Kernels
from lenet.compiler.function import Function
from lenet.compiler.losses.code import row_arrays
from lenet.compiler.memory.phase import NOTHING, Buffer, Call, Phase, Sync
from lenet.compiler.target import LANES
from lenet.compiler.verify import CompilerBug
from lenet.dsl.graph import Graph, Node
from lenet.dsl.shapes import product

_IMAGE = f"first + block * {LANES}"  # the number of a block's first image in its slice


@dataclass(frozen=True)
class Layer:
    """A node's kernels, the prefix of its functions, and by their names the arguments of these that
    are its own: offsets of its tensors, and `counter`."""

    kernels: Kernels
    prefix: str
    bases: Mapping[str, int]


@dataclass
class _Scheduler:
    """In `training`, what is random and what follows from the batch is computed; with `returns`,
    what the way back reads is kept."""

    graph: Graph
    layers: Mapping[str, Layer]
    training: bool
    returns: bool
    values: dict[str, Buffer] = field(default_factory=dict)
    saved: dict[str, Buffer | str] = field(default_factory=dict)
    slopes: dict[str, Buffer] = field(default_factory=dict)  # gradients of nodes' outputs
    syncs: dict[str, int] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    gradients: list[Node] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    preparations: list[Call] = field(default_factory=list)
    batch: int = 0

    def forward(self) -> None:
        nodes, skipped = self.graph.nodes, self.skipped
        random = any(self.layers[n.name].kernels.random for n in nodes if n.name not in skipped)
        keys = Buffer("keys", LANES) if random else NOTHING
        consumers = self.graph.consumers
        kept: set[Buffer] = set()  # which backward or another layer reads: not to be overwritten
        for node in nodes:
            name, code = node.name, self.layers[node.name].kernels
            if node.kind == "input":
                self.values[name] = y = _buffer("value", node)
                head = ("arena", "pixels", "rows", _IMAGE, "images", "scale", "shift")
                pack = f"{self.layers[name].prefix}_pack"
                self.calls.append(Call(pack, (*head, y), "block", name, checks=True))
                if random:
                    arguments = ("arena", _IMAGE, "images", "key", keys)
                    self.calls.append(Call("make_keys", arguments, "block"))
            else:
                xs = [self.values[i] for i in node.inputs]
                reads = self._backward_reads(node) if self.returns else set()
                if "x" in reads:
                    kept.update(xs)
                nothing = name in skipped or not code.forward
                fits = xs[0].size == product(node.shape) * LANES
                alike = nothing or (code.in_place and xs[0] not in kept and fits)
                y = self.values[name] = xs[0] if alike else _buffer("value", node)
                if "y" in reads:
                    kept.add(y)
                kept_space = Buffer(f"saved {name}", code.saved) if self.returns else "-1"
                self.saved[name] = keys if code.random else kept_space
                if not nothing:
                    self._compute(node, y)
            if len(consumers[name]) > 1:
                kept.add(y)

    @property
    def skipped(self) -> set[str]:
        """The nodes that give what they are given."""
        if self.training:
            return set()
        return {n.name for n in self.graph.nodes if self.layers[n.name].kernels.training_only}

    def _backward_reads(self, node: Node) -> set[str]:
        parts = ("spread", "gradient", "backward")
        names = {name for suffix in parts for name in self._parameters(node, suffix)}
        return {"x" if n.startswith("x") else n for n in names}

    def _parameters(self, node: Node, suffix: str) -> tuple[str, ...]:
        function: Function | None = getattr(self.layers[node.name].kernels, suffix)
        return function.parameters if function else ()

    def _compute(self, node: Node, y: Buffer) -> None:
        code = self.layers[node.name].kernels
        if code.statistics and self.returns:
            self.syncs[node.name] = self.batch
            self.batch += 4 * node.bare_shape[0]
        if not (self.training and code.statistics):
            return self._call(node, "forward", y=y)
        self._call(node, "statistics")
        self._close(Sync("statistics", node, self.syncs[node.name]))
        return self._call(node, "normalize", y=y)

    def _call(self, node: Node, suffix: str, **buffers: Buffer) -> None:
        """The call of one of a layer's functions, and what prepares it."""
        layer = self.layers[node.name]
        code = layer.kernels
        xs = [self.values[name] for name in node.inputs]
        known: dict[str, str | Buffer] = {
            **{name: name for name in _ARRAYS},
            "before": _IMAGE,
            "products": "0",
            "ready": "ready" if self.training else "arena",
            **{name: str(offset) for name, offset in layer.bases.items()},
            "b": str(self.syncs.get(node.name, 0)),
            "x": xs[0],
            **{f"x{k}": x for k, x in enumerate(xs)},
            "y": self.values[node.name],
            "saved": self.saved[node.name],
            **buffers,
        }
        if code.factors:
            all_blocks = f"((rows.size + {LANES - 1}) // {LANES})"
            base = layer.bases["factor"]
            known["f"] = f"{base} * {all_blocks} + first // {LANES} * {code.factors}"
        if suffix in code.scratch:
            scratch = f"scratch {node.name} {suffix}"
            known["scratch"] = Buffer(scratch, code.scratch[suffix])
        if code.products:
            known["products"] = Buffer(f"products {node.name}", code.products)
        if suffix in code.prepared:
            prepared = Buffer(f"prepared {node.name} {suffix}", code.prepared[suffix])
            known["prepared"] = prepared
            # In training, whose weights are new in each step, all slices share what that makes.
            piece, pieces = ("piece", "pieces") if self.training else ("0", "1")
            to = {**known, "arena": known["ready"], "piece": piece, "pieces": pieces}
            call = self._call_of(code.prepare[suffix], to, "once", node)
            (self.preparations if self.training else self.calls).append(call)
        scope = "end" if suffix == "complete" else ""
        self._add(getattr(code, suffix), known, scope, node)

    def _add(
        self, function: Function, known: Mapping[str, str | Buffer], scope: str, node: Node
    ) -> None:
        scope = scope or ("group" if "blocks" in function.parameters else "block")
        self.calls.append(self._call_of(function, known, scope, node))

    def _call_of(
        self, function: Function, known: Mapping[str, str | Buffer], scope: str, node: Node
    ) -> Call:
        name = f"{self.layers[node.name].prefix}_{function.suffix}"
        return Call(name, function.arguments(known), scope, node.name)

    def _close(self, sync: Sync | None) -> None:
        """End a phase. Calls for new weights come first, those for the end last."""
        order = {"once": 0, "block": 1, "group": 1, "end": 2}
        calls = tuple(sorted(self.calls, key=lambda call: order[call.scope]))
        longest = sorted(self.preparations, key=lambda call: -sum(b.size for b in call.buffers))
        self.phases.append(Phase(calls, tuple(self.gradients), sync, tuple(longest)))
        self.calls, self.gradients, self.preparations = [], [], []

    def backward(self) -> None:
        nodes = self.graph.nodes
        last = nodes[-1]
        dy = _buffer("gradient", last)
        given = row_arrays(self.graph)[1:]
        y = self.values[last.name]
        loss: tuple[str | Buffer, ...]
        loss = ("arena", *given, "rows", _IMAGE, "images", y, dy, "totals")
        self.calls.append(Call("loss", loss, "block"))
        self.slopes[last.name] = dy
        trained: set[str] = set()  # nodes at or behind trained tensors
        for node in nodes:
            if node.parameter_count or trained.intersection(node.inputs):
                trained.add(node.name)
        for node in reversed(nodes):
            if node.name in trained:
                self._back(node, trained)

    def to_input(self) -> None:
        """Back from gradients of the outputs to that of the input, which are numbers: codes have
        none."""
        if any(given.of for given in self.graph.inputs):
            raise CompilerBug("an input of codes has no gradient")
        nodes = self.graph.nodes
        first, last = nodes[0], nodes[-1]
        self.slopes[last.name] = dy = _buffer("gradient", last)
        self.calls.append(Call("take_slopes", ("arena", "slopes", _IMAGE, "images", dy), "block"))
        every = {node.name for node in nodes}
        for node in reversed(nodes[1:]):
            self._back(node, every)
        dx = self.slopes[first.name]
        self.calls.append(Call("unpack", ("arena", "outputs", _IMAGE, "images", dx), "block"))

    def _back(self, node: Node, trained: set[str]) -> None:
        """The gradients of a node's tensors, and of those inputs where there is a use for it."""
        code = self.layers[node.name].kernels
        dz = dy = self.slopes.pop(node.name)
        wanted = [name for name in node.inputs if name in trained]
        if code.spread and (
            wanted or not code.pooled or "dz" in self._parameters(node, "gradient")
        ):
            if not (code.in_place and self._is_free(dy)):
                dz = Buffer(f"gradient {node.name} before fusion", product(node.bare_shape) * LANES)
            self._call(node, "spread", dy=dy, dz=dz)
        leaves = "saved" in self._parameters(node, "gradient")  # something for backward
        if code.gradient and node.parameter_count and (self.training or leaves):
            self._call(node, "gradient", dy=dy if code.pooled else dz, dz=dz)
            self.gradients.append(node)
        if self.training and code.complete:
            self._call(node, "complete")
        dy = dz
        if self.training and code.statistics:
            self._close(Sync("slopes", node, self.syncs[node.name]))
        if not wanted:
            return
        if not code.backward or node.name in self.skipped:
            for k, name in enumerate(wanted):
                self._give(name, dy, node, kept=k + 1 < len(wanted))
            return
        dxs = []
        for k, name in enumerate(node.inputs):
            size = self.values[name].size
            reuse = k == 0 and code.in_place and size == dy.size and self._is_free(dy)
            taken = name in self.slopes or len(node.inputs) > 1
            role = f"gradient {name}" + (f" by {node.name} {k}" if taken else "")
            dxs.append(dy if reuse else Buffer(role, size))
        named = {f"dx{k}": dx for k, dx in enumerate(dxs)}
        self._call(node, "backward", dy=dy, dx=dxs[0], **named)
        for name, dx in zip(node.inputs, dxs, strict=True):
            if name in trained:
                self._give(name, dx, node)

    def _is_free(self, buffer: Buffer) -> bool:
        """Whether it is no other node's gradient as well, so that it may be overwritten."""
        return buffer not in self.slopes.values()

    def _give(self, name: str, dx: Buffer, by: Node, kept: bool = False) -> None:
        """A part of the gradient of a node's output: parts from several layers are summed. With
        `kept`, other inputs are still to get `dx` as it is."""
        if name not in self.slopes:
            self.slopes[name] = dx
            return
        other = self.slopes.pop(name)
        if dx != other and not kept and self._is_free(dx):
            total = dx
        elif dx != other and self._is_free(other):
            total = other
        else:
            total = Buffer(f"gradient {name} with {by.name}", dx.size)
        arguments = ("arena", total, other, dx, str(dx.size // LANES))
        self.calls.append(Call("add_maps", arguments, "block", by.name))
        self.slopes[name] = total


_ARRAYS = ("arena", "weights", "gradient", "factors", "batch", "sums", "images", "blocks", "first")


def schedule_training(graph: Graph, layers: Mapping[str, Layer]) -> tuple[tuple[Phase, ...], int]:
    """Forward, the loss and the way back, in phases; and the floats of the array `batch`."""
    scheduler = _Scheduler(graph, layers, training=True, returns=True)
    scheduler.forward()
    scheduler.backward()
    scheduler._close(None)
    return tuple(scheduler.phases), scheduler.batch


def schedule_prediction(graph: Graph, layers: Mapping[str, Layer]) -> Phase:
    """Forward only."""
    scheduler = _Scheduler(graph, layers, training=False, returns=False)
    scheduler.forward()
    value = scheduler.values[graph.nodes[-1].name]
    output = ("arena", "outputs", _IMAGE, "images", value)
    scheduler.calls.append(Call("unpack", output, "block"))
    scheduler._close(None)
    return scheduler.phases[0]


def schedule_input_gradient(
    graph: Graph, layers: Mapping[str, Layer]
) -> tuple[Phase, tuple[Sync, ...]]:
    """Forward as in prediction, and the way back to the input. The normalizations are to find
    their running statistics in `batch`, where training has those of the batch."""
    scheduler = _Scheduler(graph, layers, training=False, returns=True)
    scheduler.forward()
    scheduler.to_input()
    scheduler._close(None)
    nodes = {node.name: node for node in graph.nodes}
    syncs = tuple(Sync("statistics", nodes[name], at) for name, at in scheduler.syncs.items())
    return scheduler.phases[0], syncs


def _buffer(role: str, node: Node) -> Buffer:
    return Buffer(f"{role} {node.name}", product(node.shape) * LANES)
