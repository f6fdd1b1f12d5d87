"""Spark ML: a net as an Estimator, and what it has learned as a Transformer.

    from lenet.ml import LenetClassifier

    classifier = LenetClassifier(spec="lenet5.lenet", featuresCol="image")
    model = Pipeline(stages=[classifier]).fit(train)
    model.transform(test).select("prediction", "probability")
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pyspark import keyword_only
from pyspark.ml import Estimator, Model
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.linalg import DenseVector, VectorUDT
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import (
    HasFeaturesCol, HasLabelCol, HasPredictionCol, HasProbabilityCol, HasRawPredictionCol, HasSeed,
    HasValidationIndicatorCol,
)
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLReadable, MLReader, MLWritable, MLWriter
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DoubleType, FloatType, StructType

from dsl.errors import LenetError
from lenet.api import Network, load, train
from runtime.model import Model as Net
from runtime.spark.frames import Columns
from runtime.spark.predict import prediction_column

__all__ = ["LenetClassifier", "LenetModel", "udf"]
