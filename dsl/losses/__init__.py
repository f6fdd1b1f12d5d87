"""Losses: what a training makes small. Each is an entry, carried out by the module of the same name
in compiler/losses."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lenet.dsl.answers import Answers
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.syntax.tree import Span
from lenet.dsl.vocabulary import Option, Registry, Use, Word


@dataclass(frozen=True, kw_only=True)
class Loss(Word):
    """A loss's entry in the vocabulary.

    `takes` is what the net's last layer has to give (`gives`, in its entry), and `unfit(place,
    layer, its place, what it gives)` what is said where it gives something else. Nets that give one
    of `usual_for` are trained by this loss where no line names one, and the data have such
    `answers`. `formula` is that of one image, of the class y, with x as what the net gives; or of
    one number x and the right answer y, of which the loss of an image is the mean.

    Numbers from `low` to `high` are answers. Where they are `standardized`, the net is trained for
    (answer - mean) / standard deviation of the training answers. With a `logarithm`, the net gives
    that of its answers. One of classes that can be `taught` can be mixed with what a teacher says.
    `each` names the option that has a value for each output of an answer. One
    of classes that takes `places` takes a map of scores, too, for a class at each place of it; the
    loss of an image is the mean of those of its places.
    """

    formula: str
    takes: str
    unfit: Callable[[Span, str, Span, str], Diagnostic]
    usual_for: tuple[str, ...] = ()
    answers: Answers = "class"
    low: float = -math.inf
    high: float = math.inf
    standardized: bool = False
    logarithm: bool = False
    taught: bool = False
    each: str = ""
    places: bool = False

    def outputs_of(self, use: Use) -> int:
        """How many outputs of the net belong to an answer."""
        return len(use[self.each]) if self.each else 1


LOSSES: Registry[Loss] = Registry(__name__, "LOSS")
SMOOTH = Option(
    "smooth",
    "this part of the right class's share goes to all classes alike (label smoothing, Szegedy et "
    "al. 2016), as PyTorch and Keras have it; 0.1 for example",
    high=1,
    what="the label smoothing",
    aliases=("label_smoothing", "labelsmoothing", "smoothing"),
)
BALANCED = "balanced"
WEIGHTS = Option(
    "weights",
    "how much an image of each class counts, one number a class in their order, or `balanced`; the "
    "mean is still over all images, as Keras has it (PyTorch divides by the sum of the weights)",
    kind="numbers",
    default=(),
    choices={
        BALANCED: "of `weights`: all classes count as much, however many training images they "
        "have: an image counts images / (classes x images of its class)",
    },
    what="the weight of a class",
    aliases=("class_weight", "class_weights", "weight", "classweights"),
)


def class_weights(loss: Use | None) -> tuple[float, ...] | str:
    """What the loss's line says of them; () if it says nothing."""
    if loss is None or WEIGHTS not in LOSSES[loss.name].options:
        return ()
    said: tuple[float, ...] | str = loss[WEIGHTS.name]
    return said


def usual_loss(gives: str, answers: Answers = "class") -> Loss:
    """That of a net whose last layer gives this, where no line names one; of such nets that there
    is none for, that of plain scores."""
    fitting = [
        loss
        for loss in LOSSES.values()
        if loss.usual_for and (loss.places if answers == "places" else loss.answers == answers)
    ]
    found = (loss for loss in fitting if gives in loss.usual_for)
    return next(found, next(loss for loss in fitting if "scores" in loss.usual_for))
