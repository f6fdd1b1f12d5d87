"""What the simplest answers to the rows of a table reach: a net is to beat them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.graph import Graph
from lenet.dsl.metrics import usual_metrics
from lenet.dsl.shapes import product
from lenet.runtime.data.dataset import Images
from lenet.runtime.events import DataCounted
from lenet.runtime.metrics import Tally
from lenet.runtime.metrics.outcomes import outcomes_of
from lenet.runtime.training.source import InMemory, Source
from lenet.runtime.unit import Unit

_MOST = 2**28  # outputs of all rows, beyond which nobody waits for them


def guesses_of(graph: Graph, source: Source) -> dict[str, dict[str, float]]:
    """The metrics of the rows that validate, by what is always answered: the most frequent class,
    the mean, or a series' last steps once more. Nothing of images."""
    if source.features is None or not 0 < source.held_out * product(graph.output) < _MOST:
        return {}
    unit = None
    if graph.answers != "class":
        moments = source.counted[0].of_answers(apart=len(graph.output) == 1)
        unit = Unit.of(graph, *moments)
    found, labels = {}, source.held_out_labels()
    for name, outputs in _answers(graph, source, unit):
        count = outputs.shape[1]
        metrics = graph.train.metrics if graph.train is not None else ()
        tally = Tally.of(metrics, count, unit=unit)
        values = tally.values(tally.count(outcomes_of(outputs, labels, True, unit)))
        found[name] = {
            metric: float(value)
            for metric, value in values.items()
            if isinstance(value, float | int)  # and no table
        }
    return {name: values for name, values in found.items() if values}


def most_frequent_class(counted: DataCounted) -> tuple[str, dict[str, float]]:
    """What the answer that is always the training rows' most frequent class reaches on the held-out
    rows, of images too: its name, and the metric that is measured where no line says which."""
    most = max(counted.classes, key=counted.classes.__getitem__)
    held_out = sum(counted.held_out_classes.values())
    share = counted.held_out_classes.get(most, 0) / held_out if held_out else 0.0
    return f"always {most}", {usual_metrics()[0].name: share}


def _answers(
    graph: Graph, source: Source, unit: Unit | None
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Outputs that a net could give, and what they answer."""
    rows = source.held_out
    if unit is None:
        counts = np.zeros(graph.output[0])
        for label, times in source.counted[0].labels.items():
            counts[label] = times
        with np.errstate(divide="ignore"):
            shares = np.log(counts / counts.sum()).astype(np.float32)
        most = source.classes[int(counts.argmax())] if source.classes else int(counts.argmax())
        yield f"always {most}", np.broadcast_to(shares, (rows, len(shares)))
        return
    seen = source.features.seen if source.features is not None else None
    here = source if isinstance(source, InMemory) else None
    if seen is not None and here is not None:
        popular = np.bincount(seen.items, minlength=seen.count + 1)
        items = here.test.array[:, 0, 0, 1].astype(np.int64)
        yield (
            "the most popular ones",
            popular[np.minimum(items, seen.count)][:, None].astype(np.float32),
        )
    if unit.answers != "numbers" or unit.each != 1 or not unit.standardizes:
        return
    yield "always the mean", np.zeros((rows, len(unit.mean)), np.float32)
    last = _last_steps(graph, here.test, unit, here) if here is not None else None
    if last is not None:
        yield f"the last {unit.steps} steps again", last


def _last_steps(
    graph: Graph, images: Images, unit: Unit, source: InMemory
) -> NDArray[np.float32] | None:
    """The end of each window in place of what comes next, as far as the window reaches."""
    data, features = graph.data, source.features
    series = data.series if data is not None else None
    if data is None or series is None or features is None or series.ahead > series.window:
        return None
    place = features.columns.index(series.columns)
    given, facts = features.inputs[place], features.facts[place]
    rows = images.array.reshape(len(images), -1)[
        :, given.first : given.first + product(given.shape)
    ]
    windows = rows.reshape(len(rows), *given.shape).astype(np.float64)
    found = []
    for name in data.foreseen:
        k = series.columns.index(name)
        values = windows[:, k, -series.ahead :] * facts["deviation"][k] + facts["mean"][k]
        found.append(np.log(values) if unit.log else values)
    return unit.standardized(np.concatenate(found, axis=1)).astype(np.float32)
