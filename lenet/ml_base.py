"""What the Estimators of Spark ML have alike: the net to train, and how."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.ml import Estimator
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasSeed, HasValidationIndicatorCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame

from lenet.api import Network, read_settings
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.ml_values import network_of, settings_value, spec_value


class NetEstimator(
    Estimator,  # type: ignore[misc]
    HasSeed,
    HasValidationIndicatorCol,
    DefaultParamsReadable,  # type: ignore[type-arg]
    DefaultParamsWritable,
):
    """`spec` is the path of a .lenet file, or its text; it is read and checked at once. `settings`
    are other values of its constants. A grid's values of both may be the same. A class says by
    `_check` which nets it trains."""

    spec: Param[dict[str, Any]] = Param(Params._dummy(), "spec", "a .lenet file or its text, with "
                                        "what it imports", spec_value)  # fmt: skip
    settings: Param[dict[str, str]] = Param(Params._dummy(), "settings", "other values of the "
                                            "constants", settings_value)  # fmt: skip
    epochs: Param[int] = Param(Params._dummy(), "epochs", "when to stop, in place of the file's "
                               "`stop`", TypeConverters.toInt)  # fmt: skip
    numWorkers: Param[int] = Param(Params._dummy(), "numWorkers", "tasks that train together, one "
                                   "for each slot by default", TypeConverters.toInt)  # fmt: skip
    progress: Param[bool] = Param(Params._dummy(), "progress", "show it in a notebook or a "
                                  "terminal", TypeConverters.toBoolean)  # fmt: skip
    _named = "the estimator"

    def __init__(self) -> None:
        super().__init__()
        self._defaultParamMap.pop(self.seed, None)  # the file has one
        self._setDefault(settings={}, progress=True)

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

    def setValidationIndicatorCol(self, value: str) -> Any:  # noqa: N802
        """True in the rows to validate with; without it, the file's `validate` holds."""
        return self._set(validationIndicatorCol=value)

    def setSettings(self, value: Mapping[str, Any]) -> Any:  # noqa: N802
        """Other values of the file's constants."""
        return self._set(settings=value)

    def setProgress(self, value: bool) -> Any:  # noqa: N802
        """Whether a notebook or a terminal shows how far `fit` is."""
        return self._set(progress=value)

    def _take(self, given: dict[str, Any]) -> None:
        """The keywords of a constructor."""
        self._set_spec(given.pop("spec", None), given.pop("settings", None))
        self._set(**given)

    def _set_spec(self, spec: str | Path | None, settings: Mapping[str, Any] | None) -> Any:
        if settings is not None:
            self._set(settings=settings)
        if spec is not None:
            self._set(spec=spec_value(spec, self._settings()))
        return self

    def _settings(self) -> dict[str, Any]:
        values: dict[str, str] = self.getOrDefault(self.settings)
        return read_settings(values)

    def _value(self, param: Param[Any]) -> Any:
        """None where it is not given."""
        return self.getOrDefault(param) if self.isDefined(param) else None

    def _check(self, graph: Graph) -> None:
        """LenetError for a net that it does not train."""
        raise NotImplementedError

    def network(self) -> Network:
        """The net that is to be trained, checked."""
        if not self.isSet(self.spec):
            name = type(self).__name__
            fix = f'name a file or give its text: {name}(spec="net.lenet")'
            raise LenetError(f"{self._named} has no spec", "", fix)
        spec: dict[str, Any] = self.getOrDefault(self.spec)
        network = network_of(spec, self._settings())
        self._check(network.graph)
        return network

    def fitMultiple(self, dataset: DataFrame, paramMaps: Sequence[Any]) -> Any:  # noqa: N802, N803
        """All nets are checked before the first one is trained."""
        for values in paramMaps:
            self.copy(values).network()
        return super().fitMultiple(dataset, paramMaps)
