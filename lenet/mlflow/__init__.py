"""Models of lenet in MLflow, without pickles: they are saved as their one file, and opened by it.

import lenet.mlflow

lenet.mlflow.autolog()  # from now on, each training is a run of MLflow's
lenet.mlflow.log_model(model, name="digits")
lenet.mlflow.load_model("models:/digits/1")  # a lenet.Model
mlflow.pyfunc.load_model("models:/digits/1").predict(images)  # a DataFrame
"""

from lenet.runtime.extras import need

need("mlflow", "lenet.mlflow")

from lenet.mlflow.autologging import autolog  # noqa: E402
from lenet.mlflow.flavour import (  # noqa: E402
    FLAVOR_NAME,
    _load_pyfunc,
    get_default_pip_requirements,
    load_model,
    log_model,
    save_model,
)

__all__ = [
    "FLAVOR_NAME",
    "_load_pyfunc",  # MLflow asks this module for it
    "autolog",
    "get_default_pip_requirements",
    "load_model",
    "log_model",
    "save_model",
]
