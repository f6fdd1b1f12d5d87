"""The images that a file trains with, for commands that look at them in this process."""

from collections.abc import Callable
from pathlib import Path

from lenet.api import Network
from lenet.dsl.datasets import DATASETS
from lenet.dsl.errors import LenetError
from lenet.dsl.folded import is_folded
from lenet.runtime.data.dataset import Dataset

Progress = Callable[[str, int, int], None]


def training_images(
    network: Network, data: Path | None, progress: Progress | None, instead: str = ""
) -> Dataset:
    """Those that `lenet train` would train and validate with, of folds the first time, read here
    whatever its engine is; `data` is what --data says. LenetError where this process cannot have
    them, with what helps, or what can be said `instead`."""
    from lenet.runtime.cross_validation import fold_graph
    from lenet.runtime.resolve import resolve_data

    section = network.graph.data
    more = f", or {instead}" if instead else ""
    if section is None or DATASETS[section.kind].given:
        asked = "It says `data frame`: a program gives the data." if section else ""
        fix = "add a line such as `data mnist` to the file"
        fix = "write another source, such as `data mnist`" if section else fix
        raise LenetError(f"{network.path} does not say what to train on", asked, fix + more)
    if "://" in (section.path or "") and data is None:
        fix = "copy some of them here, and name the folder with --data DIR"
        title = f"this command reads files of this machine, not {section.path}"
        raise LenetError(title, "", fix + more)
    graph = network.graph
    if is_folded(graph):
        graph = fold_graph(graph, network.path, network.settings, 1)
    dataset = resolve_data(graph, network.path, data, progress)
    assert isinstance(dataset, Dataset)
    return dataset
