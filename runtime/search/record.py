"""What came of a trial, and of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from lenet.dsl.metrics import Metric, metric_called
from lenet.dsl.search.space import Space

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

State = Literal["done", "stopped", "failed"]


@dataclass(frozen=True)
class Record:
    """A trial: its `number`, 0 for what the file itself says; its `settings`, in the order of the
    search's lines, "" for one that another one has taken away. It is `done`, was `stopped` early,
    or has `failed` for a `reason`. Of its validations, at the ends of epochs, it has the `values`
    of the metric, and the `value` of its model; `epochs` is how many it had, or the longest of its
    folds. A trial whose file is that of an earlier one is not trained again: it is the `same`.
    `parameters` is how many values were trained.
    """

    number: int
    settings: tuple[str, ...]
    state: State
    values: tuple[float, ...] = ()
    value: float | None = None
    epochs: int = 0
    reason: str = ""
    same: int | None = None
    parameters: int = 0

    @property
    def last(self) -> float | None:
        """The value of its model; of a trial that was stopped early, where it was then."""
        return self.values[-1] if self.value is None and self.values else self.value

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Record":
        """What `as_dict` has made; ValueError, TypeError or KeyError for anything else."""
        if {field.name for field in fields(cls)} != set(said):
            raise ValueError("it is no trial")
        settings, values = tuple(said["settings"]), tuple(said["values"])
        if not all(isinstance(text, str) for text in settings):
            raise TypeError("settings are texts")
        numbers = [*values, *([] if said["value"] is None else [said["value"]])]
        if not all(isinstance(number, int | float) for number in numbers):
            raise TypeError("values are numbers")
        return cls(**{**said, "settings": settings, "values": values})


@dataclass(frozen=True, eq=False)
class Found:
    """What a search has found: the trials in the order of their numbers, the first of which is the
    file as it is; the `best`, None if none came to its end; its file as a `text`, and its `model`.
    `spaces` are what was searched, `metric` is the name of what trials are compared by. With so
    many `folds`, a trial's values are its means over the folds so far, and the model is of all
    rows."""

    spaces: tuple[Space, ...]
    metric: str
    trials: tuple[Record, ...]
    best: Record | None
    text: str
    model: "Model | None"
    folds: int = 0

    @property
    def titles(self) -> tuple[str, ...]:
        """The names of the settings."""
        return tuple(space.title for space in self.spaces)

    @property
    def settings(self) -> dict[str, str]:
        """Those of the best trial."""
        values = self.best.settings if self.best is not None else ()
        return dict(zip(self.titles, values, strict=False))

    @property
    def ranked(self) -> list[Record]:
        """Those that are done, the best first; one that is the same as another is left out."""
        score = metric_called(self.metric).score
        done = [r for r in self.trials if r.state == "done" and r.value is not None]
        once = [record for record in done if record.same is None]
        return sorted(once, key=lambda r: (-score(r.value or 0.0), r.number))

    def __repr__(self) -> str:
        entry = metric_called(self.metric)
        value = self.best.value if self.best is not None else None
        told = "none came to its end" if value is None else f"{self.metric} {entry.shown(value)}"
        return f"<Found among {len(self.trials) - 1} trials: {told}>"


def best_of(records: Sequence[Record], metric: Metric) -> Record | None:
    """The earliest of those with the best value; None where none is done."""
    done = [record for record in records if record.state == "done" and record.value is not None]
    return max(done, key=lambda r: (metric.score(r.value or 0.0), -r.number), default=None)
