"""Metrics: what is measured of a net. Each is an entry, carried out by the module of the same name
in runtime/metrics."""

from dataclasses import dataclass
from typing import Literal

from lenet.dsl.vocabulary import Registry, Word


@dataclass(frozen=True, kw_only=True)
class Metric(Word):
    """A metric's entry in the vocabulary.

    `formula` is its value, `better` where better values lie. A `share` lies between 0 and 1, and is
    shown in percent. It tells something of nets with `least_classes` or more. `usual` is its place
    among those that are measured where no line says which, from 1.
    """

    formula: str
    better: Literal["higher", "lower"] = "higher"
    share: bool = True
    least_classes: int = 2
    usual: int = 0

    def score(self, value: float) -> float:
        """Larger where the value is better."""
        return value if self.better == "higher" else -value

    def shown(self, value: float) -> str:
        """A value as people read it."""
        return f"{value:.2%}" if self.share else f"{value:.4f}"


METRICS: Registry[Metric] = Registry(__name__, "METRIC")


def usual_metrics() -> tuple[str, ...]:
    """What is measured where no line says it."""
    usual = sorted((metric.usual, name) for name, metric in METRICS.items() if metric.usual)
    return tuple(name for _, name in usual)
