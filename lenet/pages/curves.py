"""The course of a training as a small plot."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lenet.dsl.metrics import metric_called
from lenet.pages.plot import Curve, counted, linear, plot

History = Sequence[Mapping[str, Any]]
Points = list[tuple[float, float]]  # epoch, value

_MOST_POINTS = 400
_BEYOND = 1e30


def chart(kind: str, history: History, batches: Sequence[tuple[float, float]] = ()) -> str:
    """The `loss` of training and validation, or the shares of the `validation` in
    percent, over epochs; "" where there are none. Beside the losses lie those of `batches`, by
    epochs and parts of them."""
    if kind != "validation":
        series = {
            "training": _points(history, lambda event: event.get("loss")),
            "validation": _points(history, lambda event: _validation(event).get("loss")),
        }
        title = "loss by epoch"
    else:
        names = dict.fromkeys(name for event in history for name in _validation(event))
        series = {
            str(name): [
                (epoch, 100 * value)
                for epoch, value in _points(history, lambda e, name=name: _validation(e).get(name))
            ]
            for name in names
            if _is_share(str(name))
        }
        title = "validation by epoch"
    series = {name: points for name, points in series.items() if points}
    behind = [(x, y) for x, y in batches if _number(y)]
    if not series and not behind:
        return ""
    unit = "%" if kind == "validation" else "loss"
    xs = [x for points in (*series.values(), behind) for x, _ in points]
    ys = [y for points in (*series.values(), behind) for _, y in points]
    curves = [
        Curve(f"{name[:24]} {points[-1][1]:.4g}" + ("%" if unit == "%" else ""), points)
        for name, points in series.items()
    ]
    curves += [Curve("batches", behind, faint=True)] if behind else []
    return plot(title, counted("epoch", xs), linear(unit, ys), curves)


def _is_share(name: str) -> bool:
    """Whether a metric lies between 0 and 1; what other versions may have measured does not."""
    try:
        return metric_called(name).share
    except KeyError:
        return False


def _validation(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = event.get("validation")
    return found if isinstance(found, Mapping) else {}


def _points(history: History, value: Any) -> Points:
    """Those that are numbers, some of them where there are more than can be seen."""
    found: list[tuple[Any, Any]] = [(event.get("epoch"), value(event)) for event in history]
    points = [(float(x), float(y)) for x, y in found if _number(x) and _number(y)]
    every = math.ceil(len(points) / _MOST_POINTS)
    return points[::-1][:: max(1, every)][::-1]  # with the last one


def _number(value: Any) -> bool:
    """Whether it can be drawn; beyond all reason, differences are not finite."""
    return isinstance(value, int | float) and abs(value) < _BEYOND
