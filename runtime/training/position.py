"""Where a training is, and what is due there."""

from dataclasses import dataclass
from typing import Any

from lenet.dsl.lower.reader import Duration
from lenet.runtime.records.checkpoint import damaged


@dataclass
class Position:
    """Where a training is. `step` counts the steps of the epoch that is under way; `loss`, `hits`
    and `images` are its sums so far."""

    iteration: int = 0
    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    hits: float = 0.0
    images: int = 0

    @classmethod
    def of(cls, known: Any) -> "Position":
        """That of a checkpoint; LenetError where it is none."""
        usual = vars(cls())
        if not isinstance(known, dict) or known.keys() != usual.keys():
            raise damaged("It does not say where the training is.")
        for name, value in known.items():
            least = -(2**63) if type(value) is float else 0  # some losses are below 0
            if type(value) is not type(usual[name]) or not least <= value < 2**63:
                raise damaged(f"Its {name} is {str(value)[:20]}.")
        return cls(**known)


def is_due(every: Duration, at: Position, last_step: bool) -> bool:
    """Whether what is to be done every so often is due behind this step."""
    if every.unit == "iterations":
        return at.iteration % every.count == 0
    return last_step and at.epoch % every.count == 0


def is_over(stop: Duration, at: Position) -> bool:
    """Whether a training that goes on here has nothing left to do."""
    if stop.unit == "iterations":
        return at.iteration >= stop.count
    return at.step == 0 and at.epoch >= stop.count
