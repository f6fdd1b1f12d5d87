"""Graph to the source of one Python module: the kernels, and the functions that run them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lenet.compiler.codegen.entry_points import (
    Clearing,
    input_gradient_source,
    predict_source,
    prepare_source,
    train_source,
)
from lenet.compiler.codegen.head import head, spec_line
from lenet.compiler.codegen.late import late_functions, late_of, late_source, may_wait
from lenet.compiler.codegen.single import Singles, emit_single, value_of
from lenet.compiler.contract import Kernels, Request, content_of, emit_layer, identifiers
from lenet.compiler.kernels import parts_of
from lenet.compiler.losses.code import given_by, loss_kernel, row_arrays
from lenet.compiler.memory.early import Early, find_early
from lenet.compiler.memory.layout import Late, Slot, bases_of, lay_out, offsets_of
from lenet.compiler.memory.phase import Call, Phase, Sync
from lenet.compiler.memory.plan import Plan, plan_memory
from lenet.compiler.memory.recompute import recomputed
from lenet.compiler.memory.schedule import (
    Layer,
    schedule_input_gradient,
    schedule_prediction,
    schedule_training,
)
from lenet.compiler.memory.spans import merged
from lenet.compiler.target import Target
from lenet.dsl.graph import Graph, Node
from lenet.dsl.shapes import product


@dataclass(frozen=True)
class Back:
    """From gradients of the outputs to that of the input, in one phase, and the `normalizations` on
    the way."""

    phase: Phase
    plan: Plan
    normalizations: tuple[Sync, ...]

    @classmethod
    def of(cls, graph: Graph, layers: Mapping[str, Layer]) -> "Back":
        """Of the net that is trained."""
        phase, normalizations = schedule_input_gradient(graph, layers)
        return cls(phase, plan_memory((phase,)), normalizations)


@dataclass(frozen=True)
class Emitted:
    """The module's source and what its callers must know.

    Prediction takes the tensors of `predict_slots`. `batch_floats` is the size of the array in
    which the phases of training are told about the batch. `back` is the way from the outputs to the
    input, if that is wanted. The gradients of weights that are `late` are made of so many `factors`
    a block. The values of the layers `again` are computed again on the way back. Some gradients are
    complete `early`.
    """

    source: str
    slots: tuple[Slot, ...]
    predict_slots: tuple[Slot, ...]
    phases: tuple[Phase, ...]
    batch_floats: int
    train_plan: Plan | None
    predict_plan: Plan
    singles: Singles
    predict_calls: tuple[Call, ...]
    back: Back | None
    late: tuple[Late, ...]
    factors: int
    again: tuple[str, ...]
    early: tuple[Early, ...]


def emit(
    graph: Graph, predicted: Graph, plain: Graph, target: Target, probes: bool = False,
    input_gradient: bool = False, recompute: bool = False,
) -> Emitted:  # fmt: skip
    """`graph` is the net to train, `predicted` to predict, `plain` with nothing but activations and
    sums fused, for single images.

    With `probes` train_slice and predict_slice take `times` as well, and add each call's
    nanoseconds to it. With `input_gradient` there is a function of that name. Training may
    `recompute` what is cheap.
    """
    slots, predict_slots = lay_out(graph), lay_out(predicted)
    by_name = {slot.name: slot for slot in slots}
    predict_by_name = {slot.name: slot for slot in predict_slots}
    own = dict.fromkeys(node.name for node in (*plain.nodes, *graph.nodes))
    others = {node.name: f"{node.name} predicted" for node in predicted.nodes}
    names = identifiers((*own, *others.values()))
    layers, known, late = _trained_layers(graph, names, by_name, target, probes)
    predict_names = {name: names[other] for name, other in others.items()}
    predict_layers = _emit_layers(predicted, predict_names, predict_by_name, target, known, late)
    has_loss = graph.answers != "class" or given_by(graph) == "log-probabilities"
    trainable = has_loss and any(slot.parameter.trained for slot in slots)
    phases, batch = schedule_training(graph, layers) if trainable else ((), 0)
    phases, again = recomputed(graph, layers, phases) if recompute else (phases, ())
    waiting = late_of(graph, layers) if trainable else ()
    phases, early = (phases, ()) if probes else find_early(phases, by_name, waiting)
    predict = schedule_prediction(predicted, predict_layers)
    train_plan = plan_memory(phases) if trainable else None
    predict_plan = plan_memory((predict,))
    back = Back.of(graph, layers) if input_gradient else None
    every = [*phases, predict, *([back.phase] if back else [])]
    called = {c.function for phase in every for c in (*phase.calls, *phase.preparations)}
    called |= late_functions(layers) if trainable else set()
    parts = [*head(graph, predicted, target, slots, called), *_kernels(graph, known, called)]
    if train_plan is not None:
        clearings = [_clearing_of(phase, layers, by_name) for phase in phases]
        parts.append(f"\n{loss_kernel(graph)}\n\n")
        given = ("factors", *row_arrays(graph)) if waiting else row_arrays(graph)
        parts.append(train_source(phases, train_plan, clearings, probes, given))
        parts.append(late_source(graph, layers))
        if any(phase.preparations for phase in phases):
            parts.append("\n\n" + prepare_source(phases, train_plan, probes))
    parts.append("\n\n" + predict_source(predict, predict_plan, probes))
    if back is not None:
        parts.append("\n\n" + input_gradient_source(back.phase, back.plan))
    singles = emit_single(plain, names, predict_by_name, target)
    parts.append("\n\n# One image, whose lanes are columns or channels.\n\n")
    parts += [source + "\n\n" for source in singles.sources]
    parts.append(singles.entry)
    return Emitted(
        "".join(parts), slots, predict_slots, phases, batch, train_plan, predict_plan, singles,
        predict.calls, back, waiting, sum(layer.kernels.factors for layer in layers.values()),
        again, early,
    )  # fmt: skip


def emit_kept(
    graph: Graph, slots: Sequence[Slot], target: Target
) -> tuple[str, Singles, dict[str, int]]:
    """The source of a module that has predict_single only, what is known of that, and where in its
    arena the values of each layer lie at the end, but for those that do nothing."""
    names = identifiers(tuple(node.name for node in graph.nodes))
    by_name = {slot.name: slot for slot in slots}
    singles = emit_single(graph, names, by_name, target, kept=True)
    plan = singles.plan
    places = {node.name: plan.places[0].get(value_of(node.name)) for node in graph.nodes}
    at = {name: place.offset for name, place in places.items() if place is not None}
    text = [*head(graph, graph, target), *singles.sources, singles.entry]
    return "\n\n".join(text), singles, at


_Written = dict[tuple[object, ...], tuple[list[Node], str, Kernels]]


def _kernels(graph: Graph, known: _Written, called: set[str]) -> Iterator[str]:
    """The functions that are called, below the lines of the layers that share them."""
    for sharing, prefix, code in known.values():
        wanted = [f.source(prefix) for f in code.functions if f"{prefix}_{f.suffix}" in called]
        if wanted:
            lines = (f"\n# {spec_line(graph, part)}" for node in sharing for part in parts_of(node))
            yield "".join(dict.fromkeys(lines)) + "\n\n" + "\n\n".join(wanted) + "\n"


def _trained_layers(
    graph: Graph, names: Mapping[str, str], slots: Mapping[str, Slot], target: Target, probes: bool
) -> tuple[dict[str, Layer], _Written, bool]:
    """Each node's kernels, by their functions, and whether gradients may be late."""
    known: _Written = {}
    layers = _emit_layers(graph, names, slots, target, known)
    if probes or not may_wait(graph, layers):
        return layers, known, False
    known = {}
    return _emit_layers(graph, names, slots, target, known, late=True), known, True


def _emit_layers(
    graph: Graph, names: Mapping[str, str], slots: Mapping[str, Slot], target: Target,
    known: _Written, late: bool = False,
) -> dict[str, Layer]:  # fmt: skip
    """Each node's kernels. Layers that are alike share functions; those go into `known`, where
    another graph's may be already."""
    layers: dict[str, Layer] = {}
    alike: dict[str, tuple[list[Node], str, Kernels]] = {}
    counter = factors = 0
    for node in graph.nodes:
        content = content_of(node)
        if content not in alike:
            code = emit_layer(Request(node, offsets_of(node), target, late=late))
            flags = (code.in_place, code.random, code.training_only, code.overwrites)
            key = (*code.functions, *flags)
            alike[content] = known.setdefault(key, ([], names[node.name], code))
        sharing, prefix, code = alike[content]
        sharing.append(node)
        own = {"counter": counter, "factor": factors}
        layers[node.name] = Layer(code, prefix, {**bases_of(node, slots), **own})
        counter += product(node.shape)
        factors += code.factors
    return layers


def _clearing_of(
    phase: Phase, layers: Mapping[str, Layer], slots: Mapping[str, Slot]
) -> Clearing:  # fmt: skip
    every, added, tables = [], [], []
    for node in phase.gradients:
        found = [slots[f"{node.name}.{p.name}"] for p in node.parameters if p.trained]
        own = [(t.offset, *t.shape, t.marks) for t in found if t.marks is not None]
        span = found[0].offset, found[-1].offset + found[-1].size
        if own:  # a layer with a table has nothing else
            tables += own
            continue
        if layers[node.name].kernels.late:  # which is never written here as a whole
            span = found[0].offset + found[0].size, span[1]
        every.append(span)
        if not layers[node.name].kernels.overwrites:
            added.append(span)
    return Clearing(merged(every), merged(added), tuple(tables))
