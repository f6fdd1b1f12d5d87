"""The flavour `lenet` of MLflow's models, which pyfunc loads as well."""

import sys
from pathlib import Path
from typing import Any

import yaml
from mlflow import pyfunc
from mlflow.models import Model as Saved
from mlflow.models import ModelSignature
from mlflow.models.model import ModelInfo
from mlflow.models.utils import _save_example
from mlflow.tracking.artifact_utils import _download_artifact_from_uri
from mlflow.utils.environment import (
    _CONDA_ENV_FILE_NAME,
    _PYTHON_ENV_FILE_NAME,
    _REQUIREMENTS_FILE_NAME,
    _mlflow_conda_env,
    _PythonEnv,
)
from mlflow.utils.model_utils import (
    _get_flavor_configuration,
    _validate_and_prepare_target_save_path,
)

import lenet
from lenet.mlflow.answers import Answering, example_of, signature_of
from lenet.runtime.models.model import Model

FLAVOR_NAME = "lenet"
_FILE = "model.safetensors"
_MODULE = "lenet.mlflow"


def get_default_pip_requirements() -> list[str]:
    """What a model needs to be used."""
    return [f"lenet=={lenet.__version__}"]


def save_model(
    model: Model,
    path: str | Path,
    mlflow_model: Saved | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    pip_requirements: list[str] | None = None,
    metadata: dict[str, Any] | None = None,
) -> None:
    """Save a model into a new folder, in MLflow's layout.

    It holds model.safetensors, MLmodel, the requirements, and an example of a row, with a signature
    and an example made from the model where none is given. LenetError for models that do not answer
    rows; MlflowException where the folder is not empty.
    """
    signature = signature or signature_of(model)
    folder = Path(path)
    _validate_and_prepare_target_save_path(str(folder))
    saved = mlflow_model or Saved()
    saved.signature = signature
    if metadata is not None:
        saved.metadata = metadata
    _save_example(saved, example_of(model) if input_example is None else input_example, str(folder))
    model.save(folder / _FILE)
    pyfunc.add_to_model(
        saved, loader_module=_MODULE, data=_FILE, conda_env=_CONDA_ENV_FILE_NAME,
        python_env=_PYTHON_ENV_FILE_NAME,
    )  # fmt: skip
    saved.add_flavor(FLAVOR_NAME, lenet_version=lenet.__version__, data=_FILE, digest=model.digest)
    saved.save(str(folder / "MLmodel"))
    needed = pip_requirements or get_default_pip_requirements()
    environment = _mlflow_conda_env(additional_pip_deps=needed)
    (folder / _CONDA_ENV_FILE_NAME).write_text(yaml.safe_dump(environment))
    (folder / _REQUIREMENTS_FILE_NAME).write_text("\n".join(needed) + "\n")
    _PythonEnv.current().to_yaml(str(folder / _PYTHON_ENV_FILE_NAME))


def log_model(model: Model, name: str = "model", **options: Any) -> ModelInfo:
    """Log a model to the active run, or to a new one. `options` are those of `save_model`, and of
    `mlflow.models.Model.log`, such as registered_model_name."""
    own = sys.modules[__name__]  # which MLflow asks for save_model
    return Saved.log(artifact_path=None, name=name, flavor=own, model=model, **options)


def load_model(model_uri: str, dst_path: str | None = None) -> Model:
    """The lenet.Model at any address of MLflow's: runs:/…, models:/…, or a folder."""
    folder = _download_artifact_from_uri(model_uri, output_path=dst_path)
    found = _get_flavor_configuration(folder, FLAVOR_NAME)
    return Model.open(Path(folder) / found["data"])


def _load_pyfunc(path: str) -> Answering:
    """For mlflow.pyfunc.load_model and spark_udf."""
    return Answering(Model.open(path))
