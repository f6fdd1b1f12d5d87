"""`stop when`: when a metric ends the training."""

import math
from typing import Any

from lenet.dsl.errors import LenetError
from lenet.dsl.metrics import METRICS, named
from lenet.dsl.training.values import Stop
from lenet.runtime.records.checkpoint import damaged


def _name(rule: Stop) -> str:
    """Of a rule, in checkpoints, as older versions wrote it: what they did not know is left out
    where it is 0."""
    by = f", by={rule.by!r}" if rule.by else ""
    how = f"when={rule.when!r}, value={rule.value!r}, epochs={rule.epochs!r}{by}"
    return f"Stop(metric={named(rule.metric)!r}, {how})"


class Stopper:
    """Whether a `stop when` line ends the training, by what was measured at the ends of epochs."""

    def __init__(self, rules: tuple[Stop, ...]) -> None:
        self.rules = rules
        self.conditions = tuple(condition for rule in rules for condition in rule.all)
        self.best: dict[Stop, tuple[float, int]] = {}
        self.reached = False

    @property
    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        best = {_name(rule): self.best.get(rule) for rule in self.conditions}
        return {"best": best, "reached": self.reached}

    def restore(self, state: Any) -> None:
        """What is known of those rules that were there before; LenetError where a checkpoint's
        state is none."""
        try:
            known, reached = dict(state["best"]), bool(state["reached"])
            for rule in self.conditions:
                found = known.get(_name(rule))
                if found is not None:
                    score, since = found
                    self.best[rule] = float(score), int(since)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise damaged("It does not say when to stop.") from None
        self.reached = reached and set(known) == {_name(rule) for rule in self.conditions}

    def see(self, metrics: dict[str, Any], epoch: int) -> None:
        """What was measured at the end of an epoch; LenetError where a rule's metric was not."""
        for rule in self.rules:
            holds = [self._holds(condition, metrics, epoch) for condition in rule.all]
            self.reached |= all(holds)

    def _holds(self, rule: Stop, metrics: dict[str, Any], epoch: int) -> bool:
        name, entry = named(rule.metric), METRICS[rule.metric.name]
        if name not in metrics:
            title = f"`stop when {name}` cannot be measured"
            detail = "It tells nothing of these validation images."
            raise LenetError(title, detail, "stop by top1 or loss")
        value = metrics[name]
        if rule.when == "above":
            return bool(value > rule.value)
        if rule.when == "below":
            return bool(value < rule.value)
        score = entry.score(value)
        best, since = self.best.get(rule, (-math.inf, epoch))
        if score > best + rule.by:
            best, since = score, epoch
        self.best[rule] = best, since
        return epoch - since >= rule.epochs
