"""The training loop: the same in a Spark task and in this process."""

import time
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import load
from lenet.dsl.errors import LenetError
from lenet.dsl.metrics import named
from lenet.runtime.data.dataset import DataError
from lenet.runtime.events import (
    Compiled,
    EpochDone,
    Event,
    IterationDone,
    Started,
    Validated,
)
from lenet.runtime.metrics import Tally
from lenet.runtime.metrics.outcomes import outcomes_of
from lenet.runtime.rates import momentum_at, rate_at
from lenet.runtime.records.checkpoint import State, damaged
from lenet.runtime.training.arguments import problem_of
from lenet.runtime.training.best import Best, better
from lenet.runtime.training.clock import Clock
from lenet.runtime.training.communicator import Communicator
from lenet.runtime.training.early_stopping import Stopper
from lenet.runtime.training.fitting import fitting_program
from lenet.runtime.training.fixed_point import diverged
from lenet.runtime.training.job import Job
from lenet.runtime.training.logged import histograms, samples
from lenet.runtime.training.parameters import initial_weights, to_tensors
from lenet.runtime.training.plateau import Plateau
from lenet.runtime.training.position import Position, is_due, is_over
from lenet.runtime.training.predictor import Predictor, flat
from lenet.runtime.training.slices.shard import Shard
from lenet.runtime.training.step import Trainer, functions_of
from lenet.runtime.training.supervisor import Supervisor
from lenet.runtime.training.trained import Trained
from lenet.runtime.training.updater import updater_of

_COMPILE_SECONDS = 900.0  # that another worker may compile
_SECONDS = 10.0  # between checkpoints at the ends of epochs, unless the file says `checkpoint`


def run_training(
    job: Job, shard: Shard, threads: int, communicator: Communicator, supervisor: Supervisor | None
) -> Trained:
    """Train to the end; the first worker has the supervisor.

    Reports events as they happen: Started (again where a lost training goes on, with the iteration
    from which), Compiled, IterationDone, Histogram, Validated and EpochDone, the last with the
    validation metrics where they are due; and at the end Predictions: how many images of the last
    validation are of each class, and have been taken for it.
    """
    run = _Run(job, shard, threads, communicator, supervisor)
    try:
        return run.run()
    finally:
        run.trainer.close()


class _Run:
    def __init__(
        self, job: Job, shard: Shard, threads: int, communicator: Communicator,
        supervisor: Supervisor | None,
    ) -> None:  # fmt: skip
        self.job, self.settings, self.shard = job, job.train, shard
        self.communicator, self.supervisor = communicator, supervisor
        graph = job.graph
        program, scant = fitting_program(job, threads, communicator.size)
        self.loaded = load(program)
        self.loaded.compile(*communicator.functions)
        state = self._agreed_state()
        self.at = Position()
        self.stopper = Stopper(self.settings.stop_when)
        self.plateau = Plateau(self.settings.rate)
        self.best: Best | None = None
        self.clock = Clock(self.settings.seconds, communicator)
        if state is not None:
            self.at = Position.of(state.position.get("at"))
            self.stopper.restore(state.position.get("stopper"))
            self.clock.restore(state.position.get("seconds", 0.0))
            self.plateau.restore(state.position.get("plateau"))
            given = state.best, self.settings.judged_by, program.weight_count
            self.best = Best.of(state.position.get("best"), *given)
        workers = [
            {key: worker[key] for key in ("rank", "host", "process")}
            for worker in communicator.workers
        ]
        if scant is not None:
            self._report(scant)
        self._report(Started(self.at.iteration, workers))
        updater = updater_of(graph, program)
        functions = functions_of(program, updater)
        compiled = self.loaded.compile(*functions, pixels=shard.dtype)
        if job.teacher is not None:
            job.teacher.compile(shard.dtype)
        # Others may still have to compile the kernels.
        communicator.all_reduce(np.zeros(1, np.int64), _COMPILE_SECONDS)
        self._report(Compiled(compiled.seconds, compiled.from_cache))
        weights = initial_weights(program, self.settings.seed)
        if state is not None:
            if problem := problem_of(state.weights, program.weight_count):
                raise damaged(f"Its weights are {problem}.")
            weights[:] = state.weights
        self.trainer = Trainer(
            self.loaded, shard, job.normalization, weights, updater, self.settings.batch,
            self.settings.seed, threads, communicator, graph.augment,
            job.importance, job.unit, job.seen, job.teacher,
        )  # fmt: skip
        if state is not None:
            self.trainer.updater.restore(state.optimizer, self.at.iteration)
            if self.at.step >= self.trainer.steps or (self.at.step and not self.at.images):
                raise damaged(f"It is in step {self.at.step:,} of {self.trainer.steps:,}.")
        self.predictor = Predictor(self.loaded, threads)
        outputs = program.outputs
        self.tally = Tally.of(self.settings.measured, outputs.count, job.classes, job.unit)
        self.tallied: NDArray[np.int64] | None = None  # of the last validation
        self.kept = time.monotonic()

    def _report(self, event: Event) -> None:
        if self.supervisor is not None:
            self.supervisor.report(event)

    def _agreed_state(self) -> State | None:
        """The checkpoint to go on from, the same in all workers."""
        data = b""
        if self.supervisor is not None:
            data = self.supervisor.newest() or b""
        length = np.array([len(data)], np.int64)
        self.communicator.all_reduce(length, _COMPILE_SECONDS)  # who compiles may wait for others
        if not length[0]:
            return None
        words = np.zeros(-(-int(length[0]) // 8), np.int64)
        words.view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
        self.communicator.all_reduce(words)  # the others have zeros
        return State.from_bytes(words.tobytes()[: length[0]], self.job.digest)

    def _state(self) -> bytes:
        position = {
            "iteration": self.at.iteration,
            "at": asdict(self.at),
            "stopper": self.stopper.state,
            "seconds": self.clock.seconds,
            "plateau": self.plateau.state,
        }
        trainer, best = self.trainer, None
        if self.best is not None:
            position["best"], best = self.best.said, self.best.weights
        state = State(trainer.weights, trainer.updater.state, position, best)
        return state.to_bytes(self.job.digest, self.job.model)

    def run(self) -> Trained:
        at, settings = self.at, self.settings
        self.clock.start()
        done = self.stopper.reached or (settings.stop is not None and is_over(settings.stop, at))
        done = self.clock.is_over() or done
        while not done:
            if at.step == 0:
                at.epoch += 1
            self.trainer.start_epoch(at.epoch)
            done = self._epoch()
        if self.tallied is not None:
            self._report(self.tally.predictions(self.tallied))
        program, best = self.loaded.program, self.best
        tensors = to_tensors(program, self.trainer.weights)
        if best is None:
            return Trained(tensors)
        return Trained(tensors, to_tensors(program, best.weights), best.iteration)

    def _epoch(self) -> bool:
        """The rest of an epoch; whether the training is over."""
        at, settings, trainer = self.at, self.settings, self.trainer
        started, first = time.perf_counter(), at.images
        done = False
        while at.step < trainer.steps and not done:
            rate = self._step()
            last_step = at.step == trainer.steps
            done = settings.stop is not None and is_due(settings.stop, at, last_step)
            done = self.clock.is_over() or done
            due = settings.validate_every
            between = due.unit == "iterations" and self.shard.held_out > 0
            if between and not (done or last_step) and at.iteration % due.count == 0:
                validation = self._chosen(self._validate())
                self._report(Validated(at.epoch, at.iteration, validation))
            if not (done or last_step):
                self._checkpoint()
        elapsed = time.perf_counter() - started
        due = settings.validate_every
        wanted = done or due.unit == "iterations" or at.epoch % due.count == 0
        wanted = (wanted or bool(settings.stop_when)) and self.shard.held_out > 0
        validated = self._validate() if wanted else {}
        self.plateau.see(validated, at.epoch)
        if settings.stop_when:
            self.stopper.see(validated, at.epoch)
        self._report(
            EpochDone(
                at.epoch,
                at.iteration,
                loss=at.loss / at.images,
                top1=at.hits / at.images if self.tally.unit is None else None,
                rate=rate,
                images_per_second=(at.images - first) / elapsed,
                seconds=elapsed,
                validation=self._chosen(validated),
            )
        )
        if at.step == trainer.steps:
            at.step, at.loss, at.hits, at.images = 0, 0.0, 0.0, 0
        done = done or self.stopper.reached
        self._checkpoint(last_step, done)
        return done

    def _step(self) -> float:
        """One step, and what is logged of it; its rate."""
        at, settings, trainer = self.at, self.settings, self.trainer
        assert settings.rate is not None
        total = settings.iterations(trainer.steps)
        rate = rate_at(settings.rate, at.iteration, trainer.steps, total, self.plateau.stalled)
        momentum = momentum_at(settings.rate, at.iteration, trainer.steps, total)
        if momentum is not None:
            trainer.updater.take_momentum(momentum)
        logs = dict(settings.logs)
        if self.supervisor:
            for event in samples(trainer, logs, at, self.job):
                self._report(event)
        before = time.perf_counter()
        try:
            result = trainer.step(at.step, rate)
        except DataError:  # a picture that cannot be read any more
            raise
        except LenetError as error:
            where = f"This was in epoch {at.epoch}, iteration {at.iteration + 1}."
            detail = f"{error.detail} {where} {trainer.first_bad(self.job.graph, at.step)}".rstrip()
            raise LenetError(error.title, detail, error.fix, error.python) from None
        seconds = time.perf_counter() - before
        at.iteration += 1
        at.step += 1
        at.loss += result.loss * result.images
        at.hits += (result.top1 or 0.0) * result.images
        at.images += result.images
        self._report(
            IterationDone(
                at.epoch,
                at.iteration,
                at.step,
                trainer.steps,
                loss=result.loss,
                top1=result.top1,
                rate=rate,
                images_per_second=result.images / seconds,
            )
        )
        if self.supervisor:
            for drawn in histograms(trainer, logs, at):
                self._report(drawn)
        return rate

    def _checkpoint(self, last_step: bool = False, done: bool = False) -> None:
        """Keep the state where that is due, asked for, or long ago; and at the end, so that more
        epochs can follow."""
        if self.supervisor is None:
            return
        every = self.settings.checkpoint
        if every is not None:
            due = is_due(every, self.at, last_step)
        else:
            due = last_step and time.monotonic() - self.kept >= _SECONDS
        if due or done or self.supervisor.asked():
            self.supervisor.keep(self._state())
            self.kept = time.monotonic()

    def _validate(self) -> dict[str, Any]:
        """The metrics of all workers' validation images."""
        images, program = self.shard.validation, self.loaded.program
        self.predictor.take(self.trainer.weights)
        outputs = self.predictor.outputs(flat(images), self.job.normalization, in_blocks=True)
        logarithmic = program.outputs.logarithmic
        outcomes = outcomes_of(outputs, images.labels, logarithmic, self.job.unit)
        tallied = self.tally.count(outcomes)
        self.communicator.all_reduce(tallied)
        self.tallied = tallied
        if self.tally.broken(tallied):
            where = f"This was in epoch {self.at.epoch}, iteration {self.at.iteration}."
            raise diverged(f"The net's outputs are no longer numbers. {where}")
        values = self.tally.values(tallied)
        given = self.settings.judged_by, values, self.trainer.weights, self.at.iteration
        self.best = better(self.best, *given)
        return values

    def _chosen(self, metrics: dict[str, Any]) -> dict[str, Any]:
        names = map(named, self.settings.metrics)
        return {name: metrics[name] for name in names if name in metrics}
