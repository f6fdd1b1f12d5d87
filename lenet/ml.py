"""Spark ML: a net as an Estimator, and what it has learned as a Transformer.

from lenet.ml import LenetClassifier

classifier = LenetClassifier(spec="lenet5.lenet", featuresCol="image")
model = classifier.fit(train)
model.transform(test).select("prediction", "probability")
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark import keyword_only
from pyspark.ml import Estimator, Model
from pyspark.ml.functions import array_to_vector
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import (
    HasLabelCol,
    HasSeed,
    HasValidationIndicatorCol,
    HasWeightCol,
)
from pyspark.ml.util import (
    DefaultParamsReadable,
    DefaultParamsReader,
    DefaultParamsWritable,
    DefaultParamsWriter,
    MLReadable,
    MLReader,
    MLWritable,
    MLWriter,
)
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lenet.api import Network, read_settings, train
from lenet.dsl.answers import Answers
from lenet.dsl.errors import LenetError
from lenet.ml_values import (
    LenetClassificationSummary,
    check_answers,
    network_of,
    settings_value,
    spec_value,
)
from lenet.runtime.data.columns import Columns
from lenet.runtime.models.model import Model as Net
from lenet.runtime.spark.frames import prediction_column
from lenet.runtime.spark.hadoop import HadoopFolder
from lenet.runtime.spark.ml_columns import ImageColumns
from lenet.searching import best_model, search

__all__ = ["LenetClassificationSummary", "LenetClassifier", "LenetModel", "LenetRegressor"]
_FILE = "model.safetensors"


class LenetClassifier(
    Estimator,  # type: ignore[misc]
    ImageColumns,
    HasLabelCol,
    HasSeed,
    HasValidationIndicatorCol,
    HasWeightCol,
    DefaultParamsReadable,  # type: ignore[type-arg]
    DefaultParamsWritable,
):
    """Trains a net on a DataFrame; the weights are those of `lenet.train`.

    `spec` is the path of a .lenet file, or its text; it is read and checked at once, and the
    `data` section's `normalize` and `pad` hold. `settings` are other values of its constants. A
    grid's values of both may be the same.
    """

    spec: Param[dict[str, Any]] = Param(Params._dummy(), "spec", "a .lenet file or its text, with "
                                        "what it imports", spec_value)  # fmt: skip
    _answers: Answers = "class"
    settings: Param[dict[str, str]] = Param(Params._dummy(), "settings", "other values of the "
                                            "constants", settings_value)  # fmt: skip
    epochs: Param[int] = Param(Params._dummy(), "epochs", "when to stop, in place of the file's "
                               "`stop`", TypeConverters.toInt)  # fmt: skip
    numWorkers: Param[int] = Param(Params._dummy(), "numWorkers", "tasks that train together, one "
                                   "for each slot by default", TypeConverters.toInt)  # fmt: skip
    search: Param[bool] = Param(Params._dummy(), "search", "whether to try what the section "
                                "`search` says", TypeConverters.toBoolean)  # fmt: skip
    atOnce: Param[int] = Param(Params._dummy(), "atOnce", "trials of the search that run beside "
                               "each other", TypeConverters.toInt)  # fmt: skip
    progress: Param[bool] = Param(Params._dummy(), "progress", "show it in a notebook or a "
                                  "terminal", TypeConverters.toBoolean)  # fmt: skip

    @keyword_only
    def __init__(
        self, *, spec: str | Path | None = None, settings: Mapping[str, Any] | None = None,
        featuresCol: str = "features", labelCol: str = "label",  # noqa: N803
        predictionCol: str = "prediction", probabilityCol: str = "probability",  # noqa: N803
        rawPredictionCol: str = "rawPrediction", errorCol: str = "", seed: int | None = None,  # noqa: N803
        epochs: int | None = None, numWorkers: int | None = None,  # noqa: N803
        validationIndicatorCol: str | None = None, progress: bool = True,  # noqa: N803
        weightCol: str | None = None, search: bool = False, atOnce: int = 1,  # noqa: N803
    ) -> None:  # fmt: skip
        super().__init__()
        self._defaultParamMap.pop(self.seed, None)  # the file has one
        self._setDefault(settings={}, progress=True, search=False, atOnce=1)
        given = dict(vars(self)["_input_kwargs"])  # of keyword_only
        self._set_spec(given.pop("spec", None), given.pop("settings", None))
        self._set(**given)

    def setSpec(self, spec: str | Path, settings: Mapping[str, Any] | None = None) -> Any:  # noqa: N802
        """The path of a .lenet file, or its text; checked at once."""
        return self._set_spec(spec, settings)

    def setEpochs(self, value: int) -> Any:  # noqa: N802
        """When to stop, in place of the file's `stop`."""
        return self._set(epochs=value)

    def setNumWorkers(self, value: int) -> Any:  # noqa: N802
        """Tasks that train together."""
        return self._set(numWorkers=value)

    def setSeed(self, value: int) -> Any:  # noqa: N802
        """In place of the file's."""
        return self._set(seed=value)

    def setLabelCol(self, value: str) -> Any:  # noqa: N802
        """Whole numbers from 0, of any numeric type."""
        return self._set(labelCol=value)

    def setValidationIndicatorCol(self, value: str) -> Any:  # noqa: N802
        """True in the rows to validate with; without it, the file's `validate N` holds."""
        return self._set(validationIndicatorCol=value)

    def setWeightCol(self, value: str) -> Any:  # noqa: N802
        """How much each row counts; their mean is brought to 1."""
        return self._set(weightCol=value)

    def setSettings(self, value: Mapping[str, Any]) -> Any:  # noqa: N802
        """Other values of the file's constants."""
        return self._set(settings=value)

    def setSearch(self, value: bool) -> Any:  # noqa: N802
        """Whether to search for the best settings."""
        return self._set(search=value)

    def setAtOnce(self, value: int) -> Any:  # noqa: N802
        """Trials that run beside each other."""
        return self._set(atOnce=value)

    def setProgress(self, value: bool) -> Any:  # noqa: N802
        """Whether a notebook or a terminal shows how far `fit` is."""
        return self._set(progress=value)

    def _set_spec(self, spec: str | Path | None, settings: Mapping[str, Any] | None) -> Any:
        if settings is not None:
            self._set(settings=settings)
        if spec is not None:
            self._set(spec=spec_value(spec, self._settings()))
        return self

    def _settings(self) -> dict[str, Any]:
        values: dict[str, str] = self.getOrDefault(self.settings)
        return read_settings(values)

    def network(self) -> Network:
        """The net that is to be trained, checked."""
        if not self.isSet(self.spec):
            fix = 'name a file or give its text: LenetClassifier(spec="net.lenet")'
            raise LenetError("the classifier has no spec", "", fix)
        spec: dict[str, Any] = self.getOrDefault(self.spec)
        network = network_of(spec, self._settings())
        check_answers(network.graph.answers, self._answers)
        return network

    def fitMultiple(self, dataset: DataFrame, paramMaps: Sequence[Any]) -> Any:  # noqa: N802, N803
        """All nets are checked before the first one is trained."""
        for values in paramMaps:
            self.copy(values).network()
        return super().fitMultiple(dataset, paramMaps)

    def _fit(self, dataset: DataFrame) -> "LenetModel":
        def value(param: Param[Any]) -> Any:
            return self.getOrDefault(param) if self.isDefined(param) else None

        columns = Columns(
            self.getFeaturesCol(), self.getLabelCol(), value(self.validationIndicatorCol),
            weight=value(self.weightCol),
        )  # fmt: skip
        given = {
            "columns": columns, "epochs": value(self.epochs), "workers": value(self.numWorkers),
            "seed": value(self.seed), "progress": value(self.progress),
        }  # fmt: skip
        session = dataset.sparkSession
        if value(self.search):
            at_once = value(self.atOnce)
            found = search(self.network(), dataset, session, at_once=at_once, **given)
            model = LenetModel(best_model(found))
        else:
            model = LenetModel(train(self.network(), dataset, session, **given))
        model._resetUid(self.uid)
        return self._copyValues(model)


class LenetRegressor(LenetClassifier):
    """The same of a net whose answers are numbers, by `loss mse` for example.

    `labelCol` holds a number a row, or an array or a vector of them, unless the data section of
    the file names columns behind `predict`. A model's prediction is the first number, and its raw
    prediction a vector of all; there are no probabilities.
    """

    _answers: Answers = "numbers"


class LenetModel(Model, ImageColumns, MLReadable, MLWritable):  # type: ignore[misc, type-arg]
    """Predicts; `net` is the trained model as `lenet.open` gives it. An image that is null, or that
    cannot be used, gets nulls; `errorCol` then has the reason. A column whose name is "" is left
    out, as `errorCol` is by default.
    """

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    @property
    def numClasses(self) -> int:  # noqa: N802
        """The values of the net's output."""
        return self.net.graph.output[0]

    @property
    def hasSummary(self) -> bool:  # noqa: N802
        """Whether the model knows how it was trained."""
        return bool(self.net.history)

    @property
    def summary(self) -> LenetClassificationSummary:
        """How the training went."""
        return LenetClassificationSummary(self.net.history)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        found = prediction_column(dataset, self.getFeaturesCol(), self.net)
        whole = dataset.withColumn(_WHOLE, found)
        columns = {
            self.getRawPredictionCol(): _vector(whole[_WHOLE]["raw"]),
            self.getProbabilityCol(): _vector(whole[_WHOLE]["probability"]),
            self.getPredictionCol(): whole[_WHOLE]["prediction"],
            self.getErrorCol(): whole[_WHOLE]["error"],
        }
        if self.net.graph.answers == "numbers":
            del columns[self.getProbabilityCol()]
        return whole.withColumns({k: v for k, v in columns.items() if k}).drop(_WHOLE)

    def write(self) -> MLWriter:
        """Spark's writer of models, to any file system of Spark's."""
        return _Writer(self)

    @classmethod
    def read(cls) -> "MLReader[LenetModel]":
        """Spark's reader of models."""
        return _Reader()


_WHOLE = "__lenet_prediction"


def _vector(values: Column) -> Column:
    return F.when(values.isNotNull(), array_to_vector(values))


class _Writer(MLWriter):
    def __init__(self, instance: LenetModel) -> None:
        super().__init__()
        self.instance = instance

    def saveImpl(self, path: str) -> None:  # noqa: N802
        DefaultParamsWriter.saveMetadata(self.instance, path, self.sparkSession)
        HadoopFolder(self.sparkSession, path).write(_FILE, self.instance.net.to_bytes())


class _Reader(MLReader):  # type: ignore[type-arg]
    def load(self, path: str) -> LenetModel:
        session: SparkSession = self.sparkSession
        metadata = DefaultParamsReader.loadMetadata(path, session)
        model = LenetModel(Net.from_bytes(HadoopFolder(session, path).read(_FILE)))
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model
