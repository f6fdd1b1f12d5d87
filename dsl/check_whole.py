"""What only the whole file can show: the parameter count, the loss, the data, and advice."""

from collections import Counter
from dataclasses import dataclass, field

from dsl import messages
from dsl.datasets import DATASETS
from dsl.registry import layers
from dsl.sections.augment import Augment
from dsl.sections.data import Data
from dsl.sections.train import Train
from dsl.shapes import Shape, product
from dsl.syntax import Line, Span
from dsl.walk import Walk


@dataclass
class Sections:
    """The sections that stand in the file, and what could be read of them."""

    lines: dict[str, Line] = field(default_factory=dict)
    data: Data | None = None
    augment: Augment | None = None
    train: Train | None = None


def check_whole(walk: Walk, sections: Sections, text: str) -> None:
    """What only the whole file can show; looked at where the net itself is well."""
    report = walk.report
    if walk.input_line is None and not walk.input_missing:
        last = max(1, len(text.rstrip().split("\n")))
        report(messages.empty_net(Span(last, 1, 2)))
    if walk.shape is None or not walk.nodes or walk.incomplete:
        return
    total = sum(node.parameter_count for node in walk.nodes)
    for span, expected in walk.expects:
        if expected != total:
            report(messages.stale_count(span, expected, total))
    _advise(walk)
    if _check_outputs(walk):
        return
    if sections.train is not None:
        _check_loss(walk, sections.train)
    if sections.train is not None or sections.data is not None:
        _check_data(walk, sections)


def _check_outputs(walk: Walk) -> bool:
    """Whether something follows what gives the net's results."""
    consumed = {name for node in walk.nodes for name in node.inputs}
    for node, line in zip(walk.nodes, walk.lines, strict=True):
        if node.kind not in ("logsoftmax", "rbf") or node.name not in consumed:
            continue
        follower = next(k for k, other in enumerate(walk.nodes) if node.name in other.inputs)
        if node.kind == "logsoftmax" and layers()[walk.nodes[follower].kind].rearranges:
            continue
        after = walk.lines[follower].keyword
        walk.report(messages.layer_after_output(after.span, after.text, node.kind,
                                                line.keyword.span))  # fmt: skip
        return True
    return False


def _check_loss(walk: Walk, train: Train) -> None:
    report = walk.report
    last_node, last_line = walk.nodes[-1], walk.lines[-1]
    last_span = last_line.keyword.span
    loss_span = train.loss_span if train.loss_span else last_line.span
    if last_node.kind == "rbf" or train.loss == "map":
        if last_node.kind != "rbf" or train.loss not in (None, "map"):
            loss = train.loss or "map"
            report(messages.map_needs_rbf(loss_span, loss, last_node.kind, last_span))
        return
    if train.loss == "nll" and last_node.kind != "logsoftmax":
        report(messages.nll_needs_logsoftmax(loss_span, last_node.kind, last_span))
    twice = last_node.kind == "softmax" or (
        last_node.kind == "logsoftmax" and train.loss == "crossentropy"
    )
    if train.loss != "nll" and twice:
        report(messages.crossentropy_after(loss_span, last_node.kind, last_span))


def _check_data(walk: Walk, sections: Sections) -> None:
    report = walk.report
    last_line, output = walk.lines[-1], walk.nodes[-1].shape
    scores = [line for line, node in zip(walk.lines, walk.nodes, strict=True)
              if node.kind not in ("softmax", "logsoftmax")][-1]  # fmt: skip
    if len(output) != 1:
        return report(messages.output_is_map(last_line.span, output))
    first, augment = walk.nodes[0], sections.augment
    if sections.data is not None and any(sections.data.pad) and len(first.shape) != 3:
        report(messages.pad_needs_map(sections.data.span, walk.lines[0].span, first.shape))
    if augment is not None and augment.crop is not None and augment.crop != first.shape[1:]:
        report(messages.crop_differs(augment.crop_span, augment.crop, first.shape))
    if sections.data is None:
        return None
    known = DATASETS[sections.data.kind]
    if known.shape is not None:
        _check_input(walk, sections.data, known.shape)
    if known.classes is not None and output[0] != known.classes:
        keyword = scores.keyword.text
        kind = sections.data.kind
        report(messages.class_count(scores.span, output, known.classes, kind, keyword))
    return None


def _check_input(walk: Walk, data: Data, known: Shape) -> None:
    """Whether the input has the shape of the data's padded images, or of all their values."""
    first = walk.nodes[0].shape
    images = (known[0], known[1] + 2 * data.pad[0], known[2] + 2 * data.pad[1])
    if first not in (images, (product(images),)):
        line = walk.lines[0]
        report = messages.input_differs(line.span, first, images, data.kind, data.span)
        walk.report(report)


def _advise(walk: Walk) -> None:
    """Warnings about layers next to each other."""
    by_name = {node.name: (node, line) for node, line in zip(walk.nodes, walk.lines, strict=True)}
    readers = Counter(name for node in walk.nodes for name in node.inputs)
    for node in walk.nodes:
        line = by_name[node.name][1]
        before, before_line = by_name[node.inputs[0]] if len(node.inputs) == 1 else (None, None)
        twice = node.kind == "linear" and before is not None and before.kind == "linear"
        if twice and before_line is not None:
            walk.report(messages.linear_after_linear(line.keyword.span, before_line.span))
        biased = before is not None and before.arguments.get("bias") == "yes"
        alone = before is not None and readers[before.name] == 1
        if (
            node.kind == "batchnorm"
            and alone
            and biased
            and before is not None
            and before_line is not None
        ):
            end = before_line.items[-1].span if before_line.items else before_line.keyword.span
            walk.report(
                messages.bias_before_batchnorm(
                    before_line.span, before.kind, line.keyword.span, end
                )
            )
    behind: set[str] = set()  # what comes after a linear layer
    for node in walk.nodes:
        if any(name in behind or by_name[name][0].kind == "linear" for name in node.inputs):
            behind.add(node.name)
    before_linear: set[str] = set()  # and what comes before one
    for node in reversed(walk.nodes):
        if node.kind == "linear" or node.name in before_linear:
            before_linear.update(node.inputs)
    for node, line in zip(walk.nodes, walk.lines, strict=True):
        if node.kind == "dropout" and node.name in behind - before_linear:
            walk.report(messages.dropout_after_last_linear(line.keyword.span))
