"""A cross-validation as `lenet train`, `lenet.train` and `lenet.cross_validate` do it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.dsl.errors import LenetError
from lenet.dsl.folded import is_folded
from lenet.dsl.graph import Graph
from lenet.reporting import report_at_end, report_of_folds
from lenet.runtime.cross_validation import cross_validate
from lenet.runtime.events import Warned
from lenet.runtime.options import Options
from lenet.sources import held_out_of, images_for, local_folder

if TYPE_CHECKING:
    from lenet.api import Network
    from lenet.runtime.cross_validation import CrossValidation
    from lenet.runtime.data.columns import Columns
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.events import Event
    from lenet.runtime.models.model import Model
    from lenet.runtime.resolve import Deferred

Download = Callable[[str, int, int], None]


def run_folds(
    network: "Network", data: Any, columns: "Columns | None", options: Options,
    take: "Callable[[Event], None]", download: Download | None, report: bool,
) -> "CrossValidation":  # fmt: skip
    """Train what `folds` says, and write a report of each training."""
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
    found = cross_validate(
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
