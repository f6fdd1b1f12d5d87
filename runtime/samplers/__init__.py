"""Samplers at work: dsl/samplers has their entries, and a module each here carries them out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lenet.dsl.search.space import Choice, Space, shown
from lenet.dsl.vocabulary import Use, carried_out
from lenet.runtime.search.optuna import load_optuna

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

Settings = tuple[Choice, ...]  # one for each space


class Chooser(Protocol):
    """Chooses what trials try. Everything is asked and told in one thread, in the order of the
    trials' numbers, so that the same answers lead to the same questions."""

    def ask(self) -> Settings | None:
        """What the next trial tries; None where nothing is left."""

    def tell(self, values: Sequence[float], score: float | None) -> None:
        """Of the earliest trial that was asked for and not told: its scores, validation by
        validation, and that of its end, larger if better; None where it has come to none."""


def chooser_of(use: Use, spaces: Sequence[Space], seed: int) -> Chooser:
    """The sampler of a search; the same seed chooses the same."""
    found: Chooser = carried_out(__name__, use.name).chooser(use, spaces, seed)
    return found


def values_of(space: Space) -> tuple[Choice, ...]:
    """All settings of a space that has an end."""
    if space.choices:
        return space.choices
    low, high = float(space.low), float(space.high)
    count = space.steps or round(high - low) + 1
    parts = [k / (count - 1) for k in range(count)]
    if space.logarithmic and space.steps:
        numbers = [low * (high / low) ** part for part in parts]
    else:
        numbers = [low + (high - low) * part for part in parts]
    texts = dict.fromkeys(shown(number, space.whole) for number in numbers)
    return tuple(number_as_choice(text, space) for text in texts)


def number_as_choice(text: str, space: Space) -> Choice:
    """A number of a range, as if it stood in the file."""
    return Choice(text, False, True, 1, space.span)


@dataclass(frozen=True)
class Domain:
    """A space as Optuna sees it."""

    space: Space
    distribution: "BaseDistribution"

    def choice(self, value: Any) -> Choice:
        """What a value of Optuna's stands for."""
        if self.space.choices or self.space.steps:
            return values_of(self.space)[value]
        low, high = float(self.space.low), float(self.space.high)
        text = shown(value, self.space.whole)  # rounded, and so perhaps beyond an end
        if not low <= float(text) <= high:
            text = f"{min(max(value, low), high):.12g}"
        return number_as_choice(text, self.space)


def domain_of(space: Space) -> Domain:
    """That of a space."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    found: BaseDistribution
    if space.choices:
        found = CategoricalDistribution(tuple(range(len(space.choices))))
    elif space.steps:
        found = IntDistribution(0, len(values_of(space)) - 1)
    elif space.whole:
        found = IntDistribution(int(space.low), int(space.high), log=space.logarithmic)
    else:
        found = FloatDistribution(float(space.low), float(space.high), log=space.logarithmic)
    return Domain(space, found)


class OptunaChooser:
    """A sampler of Optuna's, asked and told: a Chooser."""

    def __init__(self, sampler: "BaseSampler", spaces: Sequence[Space]) -> None:
        optuna = load_optuna()
        self.study = optuna.create_study(
            direction="maximize", sampler=sampler, pruner=optuna.pruners.NopPruner()
        )
        self.pruned = optuna.trial.TrialState.PRUNED
        self.domains: Mapping[str, Domain] = {space.title: domain_of(space) for space in spaces}
        self.open: list[Any] = []

    def ask(self) -> Settings | None:
        """See Chooser."""
        wanted = {title: domain.distribution for title, domain in self.domains.items()}
        trial = self.study.ask(wanted)
        self.open.append(trial)
        return tuple(domain.choice(trial.params[title]) for title, domain in self.domains.items())

    def tell(self, values: Sequence[float], score: float | None) -> None:
        """See Chooser. A trial that has come to nothing counts as worse than all others, and not
        as one that was not there: its neighbours are no better."""
        trial = self.open.pop(0)
        for step, value in enumerate(values, start=1):
            trial.report(value, step)
        if score is None:
            self.study.tell(trial, state=self.pruned)
        else:
            self.study.tell(trial, score)
