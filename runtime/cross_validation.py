"""Cross-validation: a training for each fold that is held out of it, and one of all rows.

Each is a run of its own, of a file of its own (dsl/folded.py): it can be resumed, and its bits
depend on nothing but its file and its rows.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.folded import fold_text, folds_of, whole_text
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean_json
from lenet.runtime.data import DataError, Dataset
from lenet.runtime.engine import opened_session
from lenet.runtime.events import DataCounted, Event, FoldBegun, FoldDone, Started, Warned, Watch
from lenet.runtime.machine.files import write_atomically
from lenet.runtime.machine.interrupts import interruptible
from lenet.runtime.models.model import Model
from lenet.runtime.options import Options
from lenet.runtime.records.run_folder import (
    FOLDS,
    check_folder,
    check_goes_on,
    claimed,
    clear_folder,
    fold_folder,
)
from lenet.runtime.resolve import Deferred
from lenet.runtime.run import about_run, train_model
from lenet.runtime.spark.ahead import Ahead, session_ahead
from lenet.runtime.told import told

_NAMED = 5  # classes that a message lists
Load = Callable[[Graph], "Dataset | Deferred"]
Done = Callable[[Model, Path | None, "Dataset | Deferred"], None]


@dataclass(frozen=True, eq=False)
class Fold:
    """A training that the fold of this `number`, from 1, was held out of: the `model`, after so
    many `epochs`, and the `metrics` that it has on the fold."""

    number: int
    metrics: Mapping[str, float]
    epochs: int
    model: Model


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """The `folds`, and the `model` of all rows; None where there is none."""

    folds: tuple[Fold, ...]
    model: Model | None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of those that all folds have."""
        first = self.folds[0].metrics if self.folds else {}
        return tuple(name for name in first if all(name in f.metrics for f in self.folds))

    @property
    def mean(self) -> dict[str, float]:
        """Of each metric, over the folds."""
        return {name: mean_of(self._values(name)) for name in self.metrics}

    @property
    def deviation(self) -> dict[str, float]:
        """The standard deviation of each metric over the folds, as of a sample: the root of the sum
        of squares by one less than there are folds."""
        found = {}
        for name in self.metrics:
            values = self._values(name)
            mean = mean_of(values)
            squares = math.fsum((value - mean) ** 2 for value in values)
            found[name] = math.sqrt(squares / (len(values) - 1))
        return found

    def _values(self, name: str) -> list[float]:
        return [fold.metrics[name] for fold in self.folds]

    def __repr__(self) -> str:
        deviation = self.deviation
        told = ", ".join(f"{k} {v:.4g} ± {deviation[k]:.2g}" for k, v in self.mean.items())
        return f"<CrossValidation of {len(self.folds)} folds: {told}>"


def mean_of(values: list[float]) -> float:
    """Rounded once, whatever the order of the values."""
    return math.fsum(values) / len(values)


def fold_graph(graph: Graph, spec: Path, settings: Mapping[str, Fraction], number: int) -> Graph:
    """The net of the training that a fold is held out of, or for 0 of that with all rows."""
    folds = folds_of(graph)
    text = fold_text(graph.source, folds, number) if number else whole_text(graph.source, folds)
    return check_graph(text, str(spec), settings, graph.imports)


def cross_validate(
    graph: Graph, spec: Path, load: Load, options: Options, settings: Mapping[str, Fraction],
    watch: Watch, done: Done, given: bool = False,
) -> CrossValidation:  # fmt: skip
    """Train without each fold, then with all rows. `load` reads the data for a net, `done` is told
    of each model, of its folder and its data. With a folder, each training is a run below it, and
    one that was stopped goes on. Data that a program has `given` need nothing to test with."""
    return _Course(graph, spec, load, options, settings, watch, done, given).run()


@dataclass(eq=False)
class _Course:
    graph: Graph
    spec: Path
    load: Load
    options: Options
    settings: Mapping[str, Fraction]
    watch: Watch
    done: Done
    given: bool

    def __post_init__(self) -> None:
        self.count = folds_of(self.graph).count
        self.folds: list[Fold] = []
        self.warned: set[Warned] = set()
        self.begun = self.options.resume

    def run(self) -> CrossValidation:
        """All trainings, one after the other."""
        folder = self.options.folder
        told(self.graph, self.spec, self.options)  # its mistakes are found before anything is read
        with interruptible(then_die=True), claimed(folder):
            if self.options.resume:
                check_goes_on(folder, folded=True)
            elif folder is not None:
                check_folder(folder, self.options.overwrite)
            name = f"lenet train {self.spec.name}"
            with session_ahead(name, self.options) as ahead:
                model = self._all(name, ahead)
            self._keep(model)
        return CrossValidation(tuple(self.folds), model)

    def _all(self, name: str, ahead: Ahead | None) -> Model | None:
        """Each training; the model of all rows."""
        graphs = [self._graph(number) for number in range(self.count + 1)]
        data = self.load(graphs[1])
        size = 0
        if isinstance(data, Dataset):
            parts = [part for part in (data.train, data.test) if part is not None]
            size = sum(part.pixels.nbytes for part in parts)
        with opened_session(size, name, self.options, self.watch, ahead=ahead) as session:
            self.options = replace(self.options, spark=session)
            for number in range(1, self.count + 1):
                own = data if number == 1 else self.load(graphs[number])
                self._fold(number, graphs[number], own)
            return self._whole(graphs[0])

    def _graph(self, number: int) -> Graph:
        return fold_graph(self.graph, self.spec, self.settings, number)

    def _fold(self, number: int, graph: Graph, data: "Dataset | Deferred") -> None:
        self.watch(FoldBegun(number, self.count))
        model = self._train(number, graph, data)
        last = model.history[-1] if model.history else {}
        numbers = {
            name: float(value)
            for name, value in dict(last.get("validation", {})).items()
            if isinstance(value, int | float)
        }
        if not numbers:
            raise LenetError(
                f"there is no number that fold {number} could be compared by",
                "The section `train` names tables alone behind `validate`.",
                "name another metric as well: `validate loss`",
            )
        fold = Fold(number, numbers, int(last["epoch"]), model)
        self.folds.append(fold)
        self.watch(FoldDone(number, self.count, fold.epochs, fold.metrics))
        self._keep(None)

    def _whole(self, graph: Graph) -> Model | None:
        """The model of all rows; None where the file says to stop when a metric says so, and there
        is nothing left to measure it with."""
        self.watch(FoldBegun(0, self.count))
        try:
            return self._train(0, graph, self.load(graph))
        except DataError as error:  # the folds are done, and have had the same rows
            text = f"there is no model of all rows: {error.title}"
            fix = "write `stop after` as many epochs as the folds had, in place of `stop when`"
            self._take(Warned(text, fix))
            return None

    def _train(self, number: int, graph: Graph, data: "Dataset | Deferred") -> Model:
        options = self.options
        if options.folder is not None:
            options = replace(options, folder=fold_folder(options.folder, number), overwrite=True)
        if options.checkpoints is not None:
            below = f"{options.checkpoints.rstrip('/')}/fold-{number}"
            options = replace(options, checkpoints=below)
        model = train_model(
            graph, self.spec, data, options, self.settings, self._take, self.given,
            may_lack_tests=not number,
        )  # fmt: skip
        self.done(model, options.folder, data)
        return model

    def _take(self, event: Event) -> None:
        """What the trainings have to tell; warnings that all of them have are told once."""
        if isinstance(event, Started) and not self.begun:
            self.begun = True
            if self.options.folder is not None:  # it may have an older run
                clear_folder(self.options.folder, but=fold_folder(self.options.folder, 1))
            self._keep(None)
        if isinstance(event, Warned):
            if event in self.warned:
                return
            self.warned.add(event)
        self.watch(event)
        if isinstance(event, DataCounted) and event.held_out:
            lacking = [name for name in event.classes if name not in event.held_out_classes]
            if lacking:
                shown = ", ".join(lacking[:_NAMED]) + (", …" if len(lacking) > _NAMED else "")
                text = f"the fold has no {event.what} of the class {shown}"
                self._take(Warned(text, "write fewer folds, or give more of them"))

    def _keep(self, model: Model | None) -> None:
        """Write what is known so far, and what is needed to go on."""
        folder = self.options.folder
        if folder is None:
            return
        about = about_run(self.graph, self.spec, self.options, self.settings, self.given)
        found = CrossValidation(tuple(self.folds), model)
        said: dict[str, Any] = {
            **about,
            "folds": [
                {"fold": f.number, "epochs": f.epochs, "metrics": dict(f.metrics),
                 "digest": f.model.digest}
                for f in self.folds
            ],
        }  # fmt: skip
        if len(self.folds) == self.count:
            said |= {"mean": found.mean, "deviation": found.deviation}
        write_atomically(folder / FOLDS, clean_json(said, indent=1).encode())
        if model is not None:
            model.save(folder / "model.safetensors")
