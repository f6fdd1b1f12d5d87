"""What only the whole file can show: the parameter count, the loss, the data, and advice."""

from dataclasses import dataclass, field

from dsl import messages
from dsl.datasets import DATASETS
from dsl.diagnostics import Diagnostic
from dsl.graph import Node
from dsl.sections.data import Data
from dsl.sections.train import Train
from dsl.shapes import Shape, product
from dsl.syntax import Line, Span
from dsl.values import Constants


@dataclass
class State:
    """What is known after the lines so far. A shape of None is unknown: nothing cascades."""

    constants: Constants
    diagnostics: list[Diagnostic]
    nodes: list[Node] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    names: dict[str, Span] = field(default_factory=dict)
    unnamed: set[str] = field(default_factory=set)
    blocks: set[str] = field(default_factory=set)
    source: str = "nothing"
    input_line: Line | None = None
    input_missing: bool = False
    data_missing: bool = False
    shape: Shape | None = None
    expects: list[tuple[Span, int]] = field(default_factory=list)
    sections: dict[str, Line] = field(default_factory=dict)
    data: Data | None = None
    train: Train | None = None

    @property
    def failed(self) -> bool:
        return any(d.severity == "error" for d in self.diagnostics)


def check_whole(state: State, text: str) -> None:
    """What only the whole file can show; looked at where the net itself is well."""
    report = state.diagnostics.append
    if state.input_line is None and not state.input_missing:
        last = max(1, len(text.rstrip().split("\n")))
        report(messages.empty_net(Span(last, 1, 2)))
    train = state.train
    if "train" in state.sections and "data" not in state.sections and not state.data_missing:
        report(messages.train_without_data(state.sections["train"].keyword.span))
    if state.shape is None or not state.nodes or len(state.nodes) != len(state.lines):
        return
    net_failed = len(state.nodes) != sum(state.counts.values())
    if net_failed:
        return
    total = sum(node.parameter_count for node in state.nodes)
    for span, expected in state.expects:
        if expected != total:
            report(messages.stale_count(span, expected, total))
    _advise(state)
    last_node, last_line = state.nodes[-1], state.lines[-1]
    loss_span = train.loss_span if train is not None and train.loss_span else last_line.span
    if train is not None and train.loss == "nll" and last_node.kind != "logsoftmax":
        report(messages.nll_needs_logsoftmax(loss_span, last_node.kind, last_line.keyword.span))
    twice = last_node.kind == "softmax" or (
        last_node.kind == "logsoftmax" and train is not None and train.loss == "crossentropy"
    )
    if train is not None and train.loss != "nll" and twice:
        report(messages.crossentropy_after(loss_span, last_node.kind, last_line.keyword.span))
    if train is not None or state.data is not None:
        _check_data(state)


def _check_data(state: State) -> None:
    report = state.diagnostics.append
    last_line, output = state.lines[-1], state.nodes[-1].shape
    scores = [line for line, node in zip(state.lines, state.nodes, strict=True)
              if node.kind not in ("softmax", "logsoftmax")][-1]  # fmt: skip
    if len(output) != 1:
        return report(messages.output_is_map(last_line.span, output))
    if state.data is None:
        return None
    known = DATASETS[state.data.kind]
    first = state.nodes[0]
    if known.shape is not None and known.shape != first.shape:
        flat = len(first.shape) == 1 and first.shape[0] == product(known.shape)
        if not flat:
            line = state.lines[0]
            report(
                messages.input_differs(
                    line.span, first.shape, known.shape, state.data.kind, state.data.span
                )
            )
    if known.classes is not None and output[0] != known.classes:
        report(messages.class_count(scores.span, output, known.classes, state.data.kind))
    return None


def _advise(state: State) -> None:
    pairs = list(zip(state.nodes, state.lines, strict=True))
    weighted = [k for k, (node, _) in enumerate(pairs) if node.kind == "linear"]
    for k in weighted:
        before = pairs[k - 1][0].kind
        if before == "linear":
            state.diagnostics.append(
                messages.linear_after_linear(pairs[k][1].keyword.span, pairs[k - 1][1].span)
            )
    for node, line in pairs[weighted[-1] :] if weighted else []:
        if node.kind == "dropout":
            state.diagnostics.append(messages.dropout_after_last_linear(line.keyword.span))
