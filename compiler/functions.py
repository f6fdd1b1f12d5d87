"""The functions that run the kernels: over groups of blocks, and over the blocks of a group."""

from collections.abc import Iterator, Mapping

from compiler.plan import Place, Plan
from compiler.schedule import Call, Phase, segments
from compiler.target import BLOCKS, LANES

_LOSS = '''@kernel
def loss(arena, labels, rows, first, count, y, dy, totals):
    """Adds the negative log-likelihood and the hits; dy is its gradient, 0 without an image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32(0)
    for lane in range(count):
        label = labels[rows[first + lane]]
        value = arena[y + label * 16 + lane]
        totals[0] -= value
        arena[dy + label * 16 + lane] = np.float32(-1)
        best = 0
        for place in range(1, {classes}):
            if arena[y + place * 16 + lane] > arena[y + best * 16 + lane]:
                best = place
        if best == label and value == value:
            totals[1] += 1
'''

_TRAIN = '''@njit(nogil=True, cache=True)
def train_slice(arena, weights, gradient, pixels, labels, rows, scale, shift, key, fresh, totals):
    """The sum of the loss's gradients over the images `rows`, into `gradient`.

    totals[0] gets the sum of the losses, totals[1] the number of right answers. `key` seeds
    what is random. `arena` has {floats} floats; `fresh` says that the weights have changed since
    it was last used.
    """
    gradient[:] = np.float32(0)
    totals[:2] = 0.0
'''

_PHASE = '''@njit(nogil=True, cache=True)
def train_slice_{number}(arena, weights, gradient, batch, sums, pixels, labels, rows, scale, shift,
                   key, fresh, totals):
    """{doc}

    `arena` is the slice's own from phase to phase: {floats} floats and {kept} for each block.
    """
    all_blocks = (rows.size + 15) // 16
'''

_PREDICT = '''@njit(nogil=True, cache=True)
def predict_slice(arena, weights, pixels, rows, scale, shift, fresh, outputs):
    """The net's outputs for the images `rows`, one row of `outputs` each.

    `arena` has {floats} floats; `fresh` says that the weights have changed since it was last used.
    """
'''

_LOOP = """\
    for first in range(0, rows.size, {group}):
        blocks = min({blocks}, (rows.size - first + 15) // 16)
"""


def loss_source(classes: int) -> str:
    return _LOSS.format(classes=classes)


def train_source(
    phases: tuple[Phase, ...], plan: Plan, spans: tuple[tuple[tuple[int, int], ...], ...],
    probes: bool,
) -> str:  # fmt: skip
    """train_slice, or train_slice_0, train_slice_1, … where there are several phases.

    `spans` are the parts of the gradient that each phase computes.
    """
    numbers = iter(range(sum(len(phase.calls) for phase in phases)))
    if len(phases) == 1:
        body = _body(phases[0].calls, plan.places[0], plan, numbers, probes)
        return _probed(_TRAIN.format(floats=plan.floats) + body, probes)
    parts = []
    for number, phase in enumerate(phases):
        doc = f"Phase {number + 1} of {len(phases)}"
        if phase.sync is not None:
            doc += f", up to the {phase.sync.kind} of {phase.sync.node.name}"
        source = _PHASE.format(number=number, doc=doc + ".", floats=plan.floats, kept=plan.kept)
        for first, last in spans[number]:
            source += f"    gradient[{first}:{last}] = np.float32(0)\n"
        if phase.sync is not None and phase.sync.kind == "statistics":
            source += f"    sums[:{2 * phase.sync.channels}] = 0.0\n"
        if any(call.function == "loss" for call in phase.calls):
            source += "    totals[:2] = 0.0\n"
        parts.append(source + _body(phase.calls, plan.places[number], plan, numbers, probes))
    return _probed("\n\n".join(parts), probes)


def predict_source(phase: Phase, plan: Plan, probes: bool) -> str:
    numbers = iter(range(len(phase.calls)))
    body = _body(phase.calls, plan.places[0], plan, numbers, probes)
    return _probed(_PREDICT.format(floats=plan.floats) + body, probes)


def _probed(source: str, probes: bool) -> str:
    if not probes:
        return source
    source = source.replace("fresh, totals):", "fresh, totals, times):")
    return source.replace("fresh, outputs):", "fresh, outputs, times):")


def _body(
    calls: tuple[Call, ...], places: Mapping[str, Place], plan: Plan, numbers: Iterator[int],
    probes: bool,
) -> str:  # fmt: skip
    lines = ["    before = clock()"] if probes else []

    def add(depth: int, call: Call) -> None:
        margin = "    " * depth
        lines.append(f"{margin}{call.function}({_arguments(call, places, plan)})")
        if probes:
            lines.append(f"{margin}before = probe(times, {next(numbers)}, before)")

    once = [call for call in calls if call.scope == "once"]
    looped = [call for call in calls if call.scope in ("block", "group")]
    if once:
        lines.append("    if fresh:")
    for call in once:
        add(2, call)
    if looped:
        lines += _LOOP.format(group=BLOCKS * LANES, blocks=BLOCKS).splitlines()
    for run in segments(looped):
        depth = 2
        if run[0].scope == "block":
            lines.append(" " * 8 + "for block in range(blocks):")
            depth = 3
            if any("images" in call.arguments for call in run):
                lines.append(" " * 12 + "images = min(16, rows.size - first - block * 16)")
        for call in run:
            add(depth, call)
    for call in calls:
        if call.scope == "last":
            add(1, call)
    return "\n".join(lines) + "\n"


def _arguments(call: Call, places: Mapping[str, Place], plan: Plan) -> str:
    return ", ".join(
        a if isinstance(a, str) else _offset(places[a.name], call.scope, plan)
        for a in call.arguments
    )


def _offset(place: Place, scope: str, plan: Plan) -> str:
    if place.kept:
        block = "(first // 16 + block)" if scope == "block" else "first // 16"
        start = f"{plan.floats} + {place.offset} * all_blocks" if place.offset else f"{plan.floats}"
        return f"{start} + {block} * {place.step}"
    if scope == "block" and place.step:
        return f"{place.offset} + block * {place.step}"
    return str(place.offset)
