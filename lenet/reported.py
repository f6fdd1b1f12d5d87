"""What a report shows of a model: its course, what it says of held-out images, where it errs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.shapes import Shape, product
from lenet.runtime.data.dataset import Dataset, Images
from lenet.runtime.data.features import Features
from lenet.runtime.metrics.outcomes import Numbers, Outcomes, Places, YesOrNo
from lenet.runtime.models.deciding import Decided, decided, windows_of
from lenet.runtime.models.evaluation import Evaluation
from lenet.runtime.models.model import Model

_LEAST = 32  # images that are looked at, where there are as many
_MISTAKES = 24  # that are shown
_LOOKED_INTO = 6  # images of which it is asked which pixels decided


@dataclass(frozen=True)
class Effort:
    """How much a report may cost: multiply-adds to predict held-out images, and to hide parts of
    some of them; and whether kernels may be compiled for it, or nets of many layers looked
    through."""

    measuring: float
    hiding: float
    compiling: bool


BRIEF = Effort(1.5e10, 3e9, False)  # at the end of a run: a fraction of a second
WHOLE = Effort(np.inf, 1e12, True)
_FEW_LAYERS = 100  # of which the compiler writes the kernels in a moment


@dataclass(frozen=True, eq=False)
class Judged:
    """A model's answers to `images`, those at `rows` of the `held_out` ones of the data `name`;
    `classes` are the model's, or the names of its answers, `scale` is what a stored pixel counts.
    Where each place of an image has an answer of its own, `map` is their rows and columns.
    `features` make rows of a table's columns, where the images are such."""

    name: str
    classes: tuple[str, ...]
    images: Images
    rows: NDArray[np.int64]
    held_out: int
    scale: float
    outcomes: Outcomes
    found: Evaluation
    map: Shape = ()
    features: Features | None = None

    @classmethod
    def of(cls, model: Model, dataset: Dataset, effort: Effort) -> "Judged":
        """Of all held-out images, or so many of them, evenly spread, as the effort allows.
        LenetError where there are none, or the model cannot be used with them."""
        images = dataset.test
        if images is None or not len(images):
            raise LenetError(f"{dataset.name} has no images to validate with")
        loaded = model.predictor.loaded
        if not effort.compiling and not loaded.is_kept(
            loaded.program.predicts, images.pixels.dtype
        ):
            raise LenetError("the kernels that predict are still to be compiled")
        most = int(min(len(images), max(_LEAST, effort.measuring / max(1, macs_of(model)))))
        # Rows that are measured together stay together.
        group = model.features.group if model.features is not None else 1
        count = max(1, most // group)
        firsts = np.linspace(0, len(images) // group - 1, count).round().astype(np.int64)
        rows = (np.unique(firsts)[:, None] * group + np.arange(group)).ravel()
        chosen = images if len(rows) == len(images) else images.take(rows)
        outcomes = model.outcomes(chosen)
        found = model.measured(outcomes)
        return cls(
            dataset.name, model.classes, chosen, rows, len(images), dataset.scale, outcomes, found,
            _map_of(model, outcomes, chosen), model.features,
        )  # fmt: skip

    @cached_property
    def said(self) -> NDArray[Any]:
        """Of classes the likeliest one, (count,); of questions True for yes, (count, questions); of
        numbers these, (count, answers); of places the classes, (count, places)."""
        outcomes = self.outcomes
        if isinstance(outcomes, YesOrNo):
            return outcomes.outputs > 0
        if isinstance(outcomes, Numbers):
            return outcomes.points
        return np.nan_to_num(outcomes.values, nan=-np.inf).argmax(axis=1)

    @cached_property
    def wrongness(self) -> NDArray[np.float64]:
        """Of each image, what the worst are found by: 0 where all is right."""
        outcomes, labels = self.outcomes, self.outcomes.labels
        if isinstance(outcomes, Places):
            counted = labels >= 0
            wrong = (self.said != labels) & counted
            return wrong.sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
        if isinstance(outcomes, YesOrNo):
            wrong = self.said != (labels > 0)
            if self.map:
                return wrong.mean(axis=1)
            wrong = wrong.any(axis=1)
            return np.where(wrong, np.abs(outcomes.outputs).max(axis=1) + 1.0, 0.0)
        if isinstance(outcomes, Numbers):
            errors = np.abs(outcomes.errors)
            return errors.mean(axis=1) if self.map else errors.max(axis=1)
        losses = np.nan_to_num(outcomes.losses, nan=np.inf)
        return np.where(self.said != labels, losses + 1e-9, 0.0)

    @cached_property
    def worst(self) -> NDArray[np.int64]:
        """The numbers of the images that are most wrong, the worst first."""
        order = np.argsort(-self.wrongness, kind="stable")[:_MISTAKES]
        return order[self.wrongness[order] > 0]

    @property
    def what(self) -> str:
        """What they are, in a word."""
        return "images" if self.features is None else "rows"

    @property
    def are_pictures(self) -> bool:
        """Whether images have rows and columns, and are no vectors."""
        _, height, width = self.images.pixels.shape[1:]
        return min(height, width) > 1

    def pixels(self, numbers: NDArray[np.int64]) -> NDArray[Any]:
        """Of some images, (count, channels, height, width), as they are stored."""
        return self.images.take(numbers).array

    @cached_property
    def range(self) -> tuple[float, float]:
        """What is black and white, as it is stored: 0 and 1 where all values lie between these."""
        shown = self.pixels(np.arange(min(len(self.images), 256)))
        if shown.dtype == np.uint8:
            return 0.0, (1 / self.scale if self.scale < 1 else 255.0)
        least, most = float(np.nanmin(shown)), float(np.nanmax(shown))
        return (0.0, 1.0) if least >= 0 and most <= 1 else (least, most)


@dataclass(frozen=True, eq=False)
class LookedInto:
    """Images, by their numbers among the judged ones, with the pixels that decided what the model
    said: of the class, the question or the number `outputs`."""

    numbers: NDArray[np.int64]
    outputs: NDArray[np.int64]
    found: Decided


@dataclass(frozen=True, eq=False)
class Reported:
    """A model, and of a run its `folder`, what it was told (`about`) and its `history`, with every
    metric. Where nothing is `judged`, `lacks` tells why."""

    name: str
    model: Model
    history: tuple[Mapping[str, Any], ...]
    folder: Path | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    judged: Judged | None = None
    lacks: str = ""
    looked_into: LookedInto | None = None


def reported_of(
    model: Model, dataset: Dataset | None, effort: Effort, lacks: str = "",
    folder: Path | None = None,
) -> Reported:  # fmt: skip
    """What there is to report of a model: with the images to validate with of a dataset, if there
    is one; and with the records of the run in `folder`."""
    from lenet.runtime.records.records import epochs_of, read_about
    from lenet.runtime.records.run_folder import FOLDS

    about: Mapping[str, Any] = {}
    history: tuple[Mapping[str, Any], ...] = tuple(model.history)
    if folder is not None:
        about = read_about(folder)
        if (folder.parent / FOLDS).exists():
            about = {**about, "folded": True}
        history = tuple(epochs_of(folder)) or history
    judged = into = None
    try:
        if dataset is not None:
            judged = Judged.of(model, dataset, effort)
            into = _looked_into(model, judged, effort)
    except LenetError as error:
        lacks = error.title
    name = folder.resolve().name if folder is not None else model.name or "model"
    return Reported(name, model, history, folder, about, judged, lacks, into)


def _map_of(model: Model, outcomes: Outcomes, images: Images) -> Shape:
    """The rows and columns of the answers; () where they are no map."""
    if isinstance(outcomes, Places):
        return model.graph.output[1:]
    shape = images.pixels.shape[2:]
    whole = isinstance(outcomes, Numbers) and outcomes.labels.shape[1] == product(shape)
    return shape if whole and min(shape) > 1 else ()


def macs_of(model: Model) -> int:
    """The multiply-adds of one image."""
    return sum(node.macs for node in model.graph.nodes)


def _looked_into(model: Model, judged: Judged, effort: Effort) -> LookedInto | None:
    """The worst mistakes and some that are right, half of each where there are both."""
    outcomes = judged.outcomes
    if not judged.are_pictures or judged.map:
        return None
    _, height, width = judged.images.pixels.shape[1:]
    each = max(1, macs_of(model)) * (len(windows_of(height, width)[1]) + 1)
    count = int(min(_LOOKED_INTO, effort.hiding / each))
    right = np.flatnonzero(judged.wrongness == 0)
    if not len(right):  # numbers are never right
        right = np.argsort(judged.wrongness, kind="stable")
    spread = right[np.linspace(0, len(right) - 1, min(count, len(right))).astype(np.int64)]
    worst = judged.worst[: max(count // 2, count - len(spread))]
    numbers = np.concatenate([worst, np.setdiff1d(spread, worst)])[:count].astype(np.int64)
    if not len(numbers):
        return None
    said = judged.said[numbers]
    outputs = said if said.ndim == 1 else outcomes.outputs[numbers].argmax(axis=1)
    if isinstance(outcomes, Numbers) and not isinstance(outcomes, YesOrNo):
        outputs = np.zeros(len(numbers), np.int64)
    compiling = effort.compiling
    if not compiling and len(model.graph.nodes) > _FEW_LAYERS:
        return None
    found = decided(model, judged.pixels(numbers), outputs.astype(np.int64), compiling)
    return LookedInto(numbers, outputs.astype(np.int64), found)
