"""The lines `clip`, `l1`, `l2` and `max_norm` of the section `train`, of which a layer's line may
say its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lenet.dsl.lower.reader import Reader
from lenet.dsl.sections import SectionLine
from lenet.dsl.training.values import Clip, Train

_CLIPPED = {
    "norm": "the Euclidean norm of the whole gradient, which is shortened to it",
    "value": "each of its values, from minus this to this",
}


def _clip(reader: Reader, train: Train) -> Train:
    kind = reader.word("way to clip", tuple(_CLIPPED))
    most = reader.real("the largest " + kind, 1e-30)
    return replace(train, clip=Clip("norm" if kind == "norm" else "value", most))


def _number(name: str, what: str, least: float = 0.0) -> Callable[[Reader, Any], Any]:
    def read(reader: Reader, train: Train) -> Train:
        given: dict[str, Any] = {name: reader.real(what, least)}
        return replace(train, **given)

    return read


REGULARIZATION = (
    SectionLine(
        name="clip",
        summary="no gradient of a batch is longer, or has larger values, than this; after what l1 "
        "and l2 add, and before the optimizer's weight decay",
        example="clip norm 1",
        aliases=("clipnorm", "clipvalue", "clipgradnorm", "gradientclip", "gradientclipping",
                 "gradient_clip_val", "gradclip", "clip_gradients"),
        terms=_CLIPPED,
        read=_clip,
    ),
    SectionLine(
        name="l1",
        summary="this times the sign of each weight is added to its slope, as the sum of the sizes "
        "of all weights, times this, would in the loss; for weights, not for biases",
        example="l1 0.00001",
        aliases=("lasso", "l1_regularizer"),
        read=_number("l1", "the l1 factor"),
    ),
    SectionLine(
        name="l2",
        summary="this times each weight is added to its slope, as half the sum of the squares of "
        "all weights, times this, would in the loss, as BigDL has it; Keras does not halve, so "
        "that its number counts twice; for weights, not for biases",
        example="l2 0.0001",
        aliases=("ridge", "l2_regularizer", "weight_regularizer"),
        read=_number("l2", "the l2 factor"),
    ),
    SectionLine(
        name="max_norm",
        summary="after each step, the weights of each output are shortened to at most this "
        "Euclidean norm, as goes well with dropout",
        example="max_norm 3",
        aliases=("maxnorm", "max_norm_constraint", "kernel_constraint"),
        source="Srebro and Shraibman 2005, Rank, trace-norm and max-norm; Srivastava et al. 2014, "
        "Dropout",
        read=_number("max_norm", "the largest norm", 1e-30),
    ),
)  # fmt: skip
