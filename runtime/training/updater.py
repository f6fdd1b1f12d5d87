"""How an exact gradient changes the parameters: one of the optimizers of the language, and what the
file says of the gradient before it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.optimizers.rule import Rule, Whole, measure_gradient, rule_of
from lenet.compiler.program import Program
from lenet.dsl.graph import Graph
from lenet.dsl.optimizers import undecayed, with_momentum
from lenet.dsl.training.values import Clip, Train
from lenet.dsl.vocabulary import Use
from lenet.runtime.machine.arrays import aligned_floats
from lenet.runtime.records.checkpoint import damaged
from lenet.runtime.training.arguments import problem_of
from lenet.runtime.training.changes import Change, Norm, changes_of, merged, norms_of

Floats = NDArray[np.float32]
# gradients, some of their rows, totals, some of their rows: see sum_exactly in
# compiler/optimizers/exact.py.
Parts = tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
# work(k) for each of so many k, by any thread.
Share = Callable[[int, Callable[[int], None]], None]
_MEASURED = 2**15  # parameters whose squares are summed at a time, whoever does it


def parts_of(total: NDArray[np.int64]) -> Parts:
    """A sum that is known already."""
    nothing = np.zeros((0, total.size), np.float32)
    return nothing, np.arange(0), total[np.newaxis], np.arange(1)


def updater_of(graph: Graph, program: Program) -> "Updater":
    """What the train section, or its defaults, and the lines of the layers say."""
    train, slots = graph.train or Train(), program.slots
    changes, norms = changes_of(graph, slots), norms_of(graph, slots)
    optimizer = train.optimizer
    if train.rate is not None and train.rate.momentum:
        # One without momentum of its own has a state for it as well. It is that of the peak, whose
        # rate a range test looks for, until somebody says another.
        optimizer = with_momentum(optimizer, train.rate.momentum[-1])
    prunes = train.prune is not None
    return Updater(optimizer, program.parameter_count, changes, train.clip, norms, prunes)


@dataclass
class _Ways:
    """A rule with the weight decay of its line, and without."""

    decayed: Rule
    spared: Rule

    @classmethod
    def to_use(cls, optimizer: Use) -> "_Ways":
        return cls(rule_of(optimizer), rule_of(undecayed(optimizer)))

    def of(self, change: Change) -> Rule:
        return self.decayed if change.decayed else self.spared


class Updater:
    """An optimizer and its state for the parameters 0 … size; `steps` are counted by its user.

    Without `changes`, all parameters are changed in the same way. One that `prunes` has a state
    more, the last: which parameters are 0 and stay so.
    """

    def __init__(
        self, optimizer: Use, size: int, changes: tuple[Change, ...] | None = None,
        clip: Clip | None = None, norms: tuple[Norm, ...] = (), prunes: bool = False,
    ) -> None:  # fmt: skip
        self.optimizer = optimizer
        self._ways = _Ways.to_use(optimizer)
        self.rule = self._ways.decayed
        self.changes = (Change(0, size),) if changes is None else changes
        if self.rule.measure is None:  # else it looks at one tensor at a time
            self.changes = merged(self.changes, undecayed(optimizer) == optimizer)
        self.clip, self.norms = clip, norms
        self.steps = 0
        states = self.rule.states
        self.state = aligned_floats((states + prunes) * size)
        self._states = self.state[: states * size].reshape(states, size)
        self._gone = self.state[states * size :]  # 1 where a parameter is pruned, else 0
        self._pruned: NDArray[np.bool_] | None = None  # the same, for numpy
        self.scale = 1.0
        self.trusts = [1.0] * len(self.changes)
        self._ready: tuple[int, float, list[Floats]] = (0, 0.0, [])  # settings of a step at a rate

    def take_momentum(self, momentum: float) -> None:
        """From now on; only settings change by that, neither the compiled step nor its states."""
        self._ways = _Ways.to_use(with_momentum(self.optimizer, momentum))
        self._ready = (0, 0.0, [])

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the compiled ones that it calls."""
        measured = [measure_gradient] if self._clips_norm else []
        measured += [self.rule.measure] if self.rule.measure is not None else []
        measured += [self.rule.whole.gather] if self.rule.whole is not None else []
        return tuple(entry.name for entry in (self.rule.step, *measured))

    @property
    def _clips_norm(self) -> bool:
        return self.clip is not None and self.clip.kind == "norm"

    def restore(self, state: Floats, steps: int) -> None:
        """Go on from a checkpoint; LenetError where its state is that of another optimizer."""
        if problem := problem_of(state, self.state.size):
            raise damaged(f"Its optimizer's state is {problem}.")
        self.state[:] = state
        self._pruned = self._gone != 0 if self._gone.size else None
        self.steps = steps

    def prune(self, gone: NDArray[np.bool_]) -> None:
        """From now on these parameters, which are 0, stay so: their gradient counts as 0."""
        self._gone[:] = gone
        self._pruned = gone

    def look(
        self, weights: Floats, parts: Parts, factor: float, rate: float, share: Share
    ) -> None:  # fmt: skip
        """What has to be known of the whole gradient before a step, if anything: how much it is
        shortened, and how far each tensor trusts it. All sums are in an order of their own, the
        same for any number of threads. Pruned parameters have no gradient from here on."""
        self.scale = 1.0
        if self._pruned is not None:
            gradients, rows, totals, owners = parts
            for row in (*(gradients[k] for k in rows), *(totals[k] for k in owners)):
                np.copyto(row[: self._pruned.size], 0, where=self._pruned)
        if self.clip is not None and self._clips_norm:
            sums = self._measured(measure_gradient, weights, parts, factor, rate, share)
            norm = math.sqrt(sum(gradient for _, gradient in sums))
            self.scale = min(1.0, self.clip.most / norm) if norm > 0 else 1.0
            self._ready = (0, 0.0, [])
        if self.rule.whole is not None:
            self._direct(self.rule.whole, weights, parts, factor, rate, share)
        if self.rule.measure is None:
            return
        sums = self._measured(self.rule.measure, weights, parts, factor, rate, share)
        for number, (change, pair) in enumerate(zip(self.changes, sums, strict=True)):
            own, other = (math.sqrt(total) for total in pair)
            trust = self._ways.of(change).trust
            assert trust is not None
            usable = change.decayed and own > 0 and other > 0
            self.trusts[number] = trust(own, other) if usable else 1.0
        self._ready = (0, 0.0, [])

    def _direct(
        self, whole: Whole, weights: Floats, parts: Parts, factor: float, rate: float, share: Share
    ) -> None:  # fmt: skip
        """The step of all parameters at once."""
        before = self._states[0].copy()
        pieces, settings = self._pieces(), self._settings(rate)

        def work(k: int) -> None:
            number, first, last = pieces[k]
            # A gradient that is out of its range is found once more in the step.
            whole.gather(*parts, first, last, factor, weights, self._states, settings[number])

        share(len(pieces), work)
        with np.errstate(all="ignore"):  # and so is what follows from it
            whole.direct(self._states, before, rate)
        for change in self.changes:
            self._states[1, change.first : change.last] *= np.float32(change.rate)

    def _pieces(self) -> list[tuple[int, int, int]]:
        """The numbers of the changes with the first and last parameters of their pieces."""
        return [
            (number, first, min(first + _MEASURED, change.last))
            for number, change in enumerate(self.changes)
            for first in range(change.first, change.last, _MEASURED)
        ]

    def _measured(
        self, measure: Callable[..., None], weights: Floats, parts: Parts, factor: float,
        rate: float, share: Share,
    ) -> list[tuple[float, float]]:  # fmt: skip
        """For each change, the sums of squares that `measure` gives."""
        pieces = self._pieces()
        found = np.zeros((len(pieces), 2))
        of_gradient = measure is measure_gradient
        settings = [self._of(change, rate, 1.0, of_gradient) for change in self.changes]

        def work(k: int) -> None:
            number, first, last = pieces[k]
            measure(*parts, first, last, factor, weights, self._states, settings[number], found[k])

        share(len(pieces), work)
        sums = [(0.0, 0.0)] * len(self.changes)
        for (number, _, _), (own, other) in zip(pieces, found.tolist(), strict=True):
            sums[number] = sums[number][0] + own, sums[number][1] + other
        return sums

    def _of(
        self, change: Change, rate: float, trust: float, of_gradient: bool = False
    ) -> Floats:  # fmt: skip
        """The settings for a change; those of the gradient alone, where that is measured."""
        clips = self.clip is not None and not self._clips_norm
        limit = self.clip.most if self.clip is not None and clips else math.inf
        shape = (self.scale, limit, change.l1, change.l2)
        if of_gradient:
            return np.array(shape, np.float32)
        own = self._ways.of(change).settings(rate * change.rate, self.steps)
        trusts = () if self.rule.measure is None else (trust,)
        return np.array([*own, *trusts, *shape], np.float32)

    def prepare(self, rate: float) -> None:
        """What all threads need for this step, before they ask for it at once."""
        self._settings(rate)

    def _settings(self, rate: float) -> list[Floats]:
        """Those of this step, a change each."""
        steps, known, settings = self._ready
        if (steps, known) != (self.steps, rate) or not settings:
            pairs = zip(self.changes, self.trusts, strict=True)
            settings = [self._of(change, rate, trust) for change, trust in pairs]
            self._ready = (self.steps, rate, settings)
        return settings

    def __call__(
        self, weights: Floats, parts: Parts, factor: float, first: int, last: int, rate: float
    ) -> int:
        """Change the parameters first … last by the sum of some parts: 0, OUT_OF_RANGE or
        NOT_FINITE."""
        code = 0
        for change, settings in zip(self.changes, self._settings(rate), strict=True):
            start, end = max(first, change.first), min(last, change.last)
            if start < end:
                done: int = self.rule.step(
                    *parts, start, end, factor, weights, self._states, settings
                )
                code = code or done
        return code

    def finish(self, weights: Floats) -> None:
        """After a step: weights whose norm is limited."""
        for norm in self.norms:
            norm.apply(weights)
