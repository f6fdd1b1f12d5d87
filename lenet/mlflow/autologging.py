"""Each training as a run of MLflow's, without a line of code in between."""

import time
from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow.entities import Metric, Param, RunTag

import lenet
from lenet.api import Network
from lenet.dsl.errors import LenetError
from lenet.dsl.metrics import metric_called
from lenet.followers import FOLLOWERS, Following
from lenet.mlflow.flavour import log_model
from lenet.pages.report.compared import section_lines
from lenet.runtime.events import EpochDone, Event, Validated
from lenet.runtime.models.model import Model
from lenet.runtime.options import Options
from lenet.runtime.records.run_folder import CARD, REPORT

_FILES = (REPORT, CARD, "history.jsonl", "run.json")
_LONGEST = 500  # characters of a parameter, in all of MLflow's stores


def autolog(log_models: bool = True, disable: bool = False) -> None:
    """Log every `lenet.train`, and every `fit` of `lenet.ml`, from now on, to the active run, or to
    one of its own: the lines of the file as parameters, each epoch's metrics, the run's records
    where it has a folder, tags with the digest, and the model unless not `log_models`. With
    `disable`, log no more."""
    FOLLOWERS[:] = [each for each in FOLLOWERS if not isinstance(each, _Autolog)]
    if not disable:
        FOLLOWERS.append(_Autolog(log_models))


class _Autolog:
    def __init__(self, log_models: bool) -> None:
        self.log_models = log_models

    def begin(self, network: Network, options: Options) -> Following:
        """A run for a training."""
        return _Logging(network, options, self.log_models)


class _Logging:
    """Events come from any thread, and MLflow's active run is that of one: so the run is named."""

    def __init__(self, network: Network, options: Options, log_models: bool) -> None:
        active = mlflow.active_run()
        self.own = active is None
        self.client = mlflow.MlflowClient()
        self.run = active or mlflow.start_run(run_name=network.path.stem)
        self.id = self.run.info.run_id
        self.folder, self.log_models = options.folder, log_models
        params = [Param(name, text[:_LONGEST]) for name, text in _params(network, options).items()]
        self.client.log_batch(self.id, params=params)

    def take(self, event: Event) -> None:
        """The metrics of epochs, and of validations within them."""
        if isinstance(event, EpochDone):
            told = {name: value for name, value in vars(event).items() if name != "iteration"}
            numbers = {k: v for k, v in told.items() if isinstance(v, int | float)}
            self._log(numbers | _validated(event.validation), event.iteration)
        elif isinstance(event, Validated):
            self._log(_validated(event.validation), event.iteration)

    def end(self, model: Model | None, error: BaseException | None) -> None:
        """What the run has come to."""
        if model is not None:
            tags = {"lenet.digest": model.digest, "lenet.version": lenet.__version__}
            self.client.log_batch(self.id, tags=[RunTag(k, v) for k, v in tags.items()])
        for name in _FILES if self.folder is not None and model is not None else ():
            assert self.folder is not None
            if (self.folder / name).exists():
                self.client.log_artifact(self.id, str(self.folder / name))
        try:
            if model is not None and self.log_models:
                self._log_model(model)
        finally:
            if self.own:
                stopped = isinstance(error, KeyboardInterrupt)
                failed = "KILLED" if stopped else "FAILED"
                mlflow.end_run("FINISHED" if error is None else failed)

    def _log_model(self, model: Model) -> None:
        try:
            log_model(model, run_id=self.id)
        except LenetError:  # it does not answer rows: its file is all there is
            self.client.log_text(self.id, model.source, "net.lenet")
            if self.folder is not None:
                self.client.log_artifact(self.id, str(self.folder / "model.safetensors"))

    def _log(self, numbers: Mapping[str, float], step: int) -> None:
        now = int(1000 * time.time())
        metrics = [Metric(name, float(value), now, step) for name, value in numbers.items()]
        self.client.log_batch(self.id, metrics=metrics)


def _validated(found: Mapping[str, Any]) -> dict[str, float]:
    numbers = {name: value for name, value in found.items() if not metric_called(name).table}
    return {f"validation/{_named(name)}": value for name, value in numbers.items()}


def _params(network: Network, options: Options) -> dict[str, str]:
    """The lines of the sections, by their names, and how it was told to train."""
    found = {"net": network.path.stem, "parameters": str(network.parameter_count)}
    found |= {name.replace(": ", "/"): text for name, text in section_lines(network.graph.source)}
    found |= {f"set/{name}": str(value) for name, value in network.settings.items()}
    for name in ("engine", "workers", "epochs", "seed"):
        if getattr(options, name) is not None:
            found[name] = str(getattr(options, name))
    return {_named(name): text for name, text in found.items()}


def _named(name: str) -> str:
    """As MLflow's names may be."""
    return "".join(c if c.isalnum() or c in "_-. /" else "_" for c in name)
