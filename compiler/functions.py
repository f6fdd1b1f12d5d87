"""The functions that run the kernels: over groups of blocks, and over the blocks of a group."""

from itertools import count

from compiler.phased import IMAGES, LOOP, Spans, arguments, clearing, phased_source, probed
from compiler.plan import Plan
from compiler.schedule import Call, Phase, segments

_LOSS = '''@Kernel
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

_TRAIN = '''@Entry
def train_slice(arena, weights, gradient, pixels, labels, rows, scale, shift, key, fresh, totals):
    """The sum of the loss's gradients over the images `rows`, into `gradient`.

    totals[0] gets the sum of the losses, totals[1] the number of right answers. `key` seeds
    what is random. `arena` has {floats} floats; `fresh` says that the weights have changed since
    it was last used.
    """
    clear(totals, 0, 2)
'''

_PREDICT = '''@Entry
def predict_slice(arena, weights, pixels, rows, scale, shift, fresh, outputs) -> bool:
    """The net's outputs for the images `rows`, one row of `outputs` each.

    False where an image has a value that is not a finite number. `arena` has {floats} floats;
    `fresh` says that the weights have changed since it was last used.
    """
    finite = True
'''


def loss_source(classes: int) -> str:
    return _LOSS.format(classes=classes)


def train_source(
    phases: tuple[Phase, ...], plan: Plan, spans: tuple[Spans, ...], cleared: tuple[Spans, ...],
    probes: bool,
) -> str:  # fmt: skip
    """train_slice; `spans` are the parts of the gradient that each phase computes, `cleared` those
    of them that it only adds to."""
    if len(phases) > 1:
        return probed(phased_source(phases, plan, spans, cleared, probes), probes)
    head = _TRAIN.format(floats=plan.floats)
    head += "".join(f"    {line}\n" for line in clearing(spans[0], cleared[0]))
    return probed(head + _body(phases[0], plan, probes), probes)


def predict_source(phase: Phase, plan: Plan, probes: bool) -> str:
    body = _body(phase, plan, probes, checks=True) + "    return finite\n"
    return probed(_PREDICT.format(floats=plan.floats) + body, probes)


def _body(phase: Phase, plan: Plan, probes: bool, checks: bool = False) -> str:
    lines = ["    before = clock()"] if probes else []
    numbers = count()

    def add(depth: int, call: Call) -> None:
        margin = "    " * depth
        check = "finite &= " if call.checks and checks else ""
        lines.append(f"{margin}{check}{call.function}({arguments(call, plan.places[0])})")
        if probes:
            lines.append(f"{margin}before = probe(times, {next(numbers)}, before)")

    once = [call for call in phase.calls if call.scope == "once"]
    looped = [call for call in phase.calls if call.scope in ("block", "group")]
    if once:
        lines.append("    if fresh:")
    for call in once:
        add(2, call)
    lines += LOOP.splitlines()
    for run in segments(looped):
        depth = 2
        if run[0].scope == "block":
            lines.append(" " * 8 + "for block in range(blocks):")
            depth = 3
            if any("images" in call.arguments for call in run):
                lines.append(" " * 12 + IMAGES)
        for call in run:
            add(depth, call)
    last = [call for call in phase.calls if call.scope == "last"]
    if last:
        lines.append("    if rows.size:")
    for call in last:
        add(2, call)
    return "\n".join(lines) + "\n"
