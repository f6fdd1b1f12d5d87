"""Values that are computed again on the way back, so that nobody has to keep them meanwhile.

What a layer gives that multiplies nothing, such as a normalization's map, costs little beside the
products around it, but the memory that it takes until these read it on the way back is that of any
other map. With memory enough nothing of this is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lenet.compiler.contract import Kernels
from lenet.compiler.memory.phase import Buffer, Call, Phase
from lenet.compiler.memory.schedule import Layer
from lenet.dsl.graph import Graph

_MADE_BY = ("forward", "normalize")


@dataclass(frozen=True)
class _Use:
    """A call, by the number of its phase and its place there."""

    phase: int
    place: int
    call: Call

    def __lt__(self, other: "_Use") -> bool:
        return (self.phase, self.place) < (other.phase, other.place)


def recomputed(
    graph: Graph, layers: Mapping[str, Layer], phases: Sequence[Phase]
) -> tuple[tuple[Phase, ...], tuple[str, ...]]:
    """The phases in which what is cheap is computed again where it is read on the way back; and the
    layers of which that is so."""
    uses = [_Use(p, k, c) for p, phase in enumerate(phases) for k, c in enumerate(phase.calls)]
    turn = next((use for use in uses if use.call.function == "loss"), None)
    if turn is None:
        return tuple(phases), ()
    touched: dict[Buffer, list[_Use]] = {}
    makers: dict[Buffer, list[_Use]] = {}  # several where layers give what lies in the same place
    for use in uses:
        for buffer in dict.fromkeys(use.call.buffers):
            touched.setdefault(buffer, []).append(use)
        value = _value_of(use.call, layers)
        if value is not None and use < turn:
            makers.setdefault(value, []).append(use)
    pure = {n.name for n in graph.nodes if n.macs == 0 and _is_pure(layers[n.name].kernels)}
    again: dict[int, dict[Buffer, list[Call]]] = {}
    dropped: dict[Buffer, list[Call]] = {}
    for value, made in makers.items():
        calls = [use.call for use in made]
        late = [use for use in touched[value] if turn < use]
        given = {b for call in calls for b in call.buffers if b != value and b.size}
        cheap = all(call.node in pure for call in calls) and calls[0].buffers.count(value) == 1
        if not (late and given and cheap):
            continue
        # What it is made of is there, and the same, until it is read for the last time.
        if any(b in dropped or touched[b][-1] < late[-1] for b in given):
            continue
        if any(made[0] < use for b in given for use in makers.get(b, ())):
            continue
        dropped[value] = calls
        for use in late:
            again.setdefault(use.phase, {})[value] = calls
    back = {number: _with(phases[number], own, turn, number) for number, own in again.items()}
    found = tuple(call.node for calls in dropped.values() for call in calls)
    return tuple(back.get(number, phase) for number, phase in enumerate(phases)), found


def _value_of(call: Call, layers: Mapping[str, Layer]) -> Buffer | None:
    """What a call gives, if it is one of the way forward."""
    layer = layers.get(call.node)
    if layer is None:
        return None
    for suffix in _MADE_BY:
        function = getattr(layer.kernels, suffix)
        if function is not None and call.function == f"{layer.prefix}_{suffix}":
            value = call.arguments[function.parameters.index("y")]
            assert isinstance(value, Buffer)
            return value
    return None


def _is_pure(code: Kernels) -> bool:
    """Whether nothing but a value follows from a layer, and that from nothing but others."""
    return not (code.random or code.saved or code.training_only)


def _with(phase: Phase, again: Mapping[Buffer, Sequence[Call]], turn: _Use, number: int) -> Phase:
    """A phase in which calls are made once more before their values are read."""
    calls: list[Call] = []
    names = {value: Buffer(f"{value.name} again in {number}", value.size) for value in again}
    waiting = dict(again)
    for place, call in enumerate(phase.calls):
        if _Use(number, place, call) < turn:
            calls.append(call)
            continue
        for value in [b for b in dict.fromkeys(call.buffers) if b in waiting]:
            calls += [_renamed(made, names) for made in waiting.pop(value)]
        calls.append(_renamed(call, names))
    return replace(phase, calls=tuple(calls))


def _renamed(call: Call, names: Mapping[Buffer, Buffer]) -> Call:
    """With other buffers for some."""
    given = (names.get(a, a) if isinstance(a, Buffer) else a for a in call.arguments)
    return replace(call, arguments=tuple(given))
