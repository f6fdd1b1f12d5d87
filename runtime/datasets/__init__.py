"""Datasets by name: images and labels as uint8 and int32 arrays.

Each is read by the module of this folder that has the name that the language has for it, by its
function `load(wanted)`. What executors can read by themselves has `read(session, wanted, seed)` as
well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lenet.dsl.datasets import DATASETS
from lenet.dsl.inputs import Input
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape
from lenet.dsl.vocabulary import carried_out
from lenet.runtime.data.dataset import DataError, Dataset
from lenet.runtime.data.features import Features
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.target import Target

_CLASS = Target()
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be loaded, and how.

    `argument` is the path of a dataset that needs one. `folder` holds local copies of others;
    without it, they may be downloaded, and `progress(file name, bytes done, bytes total)` tells how
    far that is (the total is 0 where the server does not tell it). `shape` is that of the images,
    which a table does not tell; the data `section` says how to read pictures, tables and labels.
    `classes` are those of a model, where the labels are text; `target` is what a net answers.
    `streaming` says which images may stay encoded; without it, all are decoded. Of a table's
    columns rows are made for the `inputs`, of which some are held out by `seed`; `features` are
    what a model has learnt of them.
    """

    section: Data
    argument: str = ""
    folder: Path | None = None
    progress: Progress | None = None
    shape: Shape | None = None
    classes: tuple[str, ...] | None = None
    target: Target = _CLASS
    streaming: Streaming | None = None
    inputs: tuple[Input, ...] = ()
    seed: int = 0
    features: Features | None = None

    @property
    def path(self) -> Path:
        """The argument."""
        return Path(self.argument)


def load_dataset(
    kind: str,
    argument: str | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    shape: Shape | None = None,
    section: Data | None = None,
    classes: tuple[str, ...] | None = None,
    target: Target = _CLASS,
    streaming: Streaming | None = None,
    **columns: Any,
) -> Dataset:
    """Load a dataset by its name in the language; see Wanted. Raises DataError."""
    if kind not in DATASETS or DATASETS[kind].given:
        known = ", ".join(name for name, entry in DATASETS.items() if not entry.given)
        raise DataError(f'There is no dataset "{kind}".', fix=f"The datasets are {known}.")
    if DATASETS[kind].path and not argument:
        raise DataError(
            f'The dataset "{kind}" needs a path.',
            fix=f'Name it: "{kind}" with an argument such as "data".',
        )
    wanted = Wanted(
        section or Data(kind),
        argument or "",
        folder,
        progress,
        shape,
        classes,
        target,
        streaming,
        **columns,
    )
    dataset = carried_out(__name__, kind).load(wanted)
    assert isinstance(dataset, Dataset)
    return dataset


def reads_on_executors(kind: str) -> bool:
    """Whether executors can read a dataset by themselves."""
    return not DATASETS[kind].given and hasattr(carried_out(__name__, kind), "read")


def read_on_executors(session: Any, wanted: Wanted, seed: int) -> Any:
    """The source of a training whose images executors read; DataError where they cannot be used."""
    return carried_out(__name__, wanted.section.kind).read(session, wanted, seed)
