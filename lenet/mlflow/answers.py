"""What a model takes and answers in MLflow: arrays and tables in, a table out."""

from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from lenet.dsl.errors import LenetError
from lenet.runtime.models.model import Model
from lenet.runtime.models.prediction import Prediction
from lenet.serve.columns import columns_of


class Answering:
    """A model as MLflow's pyfunc calls it."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, given: Any, params: Any = None) -> pd.DataFrame:
        """Images as an array, or as the one column of a table; or the rows of a table. A row's
        answer is the class from 0, its name and its probability; or its numbers."""
        return answers_of(self.model, given)

    def get_raw_model(self) -> Model:
        """The lenet.Model."""
        return self.model


def answers_of(model: Model, given: Any) -> pd.DataFrame:
    """See `Answering.predict`."""
    found = model.predict(given if model.features is not None else _images(model, given))
    if isinstance(found, Prediction):
        chosen = np.asarray(found.classes, np.int64)
        return pd.DataFrame(
            {
                "prediction": chosen,
                "label": [found.labels[k] for k in chosen],
                "probability": found.probabilities[np.arange(len(chosen)), chosen].astype(float),
            }
        )
    values = np.asarray(found.values, np.float64).reshape(len(found), -1)
    return pd.DataFrame(values, columns=list(found.names))


def _images(model: Model, given: Any) -> Any:
    """An array of images from one, or from a table with them in its only column, or with a column
    for each of their values. Whole numbers are bytes where those of the training data were."""
    if isinstance(given, pd.DataFrame):
        whole = given.shape[1] == 1
        given = np.array(given.iloc[:, 0].tolist()) if whole else given.to_numpy()
    images = np.asarray(given)
    if model.pixel_scale != 1 and np.issubdtype(images.dtype, np.integer):
        if images.size and (images.min() < 0 or images.max() > 255):
            raise LenetError("whole numbers are bytes, and go from 0 to 255")
        return images.astype(np.uint8)
    return images


def signature_of(model: Model) -> ModelSignature:
    """What it takes and answers; LenetError where it does not answer rows one by one."""
    _check(model)
    if model.features is None:
        dtype = np.dtype(np.uint8 if model.pixel_scale != 1 else np.float32)
        inputs = Schema([TensorSpec(dtype, (-1, *model.image_shape))])
    else:
        inputs = Schema(
            [
                ColSpec(
                    DataType.double if column.kind == "number" else DataType.string, column.name,
                    required=not column.optional,
                )
                for column in columns_of(model.features)
            ]
        )  # fmt: skip
    if model.unit is None:
        kinds = {
            "prediction": DataType.long, "label": DataType.string, "probability": DataType.double,
        }  # fmt: skip
        return ModelSignature(inputs, Schema([ColSpec(kind, name) for name, kind in kinds.items()]))
    names = model.unit.names(model.classes)
    return ModelSignature(inputs, Schema([ColSpec(DataType.double, name) for name in names]))


def example_of(model: Model) -> Any:
    """One row that it takes: an image without anything on it, or what was usual in training."""
    if model.features is None:
        dtype = np.uint8 if model.pixel_scale != 1 else np.float32
        return np.zeros((1, *model.image_shape), dtype)
    return pd.DataFrame(
        {
            column.name: [column.mean if column.kind == "number" else (*column.known, "")[0]]
            for column in columns_of(model.features)
        }
    )


def _check(model: Model) -> None:
    if model.features is not None and model.features.of_windows:
        raise LenetError(
            "the model goes on with series, and does not answer rows one by one", "",
            "log its file as an artifact: mlflow.log_artifact(path)",
        )  # fmt: skip
    if model.unit is not None and model.unit.classes:
        raise LenetError(
            "the model answers each place of an image, which no row of a table holds", "",
            "log its file as an artifact: mlflow.log_artifact(path)",
        )  # fmt: skip
