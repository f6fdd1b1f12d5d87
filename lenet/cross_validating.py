"""`lenet.cross_validate`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.api import Network, Settings, load
from lenet.dsl.errors import LenetError
from lenet.parameters import takes_options
from lenet.runtime.options import Options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lenet.runtime.cross_validation import CrossValidation
    from lenet.runtime.data.columns import Columns
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.spark.session import SparkSession


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
    from lenet.folds import run_folds
    from lenet.sources import local_folder
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
