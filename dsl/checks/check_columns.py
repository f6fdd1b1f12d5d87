"""Whether the data's columns are those that the net's inputs need."""

from lenet.dsl.datasets import DATASETS
from lenet.dsl.inputs import Input
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.messages import wording as messages
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import product
from lenet.dsl.syntax.tree import Span


def check_columns(lowered: Lowering, data: Data) -> None:
    """Each input has the columns that it needs, by the line that its kind has, and as many."""
    inputs = lowered.nodes[0].arguments["inputs"]
    places = {node.name: line.span for node, line in zip(lowered.nodes, lowered.lines, strict=True)}
    own = {given.name: places.get(given.name, lowered.lines[0].span) for given in inputs}
    if not data.tabular:
        needing = [i for i in inputs if i.kind or i.name and len(inputs) > 1]
        if needing or DATASETS[data.kind].tables:
            given = needing[0] if needing else inputs[0]
            lowered.report(messages.no_column_for(data.span, given, own[given.name]))
        return
    if data.series is not None:
        _check_series(lowered, data, inputs, lowered.lines[0].span)
        return
    if data.liked is not None:
        if len(inputs) != 2 or not all(i.is_category for i in inputs):
            lowered.report(messages.liked_needs_two(data.liked.span, len(inputs)))
        elif not data.liked.user:
            lowered.report(messages.half_of_two(data.span, "negatives", "liked"))
        return
    _check_fed(lowered, data, inputs, own)


def _check_fed(
    lowered: Lowering, data: Data, inputs: tuple[Input, ...], own: dict[str, Span]
) -> None:
    alone = len(inputs) == 1
    by_name = {given.name: given for given in inputs}
    seen: dict[str, Span] = {}
    for fed in data.fed:
        name = fed.input
        if alone and name not in by_name and len(data.fed) == 1:
            name = inputs[0].name
        if name not in by_name:
            lowered.report(messages.column_without_input(fed.span, fed, tuple(by_name)))
            continue
        if name in seen:
            lowered.report(messages.input_fed_twice(fed.span, name, seen[name]))
            continue
        seen[name] = fed.span
        given = by_name[name]
        if given.line != fed.word:
            lowered.report(messages.other_line(fed.span, fed.word, given, own[name]))
        elif not given.has_codes and len(fed.columns) != product(given.shape):
            lowered.report(messages.column_count(fed.span, len(fed.columns), given, own[name]))
    for given in inputs:
        if given.name not in seen:
            lowered.report(messages.no_column_for(data.span, given, own[given.name]))


def _check_series(lowered: Lowering, data: Data, inputs: tuple[Input, ...], place: Span) -> None:
    series = data.series
    assert series is not None
    if not series.columns or not series.window:
        lines = ("window", "series") if series.window else ("series", "window")
        lowered.report(messages.half_of_two(data.span, *lines))
        return
    wanted = (len(series.columns), series.window)
    found = inputs[0].shape if len(inputs) == 1 and not inputs[0].kind else ()
    if found != wanted:
        lowered.report(messages.series_differ(series.span, wanted, found, place))
    output = product(lowered.nodes[-1].shape)
    if output != series.ahead:
        span = lowered.lines[-1].span
        lowered.report(messages.other_horizon(span, output, series.ahead, series.span))
