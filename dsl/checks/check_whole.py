"""What only the whole file can show: the parameter count, the loss, the data, and advice."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lenet.dsl.answers import Answers
from lenet.dsl.augmentations import AUGMENTATIONS
from lenet.dsl.checks.check_columns import check_columns
from lenet.dsl.checks.check_metrics import check_metrics
from lenet.dsl.checks.check_output import (
    check_answers,
    check_classes,
    check_loss,
    end_is_followed,
)
from lenet.dsl.checks.check_smaller import check_smaller
from lenet.dsl.checks.check_split import check_split
from lenet.dsl.datasets import DATASETS
from lenet.dsl.graph import Node, bare_input
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import closest
from lenet.dsl.registry import layers
from lenet.dsl.sections.augment import Augment
from lenet.dsl.sections.data import Data
from lenet.dsl.sections.search import Search
from lenet.dsl.shapes import product
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.training.answered import answers_places
from lenet.dsl.training.values import Train


@dataclass
class Sections:
    """The sections that stand in the file, and what could be read of them."""

    lines: dict[str, Line] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Data | None:
        """Where the images come from."""
        return self.values.get("data")

    @property
    def augment(self) -> Augment | None:
        """How they are changed."""
        return self.values.get("augment")

    @property
    def train(self) -> Train | None:
        """How the net is trained."""
        return self.values.get("train")

    @property
    def search(self) -> Search | None:
        """Which settings of it are tried."""
        return self.values.get("search")


def check_whole(lowered: Lowering, again: Lowering | None, sections: Sections, text: str) -> None:
    """What only the whole file can show; looked at where the net itself is well.

    Where the input is not the data's, `again` is the net with that of the data.
    """
    report = lowered.report
    if lowered.input_line is None and not lowered.input_missing:
        last = max(1, len(text.rstrip().split("\n")))
        report(messages.empty_net(Span(last, 1, 2)))
    nets = [net for net in (again, lowered) if net is not None and _is_whole(net)]
    if not nets:
        return
    lowered = nets[0]
    totals = [sum(node.parameter_count for node in net.nodes) for net in nets]
    for span, expected in lowered.expects:
        if expected not in totals:
            report(messages.stale_count(span, expected, totals[0]))
    _advise(lowered)
    _look_at_paths(lowered)
    for name in lowered.inputs if lowered.several else ():
        if name not in lowered.read:
            line = next(
                line for n, line in zip(lowered.nodes, lowered.lines, strict=True) if n.name == name
            )
            report(messages.input_unused(line.span, name))
    if sections.train is not None:
        _look_at_batch(lowered, sections.train)
        if sections.augment is not None and sections.train.batch == 1:
            _look_for_partners(lowered, sections.augment)
        if not any(node.parameter_count for node in lowered.nodes):
            _nothing_to_train(lowered, sections.lines["train"].keyword.span)
        else:
            _check_names(lowered, sections.train)
        if sections.train.freeze or any(node.arguments.get("frozen") for node in lowered.nodes):
            _check_frozen(lowered, sections.train)
    if end_is_followed(lowered):
        return
    answers = check_answers(lowered, sections.train, sections.data)
    if sections.train is not None:
        check_loss(lowered, sections.train, answers)
        check_smaller(lowered, sections.train, answers)
        check_metrics(lowered, sections.train, answers)
    if sections.train is not None or sections.data is not None:
        _check_data(lowered, sections, answers)


def _is_whole(lowered: Lowering) -> bool:
    return lowered.shape is not None and bool(lowered.nodes) and not lowered.incomplete


def _check_data(lowered: Lowering, sections: Sections, answers: Answers) -> None:
    report = lowered.report
    known = DATASETS[sections.data.kind] if sections.data is not None else None
    name = sections.data.kind if sections.data is not None else ""
    classes = known.classes if known is not None else None
    if answers == "class" and not check_classes(lowered, classes, name):
        return
    first, augment = lowered.nodes[0], sections.augment
    if sections.data is not None and not _has_mistakes(lowered, sections.lines["data"]):
        check_columns(lowered, sections.data)
        check_split(lowered, sections.data)
    if sections.data is not None and any(sections.data.pad) and len(first.shape) != 3:
        report(messages.pad_needs_map(sections.data.span, lowered.lines[0].span, first.shape))
    data = sections.data
    channels = first.shape[0] if len(first.shape) == 3 else 1
    if data is not None and len(data.mean) not in (0, 1, channels):
        place = lowered.lines[0].span
        report(messages.normalize_differs(data.span, len(data.mean), channels, place))
    if data is not None and data.resize is not None:
        bare = bare_input(first.shape, data)
        if len(bare) != 3 or bare[1:] != data.resize:
            place = lowered.lines[0].span
            report(messages.resize_differs(data.span, data.resize, bare, place))
    if augment is not None and augment.size is not None and augment.size != first.shape[1:]:
        report(messages.crop_differs(augment.size_span, augment.size, first.shape))
    images = first.shape if len(first.shape) == 3 else known.shape if known is not None else None
    by_place = len(lowered.nodes[-1].shape) == 3 or (data is not None and data.itself)
    if augment is not None and answers != "class" and by_place:
        for use, span in zip(augment.uses, augment.spans, strict=True):
            output = lowered.nodes[-1].shape
            follows = augment.size is None and answers_places(first.shape, output, answers)
            if AUGMENTATIONS[use.name].moves and not follows:
                report(messages.answers_stay(span, use.name, lowered.nodes[-1].shape))
            elif answers == "places" and AUGMENTATIONS[use.name].stage == "mix":
                report(messages.places_do_not_mix(span, use.name))
    if data is not None and answers != "class" and (data.first or data.distinct):
        line = "label distinct" if data.distinct else f"label from {data.first}"
        report(messages.only_for_classes(data.span, line, answers))
    if augment is not None and images is not None and images[0] != 3:
        for use, span in zip(augment.uses, augment.spans, strict=True):
            if AUGMENTATIONS[use.name].of_colours:
                report(messages.no_colours(span, use.name, images))


def _has_mistakes(lowered: Lowering, section: Line) -> bool:
    """Whether a line of a section could not be read, so that others may miss what it says."""
    lines = {statement.span.line for statement in section.body}
    return any(
        d.severity == "error" and not d.span.file and d.span.line in lines
        for d in lowered.diagnostics
    )


def _look_at_batch(lowered: Lowering, train: Train) -> None:
    """A warning where a normalization sees a single value of each channel."""
    for node, line in zip(lowered.nodes, lowered.lines, strict=True):
        if layers()[node.kind].normalizes and train.batch * product(node.shape[1:]) == 1:
            lowered.report(messages.nothing_varies(line.keyword.span, node.kind, node.shape))


def _look_for_partners(lowered: Lowering, augment: Augment) -> None:
    """Where a batch has one image, nothing can be mixed."""
    for use, span in zip(augment.uses, augment.spans, strict=True):
        if AUGMENTATIONS[use.name].stage == "mix":
            lowered.report(messages.no_partner(span, use.name))


def _nothing_to_train(lowered: Lowering, section: Span) -> None:
    fixed = next((line for node, line in zip(lowered.nodes, lowered.lines, strict=True)
                  if node.parameters), None)  # fmt: skip
    what = (fixed.keyword.text, fixed.keyword.span) if fixed is not None else None
    lowered.report(messages.nothing_to_train(section, what))


def _check_names(lowered: Lowering, train: Train) -> None:
    """Whether `freeze` and `start` name what is there."""
    known = [node.name for node in lowered.nodes if node.parameters]
    known += [name for group in lowered.groups if (name := group.name)]
    named = list(zip(train.freeze, train.freeze_spans, strict=True))
    if train.start is not None:
        named += zip(train.start.anew, train.start.spans, strict=True)
    for name, span in named:
        if name not in known and not any(other.startswith(f"{name}.") for other in known):
            what = "layer with parameters, block or repeat"
            meant = _meant(lowered, name, known)
            told = meant if len(meant) > 1 else known
            one = meant[0] if len(meant) == 1 else None
            lowered.report(messages.unknown_word(span, what, name, one, told))


def _meant(lowered: Lowering, name: str, known: list[str]) -> list[str]:
    """What a name may stand for: what is called so within a path or a block, the layers that read
    an input of that name and no other, or what is written alike."""
    inside = [other for other in known if other.endswith(f".{name}")]
    if inside or name not in lowered.inputs:
        alike = closest(name, known)
        return inside or ([alike] if alike else [])
    behind = {name}
    for node in lowered.nodes:
        if node.inputs and behind >= {*node.inputs}:
            behind.add(node.name)
    return [other for other in known if other in behind and other != name]


def _check_frozen(lowered: Lowering, train: Train) -> None:
    """Whether `freeze` leaves something to train."""
    pairs = zip(lowered.nodes, lowered.lines, strict=True)
    trained = [(node, line) for node, line in pairs if node.parameter_count]
    if all(train.freezes(node.name, node.arguments) for node, _ in trained):
        span = train.freeze_spans[0] if train.freeze_spans else trained[0][1].span
        lowered.report(messages.all_is_frozen(span, len(trained)))


def _advise(lowered: Lowering) -> None:
    """Warnings about layers next to each other."""
    by_name = {
        node.name: (node, line) for node, line in zip(lowered.nodes, lowered.lines, strict=True)
    }
    readers = Counter(name for node in lowered.nodes for name in node.inputs)
    for node in lowered.nodes:
        line = by_name[node.name][1]
        before, before_line = by_name[node.inputs[0]] if len(node.inputs) == 1 else (None, None)
        twice = _is_dense(node) and before is not None and _is_dense(before)
        if twice and before_line is not None:
            lowered.report(messages.linear_after_linear(line.keyword.span, before_line.span))
        biased = before is not None and before.arguments.get("bias") == "yes"
        alone = before is not None and readers[before.name] == 1
        if (
            layers()[node.kind].normalizes
            and alone
            and biased
            and before is not None
            and before_line is not None
        ):
            end = before_line.items[-1].span if before_line.items else before_line.keyword.span
            lowered.report(
                messages.bias_before_batchnorm(
                    before_line.span, before.kind, line.keyword.span, end
                )
            )
    behind: set[str] = set()  # what comes after a linear layer
    for node in lowered.nodes:
        if any(name in behind or _is_dense(by_name[name][0]) for name in node.inputs):
            behind.add(node.name)
    before_linear: set[str] = set()  # and what comes before one
    for node in reversed(lowered.nodes):
        if _is_dense(node) or node.name in before_linear:
            before_linear.update(node.inputs)
    for node, line in zip(lowered.nodes, lowered.lines, strict=True):
        regularizes = layers()[node.kind].family == "regularization"
        if regularizes and node.name in behind - before_linear:
            lowered.report(messages.dropout_after_last_linear(line.keyword.span, node.kind))


def _look_at_paths(lowered: Lowering) -> None:
    """A warning where what is for a path stands in none."""
    paths = [group for group in lowered.groups if group.kind == "path"]
    for k, (node, line) in enumerate(zip(lowered.nodes, lowered.lines, strict=True)):
        inside = any(group.first <= k < group.behind for group in paths)
        if layers()[node.kind].in_paths and not inside:
            lowered.report(messages.outside_of_paths(line.keyword.span, node.kind))


def _is_dense(node: Node) -> bool:
    layer = layers()[node.kind]
    return layer.family == "dense" and not layer.reads_codes
