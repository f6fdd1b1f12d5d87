"""Values of Spark ML: what its parameters `spec` and `settings` hold, which JSON can save, made of
what a person gives, as grids and `fit` do more than once; and how a training went."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from lenet.api import Network, Settings, load, read_settings
from lenet.dsl.answers import WRITTEN, Answers
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.runtime.spark.columns import named

_KEYS = {"name", "text", "imports"}


def spec_value(given: Any, settings: Settings | None = None) -> dict[str, Any]:
    """A spec with all that it imports, checked with other values of its constants: from the path of
    a .lenet file, its text, or what this has given. Raises LenetError."""
    if isinstance(given, Mapping) and set(given) == _KEYS:
        return dict(given)
    if not isinstance(given, str | Path):
        raise LenetError(
            f"a spec cannot be {_named(given)}", "", "give the path of a .lenet file, or its text"
        )
    network = load(given, settings)
    graph = network.graph
    return {"name": network.path.name, "text": graph.source, "imports": dict(graph.imports)}


def settings_value(given: Any) -> dict[str, str]:
    """Values of constants as texts, by their names. Raises LenetError where one is no number."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise LenetError(
            f"settings cannot be {_named(given)}", "", 'give names and numbers: {"width": 16}'
        )
    read_settings(given)
    return {name: str(value) for name, value in given.items()}


def network_of(spec: Mapping[str, Any], settings: Mapping[str, Fraction]) -> Network:
    """The net that both stand for, checked."""
    graph = check_graph(spec["text"], spec["name"], settings, spec["imports"])
    return Network(Path(spec["name"]), graph, settings)


def _named(value: Any) -> str:
    return f"{str(value)[:60]!r}, which is of type {type(value).__name__}"


@dataclass(frozen=True)
class LenetClassificationSummary:
    """How the training went; `history` has an entry for each epoch."""

    history: tuple[dict[str, Any], ...]

    @property
    def totalIterations(self) -> int:  # noqa: N802
        """Of the whole training."""
        return int(self.history[-1]["iteration"]) if self.history else 0

    @property
    def objectiveHistory(self) -> list[float]:  # noqa: N802
        """The mean training loss of each epoch."""
        return [epoch["loss"] for epoch in self.history]

    @property
    def validationHistory(self) -> list[dict[str, float]]:  # noqa: N802
        """The metrics of each epoch, where it was validated."""
        return [epoch["validation"] for epoch in self.history if epoch["validation"]]


def check_rows(graph: Graph, wanted: Answers) -> None:
    """LenetError where a net has other answers than its Estimator, or does not answer rows."""
    found, section = graph.answers, graph.data
    if section is not None and section.series is not None:
        raise LenetError(
            "the net goes on with series, and does not answer rows one by one", "",
            "train it with lenet.train, and ask it with lenet.forecast",
        )  # fmt: skip
    if section is not None and section.liked is not None:
        raise LenetError("the net is of users and items", "", "use LenetRecommender")
    if found == wanted:
        return
    fix = {
        "class": "use LenetClassifier",
        "numbers": "use LenetRegressor",
        "yes or no": "train it with lenet.train, and predict with lenet.udf",
        "places": "train it with lenet.train, and predict with lenet.udf",
    }[found]
    raise LenetError(
        f"the net answers with {WRITTEN[found]}, and not with {WRITTEN[wanted]}",
        "So says its loss, or the line `predict` of its data.",
        fix,
    )


def labelled(frame: DataFrame, label: str | None, section: Data) -> DataFrame:
    """A DataFrame with the column that a section of columns predicts: the one that is named as
    `label`, if any. LenetError where that is not there, or one cannot do for several."""
    if label is None or label == section.label:
        return frame
    if len(section.predict) > 1:
        raise LenetError(
            f"the file predicts {len(section.predict)} columns, and labelCol names one",
            f"It predicts {clean(', '.join(section.predict))}.",
            "leave labelCol out",
        )
    return frame.withColumn(section.label, named(frame, label))
