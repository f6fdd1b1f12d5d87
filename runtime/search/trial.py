"""One trial: a training of the file with other settings, which may be stopped early."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.dsl.check import check, reader_of
from lenet.dsl.errors import LenetError
from lenet.dsl.folded import fold_text, folds_of, is_folded, whole_text
from lenet.dsl.graph import Graph
from lenet.dsl.metrics import metric_called, named
from lenet.dsl.search.variants import corrected
from lenet.dsl.vocabulary import Use
from lenet.runtime.cross_validation import mean_of
from lenet.runtime.data.dataset import DataError
from lenet.runtime.early import Watcher
from lenet.runtime.engine import on_engine
from lenet.runtime.events import EpochDone, Event, IterationDone, Started, Validated, Warned
from lenet.runtime.make_job import make_job
from lenet.runtime.models.model import Model
from lenet.runtime.models.model_facts import brief
from lenet.runtime.options import Options
from lenet.runtime.records.checkpoint import Checkpoints, Memory
from lenet.runtime.records.records import Records
from lenet.runtime.records.rescue import Rescue
from lenet.runtime.records.supervisor import Desk, Over
from lenet.runtime.search.images import Images
from lenet.runtime.search.record import Record
from lenet.runtime.start_from import first_state, starting_weights
from lenet.runtime.told import told
from lenet.runtime.training.fixed_point import diverged
from lenet.runtime.training.importance import weighted
from lenet.runtime.training.source import check_source

if TYPE_CHECKING:
    from lenet.runtime.spark.session import SparkSession


class Ended(Over):
    """The search ends, and this trial with it."""


class _Lagging(Over):
    """The trial is not worth its whole length."""


@dataclass(frozen=True, eq=False)
class Setting:
    """What all trials of a search have in common: the file's place and the texts that it imports,
    the metric that they are compared by, the images, and how to train."""

    spec: Path
    imports: Mapping[str, str]
    metric: Use
    images: Images
    options: Options
    session: "SparkSession | None"
    warn: Callable[[str], None]


@dataclass(eq=False)
class Trial:
    """`graph` is the net of its file, None where that has a mistake, the `reason`; `watcher` makes
    who says whether it lags behind. Its training goes on in the thread that calls `run`, until it
    is over or another one calls `end`."""

    number: int
    settings: tuple[str, ...]
    graph: Graph | None
    reason: str
    watcher: Callable[[], Watcher]
    setting: Setting
    ended: bool = False
    means: list[float] = field(default_factory=list)  # over the folds so far
    longest: int = 0  # epochs that one of them had
    epochs: list[dict[str, Any]] = field(default_factory=list)
    values: dict[int, float] = field(default_factory=dict)  # by iteration
    _lags: bool = False
    _stopped: bool = False
    _watch: Watcher | None = None

    def end(self) -> None:
        """Have it raise Ended with its next step."""
        self.ended = True

    def run(self) -> tuple[Record, Model | None]:
        """What comes of it; LenetError where it is not the settings' fault."""
        graph = self.graph
        if graph is None:
            return self._record("failed", reason=self.reason), None
        count = graph.parameter_count
        try:
            if self._folded:
                return self._folds(graph), None
            model, value = self._train(graph)
        except _Lagging:
            return self._record("stopped", parameters=count), None
        except LenetError as error:
            if self.ended:
                raise Ended from None
            if self._stopped:  # and the workers of a cluster have ended, too
                return self._record("stopped", parameters=count), None
            if not self.number and error.title != diverged("").title:
                raise  # the file itself cannot be trained
            self._look_at_session()
            return self._record("failed", reason=error.title, parameters=count), None
        return self._measured(value, count), model

    @property
    def _folded(self) -> bool:
        return self.graph is not None and is_folded(self.graph)

    def _measured(self, value: float | None, count: int) -> Record:
        if value is None:
            reason = f"{named(self.setting.metric)} cannot be measured"
            return self._record("failed", reason=reason, parameters=count)
        return self._record("done", value=value, parameters=count)

    def _folds(self, graph: Graph) -> Record:
        """What comes of a training for each fold; between them, it may lag behind others by the
        mean so far."""
        folds, watch = folds_of(graph), self.watcher()
        metric = metric_called(named(self.setting.metric))
        values: list[float] = []
        for number in range(1, folds.count + 1):
            self.epochs, self.values = [], {}
            text = fold_text(graph.source, folds, number)
            own = graph_of(text, self.setting)[1]
            assert own is not None
            _, value = self._train(own)
            if value is None:
                return self._measured(None, graph.parameter_count)
            values.append(value)
            self.means.append(mean_of(values))
            self.longest = max(self.longest, self.epochs[-1]["epoch"])
            if watch.lags(metric.score(self.means[-1])) and number < folds.count:
                raise _Lagging
        return self._measured(self.means[-1], graph.parameter_count)

    def of_all_rows(self) -> Model | None:
        """The model of its settings that all rows were trained with, where its value is the mean of
        folds; None, and a warning, where the file needs rows to validate with."""
        assert self.graph is not None
        text = whole_text(self.graph.source, folds_of(self.graph))
        graph = graph_of(text, self.setting)[1]
        assert graph is not None and graph.train is not None
        self.epochs, self.values = [], {}
        try:
            return self._train(graph, may_lack_tests=not graph.train.stop_when)[0]
        except DataError as error:
            self.setting.warn(f"there is no model of all rows: {error.title}")
            return None

    def _look_at_session(self) -> None:
        """LenetError where Spark itself has ended, in which no other trial would do better."""
        if self.setting.session is not None:
            from lenet.runtime.spark.session import check_session

            check_session(self.setting.session)

    def _record(self, state: Any, **facts: Any) -> Record:
        metric = named(self.setting.metric)
        values = tuple(e["validation"][metric] for e in self.epochs if metric in e["validation"])
        epochs = self.epochs[-1]["epoch"] if self.epochs else 0
        if self._folded:
            values, epochs = tuple(self.means), self.longest
        return Record(self.number, self.settings, state, values, epochs=epochs, **facts)

    def _train(self, graph: Graph, may_lack_tests: bool = False) -> tuple[Model, float | None]:
        """The model, and its value."""
        setting = self.setting
        source = setting.images.source(graph)
        check_source(graph, source, may_lack_tests)
        graph = weighted(graph, source)
        job, model = make_job(graph, setting.spec, source, {})
        records = Records(None, graph, {}, False, lambda: True)
        rescue = Rescue(records, job.digest, self._quiet)
        checkpoints = Checkpoints(Memory(), job.digest, setting.warn)

        def first() -> bytes | None:
            weights = starting_weights(graph, setting.spec, self._quiet)
            return None if weights is None else first_state(job, weights)

        desk = Desk(self._take, checkpoints, records.flush, rescue, first)
        trained = on_engine(job, source, setting.session, setting.options, desk)
        if self._stopped:  # the workers of a cluster were faster than the word that it is over
            raise _Lagging
        keeps = graph.train is not None and graph.train.keep is not None
        tensors, last = trained.tensors, max(self.values, default=0)
        if keeps and trained.best is not None:
            tensors, last = trained.best, trained.iteration
        history = tuple(e for e in self.epochs if e["iteration"] <= last)
        model = replace(model, tensors=tensors, history=brief(history))
        return model, self.values.get(last)

    def _quiet(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.setting.warn(event.text)

    def _take(self, event: Event) -> None:
        """An event of the training; what this raises ends it."""
        if self.ended:
            raise Ended
        if isinstance(event, Started):  # also anew, where a worker was lost
            self._start(event.iteration)
        elif isinstance(event, IterationDone) and self._lags:
            self._stopped = True
            raise _Lagging  # only here: with its last validation, a trial is done
        elif isinstance(event, EpochDone | Validated) and not self._stopped:
            value = event.validation.get(named(self.setting.metric))
            if value is not None:
                self.values[event.iteration] = value
            if isinstance(event, EpochDone):
                self.epochs.append(dict(vars(event)))
                self._see(value)

    def _start(self, iteration: int) -> None:
        self.epochs = [e for e in self.epochs if e["iteration"] <= iteration]
        self.values = {k: value for k, value in self.values.items() if k <= iteration}
        self._watch = None if self._folded else self.watcher()
        self._lags = self._stopped = False
        for epoch in self.epochs:
            self._see(epoch["validation"].get(named(self.setting.metric)))

    def _see(self, value: float | None) -> None:
        if value is not None and self._watch is not None:
            score = metric_called(named(self.setting.metric)).score(value)
            self._lags = self._watch.lags(score)


def graph_of(text: str, setting: Setting) -> tuple[str, Graph | None, str]:
    """A trial's file, with what it asserts of its size brought in line, and its net; or None, and
    what is wrong with it."""
    checked = check(text, read=reader_of(setting.imports))
    while checked.graph is None and (again := corrected(text, checked.diagnostics)) is not None:
        text = again
        checked = check(text, read=reader_of(setting.imports))
    if checked.graph is None:
        error = next(d for d in checked.diagnostics if d.severity == "error")
        return text, None, f"line {error.span.line}: {error.title}"
    graph = told(checked.graph, setting.spec, setting.options)
    train = graph.train
    assert train is not None
    if named(setting.metric) not in map(named, train.metrics):
        train = replace(train, metrics=(*train.metrics, setting.metric))
    return text, replace(graph, train=train), ""
