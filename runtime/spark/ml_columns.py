"""Columns of Spark ML that an Estimator of ours and its model have alike."""

from typing import Any

from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import (
    HasFeaturesCol,
    HasPredictionCol,
    HasProbabilityCol,
    HasRawPredictionCol,
)


class ImageColumns(HasFeaturesCol, HasPredictionCol, HasProbabilityCol, HasRawPredictionCol):
    """Those of images, and of what is predicted of them."""

    errorCol: Param[str] = Param(Params._dummy(), "errorCol", "why a row cannot be used",
                                 TypeConverters.toString)  # fmt: skip
    predictedLabelCol: Param[str] = Param(Params._dummy(), "predictedLabelCol", "the name of the "
                                          "class", TypeConverters.toString)  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(errorCol="", predictedLabelCol="")

    def setPredictedLabelCol(self, value: str) -> Any:  # noqa: N802
        """Where the name of the class is to be, beside its number."""
        return self._set(predictedLabelCol=value)

    def getPredictedLabelCol(self) -> str:  # noqa: N802
        return str(self.getOrDefault(self.predictedLabelCol))

    def setErrorCol(self, value: str) -> Any:  # noqa: N802
        return self._set(errorCol=value)

    def getErrorCol(self) -> str:  # noqa: N802
        return str(self.getOrDefault(self.errorCol))

    def setFeaturesCol(self, value: str) -> Any:  # noqa: N802 - Spark's own names
        """Images: binary, arrays of numbers, vectors, or Spark's image structs. A spec whose data
        section names columns needs none."""
        return self._set(featuresCol=value)

    def setPredictionCol(self, value: str) -> Any:  # noqa: N802
        return self._set(predictionCol=value)

    def setProbabilityCol(self, value: str) -> Any:  # noqa: N802
        return self._set(probabilityCol=value)

    def setRawPredictionCol(self, value: str) -> Any:  # noqa: N802
        return self._set(rawPredictionCol=value)
