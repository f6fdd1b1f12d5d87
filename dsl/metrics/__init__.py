"""Metrics: what is measured of a net. Each is an entry, carried out by the module of the same name
in runtime/metrics."""

from dataclasses import dataclass
from typing import Literal

from lenet.dsl.answers import Answers
from lenet.dsl.vocabulary import Option, Registry, Use, Word


@dataclass(frozen=True, kw_only=True)
class Metric(Word):
    """A metric's entry in the vocabulary.

    `formula` is its value, `better` where better values lie. A `share` lies between 0 and 1, and is
    shown in percent; a `table` is rows of counts instead of a number, which cannot be compared. It
    tells something of nets with `least_classes` or more, is measured of `most_classes` at most, and
    the value called `below_classes` lies below their number; or of nets with `least_numbers` as
    answers. `usual` is its place among those that
    are measured where no line says which, from 1. It is measured where the net `answers` such.
    Its value has that `power` of the answers' unit. It may tell nothing of most data, and is then
    measured only where it is `asked` for.
    """

    formula: str
    better: Literal["higher", "lower"] = "higher"
    share: bool = True
    table: bool = False
    least_classes: int = 2
    most_classes: int = 2**31
    least_numbers: int = 1
    below_classes: str = ""
    usual: int = 0
    answers: tuple[Answers, ...] = ("class",)
    power: int = 0
    asked: bool = False

    def score(self, value: float) -> float:
        """Larger where the value is better."""
        return value if self.better == "higher" else -value

    def shown(self, value: float) -> str:
        """A value as people read it."""
        if self.share:
            return f"{value:.2%}"
        return f"{value:.4f}" if abs(value) < _LARGE else f"{value:.6g}"

    @property
    def written(self) -> str:
        """How it is written within a line."""
        return self.example.removeprefix("validate ").removesuffix(" every epoch")

    def least_for(self, use: Use) -> int:
        """The classes that there must be for it to tell anything."""
        below = use[self.below_classes] + 1 if self.below_classes else 0
        return max(self.least_classes, below)

    def fits_net(self, use: Use, answers: Answers, outputs: int) -> bool:
        """Whether it tells something of a net's outputs, of so many classes for example, and can be
        measured."""
        least = self.least_for(use) if answers == "class" else self.least_numbers
        return answers in self.answers and least <= outputs <= self.most_classes


_LARGE = 1000  # from here on, four digits behind the point say little
ALL: tuple[Answers, ...] = ("class", "numbers", "yes or no", "places")
METRICS: Registry[Metric] = Registry(__name__, "METRIC")
OF = Option(
    "of",
    "of one class",
    kind="class",
    default="",
    before="of",
    what="the class",
)
OF_TERMS = {
    OF.name: 'of one class instead of all, by its name or its number, as in `recall of "cat"`',
}


def named(use: Use) -> str:
    """The name under which a metric's value is shown and kept: the use as it is written, in a word
    or a short phrase, such as `top3`, `f1 micro` or `recall of cat`."""
    name = use.name
    for option in METRICS[use.name].values:
        value = use[option.name]
        if option.default is None:
            name += str(value)
        elif value != option.default:
            name += f" {option.before} {value}" if option.before else f" {value}"
    return name


def metric_called(name: str) -> Metric:
    """The entry of a metric by the name of a use; KeyError where there is none."""
    word = name.split(" ")[0]
    return METRICS[word if word in METRICS else word.rstrip("0123456789")]


def of_classes() -> tuple[Metric, ...]:
    """Those that there are of one class."""
    return tuple(metric for metric in METRICS.values() if OF in metric.values)


def usual_metrics(answers: Answers = "class") -> tuple[Use, ...]:
    """What is measured where no line says it."""
    fitting = ((name, metric) for name, metric in METRICS.items() if answers in metric.answers)
    usual = sorted((metric.usual, name) for name, metric in fitting if metric.usual)
    return tuple(METRICS[name].use() for _, name in usual)
