"""How much each image counts in the loss: by its class, and by a column of the data."""

from dataclasses import replace

from lenet.dsl.graph import Graph
from lenet.dsl.losses import BALANCED, class_weights
from lenet.dsl.sections.data import Data
from lenet.runtime.data.counts import WEIGHT
from lenet.runtime.data.dataset import DataError
from lenet.runtime.training.batches import Importance
from lenet.runtime.training.source import Source


def weighted(graph: Graph, source: Source) -> Graph:
    """The graph, which says that there are weights where a program has given some."""
    data = graph.data or Data("frame")
    if not source.weighted or data.weight:
        return graph
    return replace(graph, data=replace(data, weight="weight"))


def importance_of(graph: Graph, source: Source) -> Importance | None:
    """None where all images count the same; DataError where none counts."""
    assert graph.train is not None
    said = class_weights(graph.train.loss) if graph.answers == "class" else ()
    if not said and not source.weighted:
        return None
    counts, factor = source.counted[0], 1.0
    if source.weighted:
        if not counts.weight:
            title = f"the weights of {source.name} are all 0"
            raise DataError(title, "So no image counts in the training.", "give larger ones")
        factor = counts.rows / (counts.weight / WEIGHT)
    if isinstance(said, str):
        assert said == BALANCED
        classes, there = graph.output[0], len(counts.labels)
        balanced = [0.0] * classes
        for label, images in counts.labels.items():
            balanced[label] = counts.rows / (there * images)
        said = tuple(balanced)
    return Importance(factor, said)
