"""What the Estimators of Spark ML have learnt, as a Transformer."""

from collections.abc import Callable
from typing import Any

from pyspark.ml import Model
from pyspark.ml.functions import array_to_vector
from pyspark.ml.util import (
    DefaultParamsReader,
    DefaultParamsWriter,
    MLReadable,
    MLReader,
    MLWritable,
    MLWriter,
)
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lenet.ml_values import LenetClassificationSummary
from lenet.runtime.models.model import Model as Net
from lenet.runtime.spark.columns import register_vectors
from lenet.runtime.spark.frames import prediction_column
from lenet.runtime.spark.hadoop import HadoopFolder
from lenet.runtime.spark.ml_columns import ImageColumns

_FILE = "model.safetensors"


class LenetModel(Model, ImageColumns, MLReadable, MLWritable):  # type: ignore[misc, type-arg]
    """Predicts; `net` is the trained model as `lenet.open` gives it. An image that is null, or a
    row that cannot be used, gets nulls; `errorCol` then has the reason. A prediction is the number
    of a class; `predictedLabelCol` has its name, and `labels` all names. A column whose name is ""
    is left out, as `errorCol` and `predictedLabelCol` are by default.
    """

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    @property
    def numClasses(self) -> int:  # noqa: N802
        """The values of the net's output."""
        return self.net.graph.output[0]

    @property
    def labels(self) -> list[str]:
        """The names of the classes, in the order of their numbers, as IndexToString takes them."""
        return list(self.net.classes)

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
        register_vectors(dataset)
        columns = {
            self.getRawPredictionCol(): _vector(whole[_WHOLE]["raw"]),
            self.getProbabilityCol(): _vector(whole[_WHOLE]["probability"]),
            self.getPredictionCol(): whole[_WHOLE]["prediction"],
            self.getErrorCol(): whole[_WHOLE]["error"],
            self.getPredictedLabelCol(): whole[_WHOLE]["label"],
        }
        if self.net.graph.answers == "numbers":
            del columns[self.getProbabilityCol()]
        return whole.withColumns({k: v for k, v in columns.items() if k}).drop(_WHOLE)

    def write(self) -> MLWriter:
        """Spark's writer of models, to any file system of Spark's."""
        return NetWriter(self)

    @classmethod
    def read(cls) -> "MLReader[LenetModel]":
        """Spark's reader of models."""
        return NetReader(cls)


_WHOLE = "__lenet_prediction"


def _vector(values: Column) -> Column:
    return F.when(values.isNotNull(), array_to_vector(values))


class NetWriter(MLWriter):
    """Writes a Transformer with a trained `net`."""

    def __init__(self, instance: Any) -> None:
        super().__init__()
        self.instance = instance

    def saveImpl(self, path: str) -> None:  # noqa: N802
        DefaultParamsWriter.saveMetadata(self.instance, path, self.sparkSession)
        HadoopFolder(self.sparkSession, path).write(_FILE, self.instance.net.to_bytes())


class NetReader(MLReader):  # type: ignore[type-arg]
    """Reads one: `kind` makes it of its net."""

    def __init__(self, kind: Callable[[Net], Any]) -> None:
        super().__init__()
        self.kind = kind

    def load(self, path: str) -> Any:
        session: SparkSession = self.sparkSession
        metadata = DefaultParamsReader.loadMetadata(path, session)
        model = self.kind(Net.from_bytes(HadoopFolder(session, path).read(_FILE)))
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model
