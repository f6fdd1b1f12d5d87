"""Numbers as answers: from those of the data to those that a net learns, and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.losses.code import code_of, loss_of
from lenet.dsl.answers import Answers
from lenet.dsl.graph import Graph
from lenet.dsl.losses import LOSSES
from lenet.dsl.training.answered import answers_places
from lenet.dsl.vocabulary import Use

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Unit:
    """Of a net whose answers are no classes: `mean` and `deviation` of the training rows' answers,
    one of each, and the `loss` that it is trained by. With `log`, answers are the logarithms of
    what the column has. Of a map,
    `classes` are those that a place may have; 0 without. `places` are its rows and columns, where
    answers belong to the places of an image. Of series, `steps` of each column are told together;
    0 of others."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    loss: Use
    log: bool = False
    classes: int = 0
    places: tuple[int, ...] = ()
    steps: int = 0

    @classmethod
    def of(cls, graph: Graph, mean: tuple[float, ...], deviation: tuple[float, ...]) -> "Unit":
        """That of a net; an answer that never varies is only shifted."""
        log = graph.data is not None and graph.data.log
        series = graph.data.series if graph.data is not None else None
        classes = graph.output[0] if graph.answers == "places" else 0
        places = (
            graph.output[1:] if answers_places(graph.input, graph.output, graph.answers) else ()
        )
        deviation = tuple(d or 1.0 for d in deviation)
        steps = series.ahead if series is not None else 0
        return cls(mean, deviation, loss_of(graph), log, classes, places, steps)

    @property
    def answers(self) -> Answers:
        """What they are."""
        return "places" if self.classes else LOSSES[self.loss.name].answers

    @property
    def each(self) -> int:
        """The net's outputs for an answer."""
        return self.classes or LOSSES[self.loss.name].outputs_of(self.loss)

    @property
    def standardizes(self) -> bool:
        """Whether the net learns numbers in deviations from their mean."""
        return LOSSES[self.loss.name].standardized

    def wanted(self, answers: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the net is to give for answers (rows, answers)."""
        if not self.standardizes:
            return answers
        return self.standardized(answers).astype(np.float32)

    def standardized(self, answers: NDArray[np.floating]) -> Floats:
        """Answers in deviations from their mean."""
        found: Floats = (answers.astype(np.float64) - self.mean) / self.deviation
        return found

    def losses(self, outputs: NDArray[np.float32], answers: NDArray[np.float32]) -> Floats:
        """Of rows: (rows,)."""
        code, wide = code_of(self.loss), outputs.astype(np.float64)
        wanted = self.wanted(answers).astype(np.float64)
        if self.classes:
            assert code.values_of_places is not None
            return code.values_of_places(wide, wanted, self.loss, self.classes)
        assert code.values is not None
        return code.values(wide, wanted, self.loss)

    def all_of(self, outputs: NDArray[np.float32]) -> Floats:
        """What a net's outputs say, as answers are: probabilities of yes, or of classes, or
        numbers; (rows, outputs)."""
        loss, wide = LOSSES[self.loss.name], outputs.astype(np.float64)
        if self.classes:
            scores = wide.reshape(len(wide), self.classes, wide.shape[1] // self.classes)
            parts = np.exp(scores - scores.max(axis=1, keepdims=True))
            found: Floats = (parts / parts.sum(axis=1, keepdims=True)).reshape(wide.shape)
            return found
        with np.errstate(over="ignore"):
            if loss.answers == "yes or no":
                found = 1 / (1 + np.exp(-wide))
                return found
            if loss.logarithm:
                return np.exp(wide)
        if not loss.standardized:
            return wide
        mean, deviation = (np.repeat(v, self.each) for v in (self.mean, self.deviation))
        return wide * deviation + mean

    def points(self, outputs: NDArray[np.float32]) -> Floats:
        """One answer each, (rows, answers): of quantiles, that which is nearest to one half; of
        places, the likeliest class."""
        found = self.all_of(outputs)
        if self.classes:
            scores = found.reshape(len(found), self.classes, found.shape[1] // self.classes)
            return scores.argmax(axis=1).astype(np.float64)
        each = self.each
        if each == 1:
            return found
        quantiles = np.array(self.loss[LOSSES[self.loss.name].each])
        return found[:, int(np.abs(quantiles - 0.5).argmin()) :: each]

    def in_columns(self, answers: Floats) -> NDArray[np.float32]:
        """Answers as the data's columns have them."""
        with np.errstate(over="ignore"):
            return (np.exp(answers) if self.log else answers).astype(np.float32)

    def names(self, answers: tuple[str, ...]) -> tuple[str, ...]:
        """Of the outputs: the answers', with the quantile where there are several of each."""
        if self.each == 1 or self.classes:
            return answers
        parts = self.loss[LOSSES[self.loss.name].each]
        return tuple(f"{name} {part:g}" for name in answers for part in parts)
