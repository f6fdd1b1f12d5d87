"""`lenet.cross_validate`, and what it has in common with `lenet train` and `lenet.train`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.api import Network, Settings, load
from lenet.dsl.errors import LenetError
from lenet.dsl.folded import is_folded
from lenet.dsl.graph import Graph
from lenet.parameters import takes_options
from lenet.runtime.options import Options
from lenet.sources import held_out_of, images_for, local_folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lenet.runtime.cross_validation import CrossValidation
    from lenet.runtime.data.columns import Columns
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.events import Event
    from lenet.runtime.models.model import Model
    from lenet.runtime.resolve import Deferred
    from lenet.runtime.spark.session import SparkSession

Download = Callable[[str, int, int], None]


@takes_options()
def cross_validate(
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
) -> "CrossValidation":
    """Train once without each of the `folds` that the file names, and once with all rows; return
    the `folds` with their metrics and models, the `mean` and the `deviation` of each metric over
    them, and the `model` of all rows.

    What it takes is what `lenet.train` takes; rows that are given to test with are not looked at by
    the folds.
    OPTIONS

    Raises LenetError.
    """
    from lenet.terminal.watching import both, shown

    if resume and output is None:
        raise LenetError("there is no run to go on with", "", "name its folder as `output`")
    network = spec if isinstance(spec, Network) else load(spec, settings)
    chosen = Options(
        **options, engine=engine, spark=spark, data=local_folder(data), overwrite=overwrite,
        resume=resume, folder=Path(output) if output is not None else None,
    )  # fmt: skip
    with shown(progress, network, chosen.epochs) as display:
        take = both(display, watch)
        return run_folds(network, data, columns, chosen, take, display.download, report)


def run_folds(
    network: Network, data: Any, columns: "Columns | None", options: Options,
    take: "Callable[[Event], None]", download: Download | None, report: bool,
) -> "CrossValidation":  # fmt: skip
    """Train what `folds` says, and write a report of each training."""
    from lenet.reporting import report_at_end, report_of_folds
    from lenet.runtime.cross_validation import cross_validate as validate
    from lenet.runtime.events import Warned

    if not is_folded(network.graph):
        fix = "write `folds 5` in the section `data`, in place of `validate`"
        raise LenetError(f"{network.path} names no folds", "", fix)
    if columns is not None and columns.validation is not None:
        raise LenetError(
            "rows to validate with are named twice",
            f"The file says `folds`, and the column {columns.validation} tells it as well.",
            "leave one of them out",
        )

    def warn(text: str) -> None:
        take(Warned(text))

    def images(graph: Graph) -> "Dataset | Deferred":
        given = held_out_of(data, graph)
        return images_for(graph, network.path, given, columns, options, download)

    def done(model: "Model", folder: Path | None, source: object) -> None:
        if report:
            report_at_end(model, folder, source, warn)

    given = data is not None and local_folder(data) is None
    found = validate(
        network.graph, network.path, images, options, network.settings, take, done, given
    )
    if report and options.folder is not None:
        report_of_folds(options.folder, warn)
    return found


def model_of_all_rows(found: "CrossValidation") -> "Model":
    """LenetError where there is none."""
    if found.model is None:
        raise LenetError(
            "there is no model of all rows",
            "The file says `stop when`, and there are no rows to validate with.",
            "write `stop after` as many epochs as the folds had",
            "write `stop after` as many epochs as the folds had; lenet.cross_validate gives the "
            "folds' models",
        )
    return found.model
