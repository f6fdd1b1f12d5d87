"""The course of a training as plots: one run's, or several runs' in one picture."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lenet.dsl.messages.clean import clean
from lenet.dsl.metrics import metric_called
from lenet.pages.curves import History, chart
from lenet.pages.plot import Curve, counted, linear, plot

_BEYOND = 1e30
_MOST = 400  # points of a curve
_NAME = 40


def course_section(history: History) -> str:
    """Loss, the metrics that are shares, each other metric, and the rate."""
    plots = [chart("loss", history), chart("validation", history)]
    for name in _metrics([history]):
        beside = any(name in event for event in history)  # it is drawn with the training's
        if not beside and not _metric(name).share:
            plots.append(_plotted(name, [("", history)]))
    plots.append(_plotted(_RATE, [("", history)]))
    return '<div class="row">' + "".join(plots) + "</div>" if any(plots) else ""


def compared_courses(runs: Sequence[tuple[str, History]]) -> str:
    """The loss, each metric and the rate, with a curve for each run, by its name."""
    histories = [history for _, history in runs]
    names = [_LOSS, *_metrics(histories), _RATE]
    return f'<div class="row">{"".join(_plotted(name, runs) for name in names)}</div>'


_LOSS, _RATE = "training loss", "learning rate"


def _plotted(name: str, runs: Sequence[tuple[str, History]]) -> str:
    curves = []
    for label, history in runs:
        points = list(_points(name, history))
        every = math.ceil(len(points) / _MOST) or 1
        if points:
            curves.append(Curve(label, points[::-1][::every][::-1]))
    if not curves:
        return ""
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points]
    share = name not in (_LOSS, _RATE) and _metric(name).share
    unit = "%" if share else clean(name)[:_NAME]
    title = name if name in (_LOSS, _RATE) else f"validation {clean(name)[:_NAME]}"
    return plot(f"{title} by epoch", counted("epoch", xs), linear(unit, ys), curves)


def _points(name: str, history: History) -> Iterator[tuple[float, float]]:
    keys = {_LOSS: "loss", _RATE: "rate"}
    for event in history:
        value = event.get(keys[name]) if name in keys else measured(event).get(name)
        epoch = event.get("epoch")
        if _number(value) and _number(epoch):
            share = name not in keys and _metric(name).share
            yield float(epoch), float(value) * (100 if share else 1)  # type: ignore[arg-type]


def _metrics(histories: Sequence[History]) -> list[str]:
    """The names of all that are numbers and known."""
    names = dict.fromkeys(
        str(name) for history in histories for event in history for name in measured(event)
    )
    return [name for name in names if known(name)]


def measured(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an epoch's event says of the held-out images."""
    found = event.get("validation")
    return found if isinstance(found, Mapping) else {}


def known(name: str) -> bool:
    """Whether it is a metric of this version, and a number."""
    try:
        return not _metric(name).table
    except KeyError:
        return False


def _metric(name: str) -> Any:
    return metric_called(name)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < _BEYOND
