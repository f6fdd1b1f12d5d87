"""Early stops at work: dsl/early has their entries, and a module each here carries them out, as a
pruner of Optuna's.

Optuna's pruners compare a trial with whatever others have reported so far, which depends on what
runs beside what. Here a trial is compared with those of earlier rounds alone, which have ended all.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from lenet.dsl.vocabulary import Use, carried_out
from lenet.runtime.search.optuna import load_optuna

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

_NAME = "search"  # Optuna deals trials to Hyperband's brackets by it
_LONG = 81  # validations, where nobody knows how many there will be


class Watcher(Protocol):
    """Of one trial, while it goes on."""

    def lags(self, score: float) -> bool:
        """Whether to stop it after its next validation, which has this score, larger if better."""


class Patient:
    """Never stops anything: a Watcher."""

    def lags(self, score: float) -> bool:
        """Never."""
        return False


class _Watching:
    def __init__(self, trial: Any) -> None:
        self.trial, self.step = trial, 0

    def lags(self, score: float) -> bool:
        """As the pruner says."""
        self.step += 1
        self.trial.report(score, self.step)
        return bool(self.trial.should_prune())


class Judge:
    """Which trials lag behind those that have been told. `longest` is how many validations a trial
    has, 0 if that is not known."""

    def __init__(self, use: Use | None, longest: int) -> None:
        self.use, self.longest = use, longest or _LONG
        self.told: list[Any] = []  # Optuna's trials, by their numbers

    def _pruner(self) -> "BasePruner":
        assert self.use is not None
        found: BasePruner = carried_out(__name__, self.use.name).pruner(self.use, self.longest)
        return found

    def watcher(self, number: int) -> Watcher:
        """Of the trial of this number: each gets a study of its own, in which all that were told
        have ended, and those before it that were not told have come to nothing."""
        if self.use is None:
            return Patient()
        return _Watching(self._study(number).ask())

    def _study(self, number: int) -> Any:
        optuna = load_optuna()
        pruner = self._pruner()
        study = optuna.create_study(study_name=_NAME, direction="maximize", pruner=pruner)
        failed = optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL)
        study.add_trials([*self.told, *[failed] * (number - len(self.told))])
        return study

    def tell(self, scores: Sequence[float], finished: bool) -> None:
        """What the next trial has come to, in the order of their numbers: its scores, and whether
        it went on to its end."""
        if self.use is None:
            return
        optuna = load_optuna()
        study = self._study(len(self.told))
        trial = study.ask()
        watching = _Watching(trial)
        for score in scores:
            watching.lags(score)  # the pruner notes how far it has come
        if finished and scores:
            study.tell(trial, scores[-1])
        else:
            states = optuna.trial.TrialState
            study.tell(trial, state=states.PRUNED if scores else states.FAIL)
        self.told.append(study.trials[-1])
