"""A search: trials in rounds, chosen, trained and compared.

All trials of a round are chosen before the first of them is trained, and what came of them is told
in the order of their numbers when the last one has ended. So neither how many run beside each
other, nor which of them is faster, nor a kill and a resume changes what is tried and found.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from lenet.dsl.errors import LenetError
from lenet.dsl.metrics import metric_called, named
from lenet.runtime.data import Dataset
from lenet.runtime.early import Judge, Patient
from lenet.runtime.engine import opened_session
from lenet.runtime.events import Warned, Watch
from lenet.runtime.guesses import guesses_of
from lenet.runtime.look import odd_things, summary
from lenet.runtime.machine.cores import available_cores
from lenet.runtime.machine.interrupts import last_words
from lenet.runtime.models.model import Model
from lenet.runtime.options import Options
from lenet.runtime.samplers import chooser_of
from lenet.runtime.search.board import write_trial
from lenet.runtime.search.images import Images, Load
from lenet.runtime.search.journal import Journal
from lenet.runtime.search.kept import Kept
from lenet.runtime.search.plan import Plan
from lenet.runtime.search.record import Found, Record, best_of
from lenet.runtime.search.trial import Setting, Trial, graph_of
from lenet.runtime.spark.ahead import session_ahead

if TYPE_CHECKING:
    from lenet.runtime.spark.session import SparkSession

_LAST_SECONDS = 60.0  # that trials which were stopped may take for the step they are in
_POLL = 0.2
Watcher = Callable[[Record, Found], None]
Result = TypeVar("Result")


def search(
    plan: Plan, load: Load, options: Options, journal: Journal, at_once: int, report: Watch,
    watch: Watcher,
) -> Found:  # fmt: skip
    """Search to the end, or on from what the journal has. `load` reads the images for a net;
    `watch` is told of each trial, in the order of their numbers, and of what is best so far."""
    images = Images(load)
    for warning in _warnings(plan, at_once):
        report(warning)
    at_once = min(at_once, plan.search.together)
    name, settings = f"lenet search {plan.spec.name}", _shares(options, at_once)
    with (
        session_ahead(name, options, settings) as ahead,
        opened_session(
            _size_of(images.loaded(plan.first)), name, options, report, settings, ahead
        ) as session,
    ):
        images.session = session
        try:
            source = images.source(plan.first)
            report(replace(summary(plan.first, source), guesses=guesses_of(plan.first, source)))
            for odd in odd_things(plan.first, source):
                report(odd)
            _same_images(journal, source.fingerprint)
            options, at_once = _each(options, session, at_once)
            setting = Setting(
                plan.spec, plan.imports, plan.metric, images, options, session,
                lambda text: report(Warned(text)),
            )  # fmt: skip
            return _Rounds(plan, setting, journal, at_once, watch).run()
        finally:
            images.close()


def _size_of(given: object) -> int:
    """Bytes of the images in this process."""
    if not isinstance(given, Dataset):
        return 0
    return given.train.pixels.nbytes + (given.test.pixels.nbytes if given.test else 0)


def _warnings(plan: Plan, at_once: int) -> Sequence[Warned]:
    found = []
    together = plan.search.together
    if at_once > together:
        text = f"{at_once} trials were to run at once, but only {together} are chosen together"
        found.append(Warned(text, f"write `together {at_once}` in the section `search`"))
    if plan.graph.train is not None and plan.graph.train.seconds:
        text = "`stop after` some minutes makes what is found depend on the machine"
        found.append(Warned(text, "stop after epochs"))
    return found


def _shares(options: Options, at_once: int) -> dict[str, str]:
    """Spark's settings by which trials share the cores of this machine."""
    if options.engine == "local":
        return {}
    from lenet.runtime.spark.settings import local_cores

    cores = local_cores(options.master)
    return {} if cores is None else {"spark.task.cpus": str(max(1, cores // at_once))}


def _each(options: Options, session: "SparkSession | None", at_once: int) -> tuple[Options, int]:
    """What each trial gets of the machine or of the cluster, and how many can run at once."""
    if session is None:
        threads = options.threads or available_cores()
        return replace(options, threads=max(1, threads // at_once)), at_once
    from lenet.runtime.spark.slots import worker_count

    slots = worker_count(session, None, (options.workers or 1) * at_once)
    workers = options.workers or max(1, slots // at_once)
    return replace(options, workers=workers), max(1, min(at_once, slots // workers))


def _same_images(journal: Journal, fingerprint: str) -> None:
    """LenetError where trials of the journal had other images."""
    before = journal.about.get("images")
    if before is not None and before != fingerprint:
        raise LenetError(
            "the images are not those that the search began with",
            "What comes of its next trials could not be compared with the others.",
            "give the same data, or begin anew in another folder",
        )
    if before is None:
        journal.note(images=fingerprint)


class _Rounds:
    def __init__(
        self, plan: Plan, setting: Setting, journal: Journal, at_once: int, watch: Watcher
    ) -> None:
        self.plan, self.setting, self.journal = plan, setting, journal
        self.at_once, self.watch = at_once, watch
        self.metric = metric_called(named(plan.metric))
        train = plan.graph.train
        assert train is not None
        spaces = [target.space for target in plan.targets]
        self.chooser = chooser_of(plan.search.sampler, spaces, train.seed)
        self.judge = Judge(plan.search.early, plan.longest)
        self.kept = Kept(journal.folder, self.metric)
        self.told: list[Record] = []
        self.files: dict[str, int] = {}  # the first trial that has a file, by its text
        self.texts: dict[int, str] = {}
        self.trials: list[Trial] = []  # those that run

    def run(self) -> Found:
        """All rounds."""
        search, total = self.plan.search, self.plan.search.most + 1
        began = time.monotonic() - self.journal.seconds
        while len(self.told) < total:
            again = len(self.told) in self.journal.records
            if search.seconds and not again and time.monotonic() - began >= search.seconds:
                break
            trials = self._choose(min(search.together, total - len(self.told)))
            if not trials:
                break
            self._train(trials)
            self._tell(trials)
            self.journal.spend(time.monotonic() - began)
        best = best_of(self.told, self.metric)
        if self.plan.folds and best is not None:
            return self._found(best, self._of_all_rows(best))
        return self._found(best, self.kept.model(best))

    def _of_all_rows(self, best: Record) -> Model | None:
        """The model of the best settings: those of the folds have not seen all rows."""
        _, graph, reason = graph_of(self.texts[best.number], self.setting)
        trial = Trial(best.number, best.settings, graph, reason, Patient, self.setting)
        model = self._in_threads([trial], lambda own: own.of_all_rows())[0]
        if model is not None:
            self.kept.put(model)
        return model

    def _choose(self, count: int) -> list[Trial]:
        """The trials of a round; the first of all is the file as it is."""
        trials: list[Trial] = []
        for number in range(len(self.told), len(self.told) + count):
            settings = self.chooser.ask() if number else None
            if number and settings is None:
                break
            plain, texts = self.plan.file(settings)
            text, graph, reason = graph_of(plain, self.setting)
            self.texts[number] = text
            watcher = partial(self.judge.watcher, number)
            trials.append(Trial(number, texts, graph, reason, watcher, self.setting))
            known = self.journal.records.get(number)
            if known is not None and known.settings != texts:
                raise LenetError(
                    f"trial {number} of this search was another one",
                    "Another version of lenet or optuna has begun it, and would choose otherwise.",
                    "go on with that version, or begin anew in another folder",
                )
        return trials

    def _train(self, trials: Sequence[Trial]) -> None:
        """Those of a round that have not been trained yet, some at a time."""
        left = []
        for trial in trials:
            first = self.files.setdefault(self.texts[trial.number], trial.number)
            if first == trial.number and trial.number not in self.journal.records:
                left.append(trial)
        self._in_threads(left, self._one)

    def _in_threads(self, trials: Sequence[Trial], work: Callable[[Trial], Result]) -> list[Result]:
        """What comes of the work on each, some at a time."""
        pool = ThreadPoolExecutor(self.at_once, thread_name_prefix="lenet trial")
        self.trials = list(trials)
        futures = [pool.submit(work, trial) for trial in trials]
        try:
            _wait(futures)
        except KeyboardInterrupt:
            last_words()
            raise
        finally:
            for trial in trials:
                trial.end()
            pool.shutdown(wait=False, cancel_futures=True)
            with suppress(KeyboardInterrupt):
                wait(futures, timeout=_LAST_SECONDS)
        return [future.result() for future in futures]

    def _one(self, trial: Trial) -> None:
        record, model = trial.run()
        if model is not None:
            self.kept.take(record, model)
        self.journal.take(record)

    def _tell(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            record = self._record(trial)
            scores = tuple(map(self.metric.score, record.values))
            done = record.state == "done" and record.value is not None
            if trial.number:
                score = (
                    self.metric.score(record.value) if done and record.value is not None else None
                )
                self.chooser.tell(scores, score)
            self.judge.tell(scores, done)
            self.told.append(record)
            best = best_of(self.told, self.metric)
            if best is record:
                self.kept.keep(record, self.texts[record.number])
            if self.journal.folder is not None:
                write_trial(self.journal.folder, self.plan, record)
            self.watch(record, self._found(best, None))
        self.kept.forget(len(self.told))

    def _record(self, trial: Trial) -> Record:
        """What came of a trial, or of an earlier one with the same file."""
        first = self.files[self.texts[trial.number]]
        if first == trial.number:
            return self.journal.records[trial.number]
        known = self.journal.records.get(first) or self.told[first]
        record = replace(known, number=trial.number, settings=trial.settings, same=first)
        if trial.number not in self.journal.records:
            self.journal.take(record)
        return record

    def _found(self, best: Record | None, model: Model | None) -> Found:
        text = self.kept.text
        told = tuple(self.told)
        spaces = tuple(target.space for target in self.plan.targets)
        metric, folds = named(self.plan.metric), self.plan.folds
        return Found(spaces, metric, told, best, text, model, folds)


def _wait(futures: Sequence[Future[Any]]) -> None:
    """Until all are done; raises what the first that fails has raised."""
    left = set(futures)
    while left:
        done, left = wait(left, timeout=_POLL, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
