"""Whether the data's columns are those that the net's inputs need."""

from lenet.dsl.columns import KNOWN, Fed, Liked, Series
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
        _check_series(lowered, data, inputs, own)
        return
    if data.liked is not None:
        if len(inputs) != 2 or not all(i.is_category for i in inputs):
            lowered.report(messages.liked_needs_two(data.liked.span, len(inputs)))
        elif not data.liked.user:
            there = "negatives" if data.liked.among == Liked.among else "validate … among"
            lowered.report(messages.half_of_two(data.span, there, "liked"))
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


def _check_series(
    lowered: Lowering, data: Data, inputs: tuple[Input, ...], own: dict[str, Span]
) -> None:
    series = data.series
    assert series is not None
    if not series.columns:
        there = "window" if series.window else KNOWN
        lowered.report(messages.half_of_two(data.span, there, "series"))
        return
    if not series.window:
        lowered.report(messages.half_of_two(data.span, "series", "window"))
        return
    for fed in data.fed:
        if fed.word != KNOWN:
            lowered.report(messages.not_with_series(fed.span, fed.word, series.span))
    _check_ahead(lowered, series, data, inputs, own)
    strange = [name for name in data.predict if name not in series.columns]
    if strange:
        lowered.report(messages.no_such_series(series.span, strange[0]))


def _check_ahead(
    lowered: Lowering, series: Series, data: Data, inputs: tuple[Input, ...], own: dict[str, Span]
) -> None:
    """One input has the window, each other one what is known of the steps ahead."""
    by_name = {given.name: given for given in inputs}
    known = [fed for fed in data.fed if fed.word == KNOWN]
    named = {fed.input for fed in data.fed}  # others than the known ones have been told
    left = [given for given in inputs if given.name not in named]
    if series.input and series.input not in by_name:
        fed = Fed("series", series.columns, series.input, series.span)
        lowered.report(messages.column_without_input(fed.span, fed, tuple(by_name)))
        return
    main = by_name[series.input] if series.input else left[0] if len(left) == 1 else None
    wanted = (len(series.columns), series.window)
    if main is None or main.kind or main.shape != wanted:
        shape = main.shape if main is not None and not main.kind else ()
        place = own[main.name] if main is not None else lowered.lines[0].span
        lowered.report(messages.series_differ(series.span, wanted, shape, place))
    seen: dict[str, Span] = {} if main is None else {main.name: series.span}
    for fed in known:
        if fed.input not in by_name:
            lowered.report(messages.column_without_input(fed.span, fed, tuple(by_name)))
            continue
        if fed.input in seen:
            lowered.report(messages.input_fed_twice(fed.span, fed.input, seen[fed.input]))
            continue
        seen[fed.input] = fed.span
        given, shape = by_name[fed.input], (len(fed.columns), series.ahead)
        if given.kind or given.shape != shape:
            found = () if given.kind else given.shape
            place = own[given.name]
            lowered.report(messages.known_differ(fed.span, given.name, shape, found, place))
    for given in left:
        if given.name not in seen and main is not None:
            lowered.report(messages.nothing_known(data.span, given, own[given.name]))
