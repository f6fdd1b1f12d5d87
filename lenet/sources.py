"""Whatever a program gives to train with, as the runtime takes it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.runtime.data.columns import Columns
from lenet.runtime.options import Options

if TYPE_CHECKING:
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.datasets import Progress
    from lenet.runtime.resolve import Deferred


def local_folder(data: Any) -> Path | None:
    """The folder with copies of what the file names, if it is one."""
    return Path(data) if isinstance(data, str | Path) else None


def held_out_of(data: Any, graph: Graph) -> Any:
    """What a program has given; where the file holds rows out, they take the place of those to test
    with."""
    from lenet.dsl.training.values import Train
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.data.splits import with_held_out

    if graph.data is None or not graph.data.holds_out:
        return data
    if isinstance(data, Dataset):
        return with_held_out(data, graph.data, graph.train.seed if graph.train else Train.seed)
    return data[:2] if isinstance(data, tuple | list) else data


def images_for(
    graph: Graph, spec: Path, data: Any, columns: Columns | None, options: Options,
    progress: "Progress | None",
) -> "Dataset | Deferred":  # fmt: skip
    """The images for a net, of the file at `spec`, or of what a program has given in their place:
    see `lenet.train`. LenetError where it is nothing to train on."""
    from lenet.runtime.data.dataset import Dataset
    from lenet.runtime.data.given import is_given
    from lenet.runtime.resolve import Deferred, given_data, resolve_data

    if isinstance(data, Dataset):
        return data
    if is_given(data):
        return given_data(data, graph, columns, options.memory)
    local = local_folder(data)
    if data is None or local is not None:
        return resolve_data(graph, spec, local, progress, options.engine, options.memory)
    if not hasattr(data, "sparkSession"):
        raise LenetError(
            f"I cannot train on a {type(data).__name__}",
            "Data are arrays (x, y), a pandas or Arrow table, a Dataset or a Spark DataFrame.",
            "give the images and their labels: (x, y)",
        )
    section = graph.data
    on_executors = options.engine != "local" and (section is None or section.row_by_row)
    if section is not None and section.tabular and not on_executors:
        return given_data(data, graph, columns, options.memory)
    return Deferred(graph, "", data, columns, options.memory)
