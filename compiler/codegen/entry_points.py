"""The functions that run the kernels: over groups of blocks, and over the blocks of a group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from textwrap import fill

from lenet.compiler.codegen.calls import Writer
from lenet.compiler.codegen.steps import Parts, Step, joined
from lenet.compiler.function import definition
from lenet.compiler.memory.phase import Phase
from lenet.compiler.memory.plan import Plan
from lenet.compiler.target import LANES

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Clearing:
    """The parts of the gradient that a phase computes: `spans`, of which it only adds to those that
    are `added` to; and `tables`: offset, rows, width and where their marks begin."""

    spans: Spans
    added: Spans
    tables: tuple[tuple[int, ...], ...]

    def steps(self, parts: Parts) -> list[Step]:
        """Sets to 0 what is only added to; and everything, where no image writes it."""
        lines = [Step("clear(gradient, {}, {})", span) for span in self.added]
        lines += [Step("clear_rows(gradient, {}, {}, {}, {})", table) for table in self.tables]
        steps = parts.shortened(lines)
        if self.added != self.spans:
            every = parts.shortened([Step("clear(gradient, {}, {})", span) for span in self.spans])
            steps.append(joined(every, "if rows.size == 0:"))
        return steps


@dataclass(frozen=True)
class _Entry:
    """A function that the runtime calls, but for its body."""

    name: str
    parameters: tuple[str, ...]
    doc: str
    result: str = ""


_ROWS = ("rows", "scale", "shift", "key", "ready", "totals")

_TRAIN = _Entry(
    "train_slice",
    ("arena", "weights", "gradient"),
    """The sum of the loss's gradients over the images `rows`, into `gradient`.

    totals[0] gets the sum of the losses, totals[1] the number of right answers. `key` seeds
    what is random. `arena` has {floats} floats, `ready` those of the weights that are prepared.
    """,
)

_PHASES = _Entry(
    "train_slice",
    ("phase", "arena", "weights", "gradient", "batch", "sums"),
    """One of {count} phases of the same: it completes some parts of `gradient`.

    `arena` is the slice's own from phase to phase: {floats} floats and {kept} for each block.
    `batch` tells of the whole batch, `sums` gets what has to be known of it next.
    """,
)

_PREPARE = _Entry(
    "prepare",
    ("ready", "weights", "unit", "piece", "pieces"),
    """One of so many pieces of one of {count} units of what has to be done for all slices when
    weights have changed. `ready` has {floats} floats.
    """,
)

_PREDICT = _Entry(
    "predict_slice",
    ("arena", "weights", "pixels", "rows", "scale", "shift", "fresh", "outputs"),
    """The net's outputs for the images `rows`, one row of `outputs` each.

    False where an image has a value that is not a finite number. `arena` has {floats} floats;
    `fresh` says that the weights have changed since it was last used.
    """,
    "bool",
)

_INPUT_GRADIENT = _Entry(
    "input_gradient",
    (
        "arena",
        "weights",
        "gradient",
        "batch",
        "pixels",
        "rows",
        "scale",
        "shift",
        "fresh",
        "slopes",
        "outputs",
    ),  # fmt: skip
    """For the images `rows`, one row of `outputs` each: how their outputs, each times its number
    in `slopes`, change together with the values that the net is given, behind `scale` and `shift`.

    The net is as in prediction; `batch` tells of its running statistics. `arena` has {floats}
    floats; `fresh` says that the weights have changed since it was last used. `gradient` is used
    meanwhile.
    """,
)

_BLOCKS = f"""\
all_blocks = (rows.size + {LANES - 1}) // {LANES}
grouped = {{floats}} + {{block}} * all_blocks"""


def train_source(
    phases: Sequence[Phase], plan: Plan, clearings: Sequence[Clearing], probes: bool,
    arrays: tuple[str, ...],
) -> str:  # fmt: skip
    """train_slice, which is given these `arrays` of the rows; the clearings are of the phases."""
    parts = Parts("train_slice")
    if len(phases) == 1:
        writer = Writer(plan.places[0], parts, probes=probes)
        body = [Step("clear(totals, 0, 2)"), *clearings[0].steps(parts)]
        body += [*_once(phases[0], writer), *_looped(phases[0], writer)]
        return _written(_taking(_TRAIN, arrays), {"floats": plan.floats}, body, parts, probes)
    numbers = count()
    steps = []
    for k, phase in enumerate(phases):
        kept = plan.floats, plan.kept
        writer = Writer(plan.places[k], parts, kept, probes=probes, numbers=numbers)
        steps.append(_phase(phase, clearings[k].steps(parts), writer))
    sizes = {"count": len(phases), "floats": plan.floats, "kept": plan.kept + plan.grouped}
    blocks = Step(_BLOCKS.format(floats=plan.floats, block=plan.kept))
    body = [blocks, *parts.chosen(steps, "phase")]
    return _written(_taking(_PHASES, arrays), sizes, body, parts, probes)


def prepare_source(phases: Sequence[Phase], plan: Plan, probes: bool) -> str:
    """prepare, whose calls are measured under the numbers behind those of the phases."""
    before = sum(len(phase.calls) for phase in phases)
    parts = Parts("prepare")
    writer = Writer(plan.prepared, parts, probes=probes, numbers=count(before))
    calls = [call for phase in phases for call in phase.preparations]
    steps = [joined(writer.steps([call])) for call in calls]
    sizes = {"count": len(steps), "floats": plan.ready}
    return _written(_PREPARE, sizes, parts.chosen(steps, "unit"), parts, probes)


def _taking(entry: _Entry, arrays: tuple[str, ...]) -> _Entry:
    """With the parameters that tell of the images."""
    return replace(entry, parameters=(*entry.parameters, *arrays, *_ROWS))


def _phase(phase: Phase, begin: Iterable[Step], writer: Writer) -> Step:
    """One of several phases, as a whole."""
    steps = list(begin)
    if phase.sync is not None and phase.sync.kind == "statistics":
        steps.append(Step("clear(sums, 0, {})", (2 * phase.sync.channels,)))
    if any(call.function == "loss" for call in phase.calls):
        steps.append(Step("clear(totals, 0, 2)"))
    return joined([*steps, *_looped(phase, writer)] or [Step("pass")])


def predict_source(phase: Phase, plan: Plan, probes: bool) -> str:
    """predict_slice, which also tells whether all values of its images are finite."""
    parts = Parts("predict_slice")
    writer = Writer(plan.places[0], parts, checks=True, probes=probes)
    body = [Step("finite = True"), *_once(phase, writer), *_looped(phase, writer)]
    body.append(Step("return finite"))
    return _written(_PREDICT, {"floats": plan.floats}, body, parts, probes)


def input_gradient_source(phase: Phase, plan: Plan) -> str:
    """input_gradient."""
    parts = Parts("input_gradient")
    writer = Writer(plan.places[0], parts)
    body = [*_once(phase, writer), *_looped(phase, writer)]
    return _written(_INPUT_GRADIENT, {"floats": plan.floats}, body, parts, probes=False)


def _once(phase: Phase, writer: Writer) -> list[Step]:
    """Where a single phase begins: what is done anew for new weights."""
    found = [Step("before = clock()")] if writer.probes else []
    if once := [call for call in phase.calls if call.scope == "once"]:
        found.append(joined(writer.steps(once), "if fresh:"))
    return found


def _looped(phase: Phase, writer: Writer) -> list[Step]:
    found = []
    if looped := [call for call in phase.calls if call.scope in ("block", "group")]:
        found.append(writer.loop(looped))
    if last := [call for call in phase.calls if call.scope == "end"]:
        found.append(joined(writer.steps(last), "if rows.size:"))
    return found


def _written(
    entry: _Entry, sizes: Mapping[str, int], body: Iterable[Step], parts: Parts, probes: bool
) -> str:
    """The parts, and the function that calls them; with probes, it takes `times` as well."""
    head = f"{entry.name}({', '.join(entry.parameters)}"
    head = fill(head, 100 - len("def "), subsequent_indent=" " * len(f"def {entry.name}("))
    head += ", times)" if probes else ")"
    lines = "\n".join(map(str, body))
    text = definition(head, entry.doc.format(**sizes), lines, entry.result, "Entry")
    return "".join(f"{part}\n\n" for part in parts.sources) + text
