"""The public Python API."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.dsl.check import check
from lenet.dsl.errors import LenetError
from lenet.dsl.folded import is_folded
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean
from lenet.dsl.messages.diagnostics import Diagnostic, SpecError, decoded, imports_of, read_source
from lenet.dsl.shapes import show
from lenet.parameters import takes_options
from lenet.runtime.extras import need
from lenet.runtime.options import Options
from lenet.shapes import shapes, shapes_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lenet.runtime.data.columns import Columns
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.models.forecast import Forecasts
    from lenet.runtime.models.model import Model
    from lenet.runtime.spark.ahead import Ahead
    from lenet.runtime.spark.session import SparkSession

# Short of exponents that would take for ever as exact fractions.
_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,18})?([eE][+-]?\d{1,2})?|\d{1,18}/\d{1,18})")
Settings = Mapping[str, int | float | str | Fraction]


@dataclass(frozen=True)
class Network:
    """A checked net. `warnings` are the checker's advice."""

    path: Path
    graph: Graph
    settings: Mapping[str, Fraction]
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def input(self) -> tuple[int, ...]:
        """(channels, height, width), or (values,)."""
        return self.graph.input

    @property
    def output(self) -> tuple[int, ...]:
        """As `input`."""
        return self.graph.output

    @property
    def parameter_count(self) -> int:
        """How many values are trained."""
        return self.graph.parameter_count

    def __repr__(self) -> str:
        layers = f"{len(self.graph.nodes) - 1:,} layers"
        shape = f"{show(self.input)} -> {show(self.output)}"
        count = f", {len(self.warnings)} warnings" if self.warnings else ""
        name = clean(self.path.stem[:80])
        return f"<Network {name}: {self.parameter_count:,} parameters, {shape}, {layers}{count}>"

    def _repr_html_(self) -> str:
        from lenet.pages.pages import network_page

        return network_page(self)

    def summary(self) -> str:
        """The table of `lenet shapes`."""
        return shapes_text(shapes(self.graph, str(self.path)))


def load(spec: str | Path, settings: Settings | None = None) -> Network:
    """Read and check a `.lenet` file, or the text of one: a str of several lines.

    `settings` override its constants. A text imports from the working folder, and messages call it
    "spec". Raises SpecError, which carries every diagnostic, where there is a mistake.
    """
    values = read_settings(settings or {})
    if isinstance(spec, str) and ("\n" in spec or "\r" in spec):
        path = Path("spec")
        source = decoded(spec.encode(errors="surrogatepass"), path)
    else:
        path = Path(spec)
        source = read_source(path)
    return network_of(source, path, values)


def network_of(source: str, path: Path, settings: Mapping[str, Fraction]) -> Network:
    """The net of a text, which imports and is called as if it stood in a file at `path`; SpecError
    where it has mistakes."""
    checked = check(source, settings, imports_of(path))
    if checked.graph is None:
        raise SpecError(str(path), source, checked.diagnostics, checked.imports)
    return Network(path, checked.graph, settings, checked.diagnostics)


@dataclass(frozen=True)
class About:
    """What a run was told beside its spec: a folder with its data, and options."""

    data: Path | None
    options: Mapping[str, Any]


def load_again(folder: str | Path, settings: Settings | None = None) -> tuple[Network, About]:
    """The net of the run in a folder, as it was when the run began, but for `settings`; LenetError
    without one."""
    from lenet.dsl.check import check_graph
    from lenet.runtime.records.records import RUN, read_about
    from lenet.runtime.records.run_folder import FOLDS

    name = FOLDS if (Path(folder) / FOLDS).exists() else RUN
    about = read_about(Path(folder), name)
    values, data = {**about["settings"], **read_settings(settings or {})}, about.get("data")
    graph = check_graph(about["source"], about["spec"], values, about["imports"])
    network = Network(Path(about["spec"]), graph, values)
    kept = {name: about.get(name) for name in ("engine", "epochs", "seed")}
    options = {name: value for name, value in kept.items() if value is not None}
    return network, About(Path(data) if data else None, options)


@takes_options()
def train(
    spec: str | Path | Network,
    data: "str | Path | Dataset | DataFrame | Any" = None,
    spark: "SparkSession | None" = None,
    engine: str = Options.engine,
    *,
    settings: Settings | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    columns: "Columns | None" = None,
    progress: bool = True,
    watch: Callable[[dict[str, Any]], None] | None = None,
    report: bool = True,
    **options: Any,
) -> "Model":
    """Train what the file says and return the model; where that says `folds`, the model of all rows
    (see `lenet.cross_validate`).

    spec: a .lenet file, the text of one (a str of several lines), or a Network.
    data: a folder with local copies; or, in place of the file's own, arrays (x, y) or
        (x, y, x_test, y_test), a pandas or Arrow table, a Dataset, or a Spark DataFrame. x is
        uint8 or floats, (count, channels, height, width); y is whole numbers from 0, or text.
    columns: of a table or DataFrame, by default `Columns(image="image", label="label")`; it may
        also have one that is true of rows to validate with, and one that names a row in messages.
    spark: a session to train in; without one, the active session is used, or one for `master`
        is started and stopped.
    engine: "spark", or "local" for the same bits without Spark and Java.
    output: the run's folder, for the model, its history and TensorBoard files; a run that lies
        there already is only replaced with `overwrite`.
    resume: go on with the run in `output`, from its newest checkpoint; `spec` must be the same.
    OPTIONS
    progress: show it, in a notebook or where standard error is a terminal; elsewhere nothing is
        shown in any case.
    report: write a page about the run, report.html, into `output`, beside model-card.md.
    watch: is called with each event while the run goes on; docs/events.md has them all.

    The weights do not depend on the engine, nor on the numbers of workers and threads. Raises
    LenetError.
    """
    from lenet.runtime.spark.ahead import session_ahead
    from lenet.sources import local_folder

    if resume and output is None:
        raise LenetError("there is no run to go on with", "", "name its folder as `output`")
    network = spec if isinstance(spec, Network) else load(spec, settings)
    chosen = Options(
        **options, engine=engine, spark=spark, data=local_folder(data), overwrite=overwrite,
        resume=resume, folder=Path(output) if output is not None else None,
    )  # fmt: skip
    if is_folded(network.graph):
        return _train_folds(network, data, columns, chosen, progress, watch, report)
    with session_ahead(f"lenet train {network.path.name}", chosen) as ahead:
        return _train(network, data, columns, chosen, progress, watch, report, ahead)


def _train_folds(
    network: Network, data: Any, columns: "Columns | None", options: Options, progress: bool,
    watch: Callable[[dict[str, Any]], None] | None, report: bool,
) -> "Model":  # fmt: skip
    """The model of all rows; see `train`."""
    from lenet.folds import model_of_all_rows, run_folds
    from lenet.terminal.watching import both, shown

    with shown(progress, network, options.epochs, options.folder) as display:
        take = both(display, watch)
        found = run_folds(network, data, columns, options, take, display.download, report)
        return model_of_all_rows(found)


def _train(
    network: Network, data: Any, columns: "Columns | None", options: Options, progress: bool,
    watch: Callable[[dict[str, Any]], None] | None, report: bool, ahead: "Ahead | None",
) -> "Model":  # fmt: skip
    """See `train`. To import all this takes as long as Java does."""
    from lenet.followers import followed
    from lenet.reporting import Closing
    from lenet.runtime.events import Event, Warned
    from lenet.runtime.run import train_model
    from lenet.sources import images_for
    from lenet.terminal.watching import both, shown

    given = data is not None and options.data is None
    with shown(progress, network, options.epochs, options.folder) as display:
        source = images_for(network.graph, network.path, data, columns, options, display.download)
        take = both(display, watch)
        wanted = network.graph if report and options.folder is not None else None
        closing = Closing(lambda text: take(Warned(text)), wanted, source)
        with followed(network, options) as follow:

            def each(event: Event) -> None:
                closing.take(event)
                follow.take(event)
                take(event)

            model = train_model(
                network.graph, network.path, source, options, network.settings, each, given,
                ahead=ahead,
            )  # fmt: skip
            closing.write(model, options.folder, source, report)
            follow.model = model
        return model


def udf(model: "Model | str | Path", spark: "SparkSession | None" = None) -> Any:
    """A function of DataFrame columns that predicts their images, also for SQL:

        spark.udf.register("digit", lenet.udf("model.safetensors"))
        spark.sql("select digit(image).prediction from images")

    It gives a struct of prediction (the class, from 0), label (its name), probability and raw
    (log-probabilities), one for each class. Of other answers, prediction is the first one (1 for
    yes), raw are all numbers, or the logarithms of the odds. Without `spark`, it is for the active
    session.
    """
    need("spark", "Spark")
    from lenet.runtime.models.model import Model
    from lenet.runtime.spark.frames import prediction_function
    from lenet.runtime.spark.session import active_session

    session = spark or active_session()
    if session is None:
        raise LenetError(
            "there is no Spark session", "", "start one, or name it: udf(model, spark)"
        )
    return prediction_function(session, model if isinstance(model, Model) else open(model))


def forecast(model: "Model | str | Path", table: Any, ahead: int | None = None) -> "Forecasts":
    """What a model of series expects behind the last rows of a table: a DataFrame, an Arrow table,
    a dict of columns, or a file. See `lenet.runtime.models.forecast.forecasts`."""
    from lenet.runtime.data.raw_rows import table_of
    from lenet.runtime.models.forecast import forecasts
    from lenet.runtime.models.model import Model

    trained = model if isinstance(model, Model) else open(model)
    return forecasts(trained, table_of(table), ahead)


def open(path: str | Path) -> "Model":
    """A trained model from its file. Raises LenetError where it cannot be read."""
    from lenet.runtime.models.model import Model

    return Model.open(path)


def read_settings(settings: Settings) -> dict[str, Fraction]:
    """Values of constants as exact fractions; LenetError where one is not a number."""
    values = {}
    for name, value in settings.items():
        try:
            if not _NUMBER.fullmatch(str(value)):
                raise ValueError
            values[name] = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            raise LenetError(f"{name}={value}: {value} is not a number that I can use") from None
    return values
