"""Losses: what a training makes small. Each is an entry, carried out by the module of the same name
in compiler/losses."""

from collections.abc import Callable
from dataclasses import dataclass

from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.syntax.tree import Span
from lenet.dsl.vocabulary import Option, Registry, Use, Word


@dataclass(frozen=True, kw_only=True)
class Loss(Word):
    """A loss's entry in the vocabulary.

    `takes` is what the net's last layer has to give (`gives`, in its entry), and `unfit(place,
    layer, its place, what it gives)` what is said where it gives something else. Nets that give one
    of `usual_for` are trained by this loss where no line names one. `formula` is that of one image,
    of the class y, with x as what the net gives.
    """

    formula: str
    takes: str
    unfit: Callable[[Span, str, Span, str], Diagnostic]
    usual_for: tuple[str, ...] = ()


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
    said: tuple[float, ...] | str = dict(loss.values).get(WEIGHTS.name, ()) if loss else ()
    return said


def usual_loss(gives: str) -> Loss:
    """That of a net whose last layer gives this, where no line names one."""
    return next(loss for loss in LOSSES.values() if gives in loss.usual_for)
