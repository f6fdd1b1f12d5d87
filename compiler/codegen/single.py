"""One image at a time: a program of its own, whose lanes are columns or channels.

In the layout for batches a single image would use one lane of sixteen. Here its maps are
[channel][row][column] or [row][column][channel], and its sums have the same order, so that they
are the same bits. Threads may share its work, step by step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from textwrap import indent

from lenet.compiler.codegen.calls import Writer
from lenet.compiler.codegen.steps import Parts, Step, joined
from lenet.compiler.contract import Request, content_of
from lenet.compiler.function import Function, definition
from lenet.compiler.kernels import module_of
from lenet.compiler.kernels.shared.elementwise import activation_of
from lenet.compiler.kernels.shared.joins import ADDEND
from lenet.compiler.kernels.shared.words import INTEGER
from lenet.compiler.memory.layout import Slot, bases_of, offsets_of
from lenet.compiler.memory.phase import Buffer, Call, Phase
from lenet.compiler.memory.plan import Plan, plan_memory
from lenet.compiler.single_contract import Single, Stage, place_floats
from lenet.compiler.target import LANES, Target
from lenet.dsl.graph import Graph, Node
from lenet.dsl.shapes import Shape, product

_PARAMETERS = ("arena", "weights", "pixels", "row", "scale", "shift", "fresh", "turns", "threads",
               "outputs")  # fmt: skip
_HEAD = f"predict_single({', '.join(_PARAMETERS)})"
_DOC = """The net's outputs for the one image pixels[row], into outputs[row].

    False where the image has a value that is not a finite number. `arena` has {floats} floats;
    `fresh` says that the weights have changed since it was last used. `threads` threads call this
    at once and share the work by {turns} numbers `turns`, which are 0 at first.
    """
_TURN = 16  # rows or columns that are turned at a time
_TURNED = 2**14  # floats of a unit
_TAKEN = 2**14  # pixels of a unit


@dataclass(frozen=True)
class Singles:
    """`sources` of functions, the one of predict_single, its memory `plan`, the numbers that
    threads share their work by, the multiply-adds that they can share, and the part of all in
    layers whose output lies by places."""

    sources: list[str]
    entry: str
    plan: Plan
    turns: int
    shared: int
    by_places: float


@dataclass(frozen=True)
class _Value:
    """What a layer has written, of `shape`."""

    buffer: Buffer
    shape: Shape
    by_places: bool = False

    @property
    def matters(self) -> bool:
        """Whether it makes a difference how it lies."""
        return len(self.shape) > 1 and self.shape[0] > 1 and product(self.shape[1:]) > 1


@dataclass
class _Program:
    """Calls in their order, with how many units each has; the values of layers, and those that have
    been turned from one layout to the other. If they are `kept`, it is the turned one that has a
    layer's name."""

    kept: bool = False
    calls: list[tuple[Call, int]] = field(default_factory=list)
    values: dict[str, _Value] = field(default_factory=dict)
    turned: dict[str, _Value] = field(default_factory=dict)
    shared: int = 0

    def add(self, call: Call, units: int = 1) -> None:
        self.calls.append((call, units))

    def lying(self, name: str, by_places: bool) -> _Value:
        """A layer's value as it is wanted."""
        value = self.values[name]
        if not value.matters or value.by_places == by_places:
            return value
        if name not in self.turned:
            own = value_of(name) if self.kept else f"turned {name}"
            buffer = Buffer(own, _floats(value.shape, by_places))
            rows, columns = value.shape[0], product(value.shape[1:])
            apart = columns, place_floats(rows)
            if value.by_places:
                rows, columns, apart = columns, rows, apart[::-1]
            each = max(_TURN, _TURNED // columns // _TURN * _TURN)
            span = f"unit * {each}", f"min(unit * {each} + {each}, {rows})"
            sizes = f"{apart[0]}", f"{apart[1]}", f"{columns}"
            arguments = ("arena", value.buffer, buffer, *sizes, *span)
            self.add(Call("turn_map", arguments, "block"), -(-rows // each))
            self.turned[name] = _Value(buffer, value.shape, by_places)
        return self.turned[name]


def _floats(shape: Shape, by_places: bool) -> int:
    return place_floats(shape[0]) * product(shape[1:]) if by_places else product(shape)


def value_of(node: str) -> str:
    """The name of the buffer that a layer writes. One that does nothing has none."""
    return f"value {node}"


def _takes_places(request: Request) -> bool:
    """Whether a layer's functions can take their input by places."""
    module = module_of(request.node.kind)
    if activation_of(request.node) is not None:
        return True
    asked = getattr(module, "takes_places", None)
    return bool(asked and asked(request))


def emit_single(
    graph: Graph, names: Mapping[str, str], slots: Mapping[str, Slot], target: Target,
    kept: bool = False,
) -> Singles:  # fmt: skip
    """`graph` has nothing fused but activations and sums. With `kept`, what each layer has written
    stays in the arena until the end, to be looked at: [channel][row][column]."""
    prefixes: dict[tuple[Function, ...], str] = {}
    alike: dict[tuple[str, bool], Single] = {}
    program = _Program(kept)
    for node in graph.nodes:
        if node.kind == "input":
            value = Buffer(value_of(node.name), product(node.shape))
            program.values[node.name] = _Value(value, node.shape)
            taken = ("arena", "pixels", "row", "scale", "shift", value, "unit", f"{_TAKEN}")
            units = -(-value.size // _TAKEN)
            program.add(Call("take_image", taken, "block", checks=True), units)
            continue
        request = Request(node, offsets_of(node), target)
        given, adds = [program.values[name] for name in node.inputs], ADDEND in node.arguments
        lie = [x.by_places and x.matters for x in (given[:1] if adds else given)]
        by_places = _takes_places(request) and any(lie)
        content = content_of(node), by_places
        if content not in alike:
            request = Request(node, request.offsets, target, by_places)
            alike[content] = module_of(node.kind).emit_single(request)
        layer = alike[content]
        if layer.function is None and node.shape == given[0].shape:
            program.values[node.name] = given[0]
            continue
        xs = [program.lying(name, by_places or k > 0 and adds)
              for k, name in enumerate(node.inputs)]  # fmt: skip
        if layer.function is None:
            program.values[node.name] = _Value(xs[0].buffer, node.shape)
            continue
        functions = tuple(stage.function for stage in _stages_of(layer))
        prefix = prefixes.setdefault(functions, names[node.name])
        name = value_of(node.name)
        by_places |= layer.by_places
        y = _Value(Buffer(name, _floats(node.shape, by_places)), node.shape, by_places)
        if kept and by_places and y.matters:
            y = replace(y, buffer=Buffer(f"by places {name}", y.buffer.size))
        _call(program, node, layer, prefix, [x.buffer for x in xs], y.buffer, slots)
        program.values[node.name] = y
        program.shared += node.macs if layer.units > 1 else 0
        if kept:
            program.values[node.name] = program.lying(node.name, by_places=False)
    return _written(graph, program, prefixes)


def _stages_of(layer: Single) -> tuple[Stage, ...]:
    """In the order in which they are called, `prepare` first, if there is one."""
    assert layer.function is not None
    own = Stage(layer.function, layer.units)
    return (*((layer.prepare,) if layer.prepare else ()), *layer.before, own)


def _call(
    program: _Program, node: Node, layer: Single, prefix: str, xs: list[Buffer], y: Buffer,
    slots: Mapping[str, Slot],
) -> None:  # fmt: skip
    """Add the calls of a layer's functions."""
    known: dict[str, str | Buffer] = {
        "arena": "arena", "weights": "weights", "w": "0", "s": "0",
        "unit": "unit", "threads": "threads",
        **{base: str(offset) for base, offset in bases_of(node, slots).items()},
        "x": xs[0], **{f"x{k}": x for k, x in enumerate(xs)}, "y": y,
        "scratch": Buffer(f"scratch {node.name}", layer.scratch),
        "prepared": Buffer(f"prepared {node.name}", layer.prepared) if layer.prepared else "0",
    }  # fmt: skip
    for stage in _stages_of(layer):
        scope = "once" if stage == layer.prepare else "block"
        piece = {"piece": "unit", "pieces": f"{stage.units}"}
        arguments = stage.function.arguments({**known, **piece})
        program.add(Call(f"{prefix}_{stage.function.suffix}", arguments, scope), stage.units)


def _written(
    graph: Graph, program: _Program, prefixes: Mapping[tuple[Function, ...], str]
) -> Singles:
    last = program.lying(graph.nodes[-1].name, by_places=False).buffer
    program.add(Call("give_outputs", ("arena", last, "row", "outputs"), "block"))
    calls = sorted(program.calls, key=lambda call: call[0].scope != "once")
    buffers = tuple(value.buffer for value in program.values.values())
    lasting = [Call("look", buffers, "block")] if program.kept else []  # is not written
    plan = plan_memory((Phase((*(call for call, _ in calls), *lasting)),))
    parts = Parts("predict_single")
    writer = Writer(plan.places[0], parts, checks=True)
    once: list[Step] = []
    steps: list[Step] = []
    for number, (call, units) in enumerate(calls):
        step = _shared(writer.one(call), number, units)
        (once if call.scope == "once" else steps).append(step)
    body = [Step("finite = True")]
    if once:
        body.append(joined(parts.shortened(once), "if fresh:"))
    body += [*parts.shortened(steps), Step("return finite")]
    # Vectors at the end of the last buffer may reach beyond it, and words of columns further.
    beyond = 2 * LANES if any(INTEGER in node.arguments for node in graph.nodes) else LANES
    plan = Plan(plan.places, plan.floats + beyond)
    functions = [f.source(name) for every, name in prefixes.items() for f in every]
    functions = list(dict.fromkeys(functions))  # stages may differ in numbers alone
    turns = 2 * len(calls)
    doc = _DOC.format(floats=plan.floats, turns=turns)
    entry = definition(_HEAD, doc, "\n".join(map(str, body)), "bool", "Entry")
    macs = {node.name: node.macs for node in graph.nodes}
    places = sum(macs[name] for name, value in program.values.items() if value.by_places)
    share = places / max(1, sum(macs.values()))
    return Singles([*functions, *parts.sources], entry, plan, turns, program.shared, share)


def _shared(call: Step, number: int, units: int) -> Step:
    """A call for each of its units, by whichever thread takes it."""
    take = "    unit = share(turns, {}, {}, threads)\n    if unit < 0:\n        break"
    text = f"while True:\n{take}\n{indent(call.text, '    ')}"
    return Step(text, (number, units, *call.numbers), checks=call.checks)
