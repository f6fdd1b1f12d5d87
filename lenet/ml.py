"""Spark ML: a net as an Estimator, and what it has learned as a Transformer.

from lenet.ml import LenetClassifier

classifier = LenetClassifier(spec="lenet5.lenet", featuresCol="image")
model = classifier.fit(train)
model.transform(test).select("prediction", "probability")
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark import keyword_only
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasLabelCol, HasWeightCol
from pyspark.sql import DataFrame

from lenet.api import train
from lenet.dsl.answers import Answers
from lenet.dsl.graph import Graph
from lenet.ml_base import NetEstimator
from lenet.ml_model import LenetModel
from lenet.ml_recommend import LenetRecommender, LenetRecommenderModel
from lenet.ml_values import LenetClassificationSummary, check_rows, labelled
from lenet.runtime.data.columns import Columns
from lenet.runtime.spark.ml_columns import ImageColumns
from lenet.searching import best_model, search

__all__ = [
    "LenetClassificationSummary", "LenetClassifier", "LenetModel", "LenetRecommender",
    "LenetRecommenderModel", "LenetRegressor",
]  # fmt: skip


class LenetClassifier(NetEstimator, ImageColumns, HasLabelCol, HasWeightCol):
    """Trains a net on a DataFrame; the weights are those of `lenet.train`.

    `spec` is the path of a .lenet file, or its text; it is read and checked at once, and the
    `data` section's `normalize` and `pad` hold. `settings` are other values of its constants. A
    grid's values of both may be the same.

    Where the `data` section names columns, rows are made of these, and `featuresCol` is not looked
    at. The labels are then those of the line `predict`, unless `labelCol` is set.
    """

    search: Param[bool] = Param(Params._dummy(), "search", "whether to try what the section "
                                "`search` says", TypeConverters.toBoolean)  # fmt: skip
    atOnce: Param[int] = Param(Params._dummy(), "atOnce", "trials of the search that run beside "
                               "each other", TypeConverters.toInt)  # fmt: skip
    _answers: Answers = "class"
    _named = "the classifier"

    @keyword_only
    def __init__(
        self, *, spec: str | Path | None = None, settings: Mapping[str, Any] | None = None,
        featuresCol: str = "features", labelCol: str = "label",  # noqa: N803
        predictionCol: str = "prediction", probabilityCol: str = "probability",  # noqa: N803
        rawPredictionCol: str = "rawPrediction", errorCol: str = "", seed: int | None = None,  # noqa: N803
        epochs: int | None = None, numWorkers: int | None = None,  # noqa: N803
        validationIndicatorCol: str | None = None, progress: bool = True,  # noqa: N803
        weightCol: str | None = None, search: bool = False, atOnce: int = 1,  # noqa: N803
        predictedLabelCol: str = "",  # noqa: N803
    ) -> None:  # fmt: skip
        super().__init__()
        self._setDefault(search=False, atOnce=1)
        self._take(dict(vars(self)["_input_kwargs"]))  # of keyword_only

    def setLabelCol(self, value: str) -> Any:  # noqa: N802
        """Whole numbers from 0, of any numeric type, or text, of which each is a class."""
        return self._set(labelCol=value)

    def setWeightCol(self, value: str) -> Any:  # noqa: N802
        """How much each row counts; their mean is brought to 1."""
        return self._set(weightCol=value)

    def setSearch(self, value: bool) -> Any:  # noqa: N802
        """Whether to search for the best settings."""
        return self._set(search=value)

    def setAtOnce(self, value: int) -> Any:  # noqa: N802
        """Trials that run beside each other."""
        return self._set(atOnce=value)

    def _check(self, graph: Graph) -> None:
        check_rows(graph, self._answers)

    def _fit(self, dataset: DataFrame) -> LenetModel:
        network, label = self.network(), self.getLabelCol()
        if (section := network.graph.data) is not None and section.tabular:
            dataset = labelled(dataset, label if self.isSet(self.labelCol) else None, section)
            label = section.label
        columns = Columns(
            self.getFeaturesCol(), label, self._value(self.validationIndicatorCol),
            weight=self._value(self.weightCol),
        )  # fmt: skip
        given = {
            "columns": columns, "epochs": self._value(self.epochs),
            "workers": self._value(self.numWorkers), "seed": self._value(self.seed),
            "progress": self._value(self.progress),
        }  # fmt: skip
        session = dataset.sparkSession
        if self._value(self.search):
            at_once = self._value(self.atOnce)
            found = search(network, dataset, session, at_once=at_once, **given)
            model = LenetModel(best_model(found))
        else:
            model = LenetModel(train(network, dataset, session, **given))
        model._resetUid(self.uid)
        return self._copyValues(model)


class LenetRegressor(LenetClassifier):
    """The same of a net whose answers are numbers, by `loss mse` for example.

    `labelCol` holds a number a row, or an array or a vector of them, unless the data section of
    the file names columns behind `predict`. A model's prediction is the first number, and its raw
    prediction a vector of all; there are no probabilities.
    """

    _answers: Answers = "numbers"
