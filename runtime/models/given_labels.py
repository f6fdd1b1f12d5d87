"""Labels that a program gives a model to be measured on."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.runtime.data.labels import as_text
from lenet.runtime.data.target import Target, Unfit

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model

_LISTED = 10  # classes, in a message


def labels_of(model: "Model", labels: NDArray[Any]) -> NDArray[Any]:
    """As datasets have them: numbers of classes from what the training data had, names, numbers
    from `first`, or `distinct` ones; or other answers, (count, answers). LenetError."""
    if model.unit is not None:
        return _answers_of(model, labels)
    section = model.graph.data
    if labels.dtype.kind not in "UO" and (section is None or not section.distinct):
        return labels - section.first if section is not None and section.first else labels
    numbers = {name: number for number, name in enumerate(model.classes)}
    names = [as_text(label) for label in labels.ravel().tolist()]
    strange = [name for name in names if name not in numbers]
    if strange:
        known = ", ".join(model.classes[:_LISTED]) + (", …" * (len(model.classes) > _LISTED))
        raise LenetError(f"the model has no class {strange[0]}", f"Its classes are {known}.")
    return np.array([numbers[name] for name in names], np.int64).reshape(labels.shape)


def _answers_of(model: "Model", answers: NDArray[Any]) -> NDArray[np.float32]:
    target = Target.of(model.graph)
    answers = answers[:, None] if answers.ndim == 1 else answers.reshape(len(answers), -1)
    if answers.shape[1:] != (target.count,):
        detail = f"The model answers with {target.count} a row; the shape is {answers.shape}."
        raise LenetError("these are other answers than the model's", detail)
    if not (np.issubdtype(answers.dtype, np.number) or answers.dtype == bool):
        raise LenetError("the answers are no numbers", f"They are {answers.dtype}.")
    try:
        return target.of_rows(answers)
    except Unfit as problem:
        where = f"Row {problem.row:,}, counted from 0, is the first."
        raise LenetError(f"an answer {problem}", where) from None


def check_labels(model: "Model", labels: NDArray[Any], outputs: NDArray[np.float32]) -> None:
    """LenetError where they do not belong to images with such outputs."""
    dimensions, kind = (1, np.integer) if model.unit is None else (2, np.floating)
    fits = labels.ndim == dimensions and np.issubdtype(labels.dtype, kind)
    if not fits or len(labels) != len(outputs):
        detail = f"They are {len(outputs):,} images, and the answers {labels.shape}."
        if model.unit is None:
            detail = f"For {len(outputs)} images I need as many whole numbers in one dimension; "
            detail += f"the labels are {labels.dtype} of shape {labels.shape}."
        raise LenetError("images and labels do not fit together", detail)
    if len(labels) == 0:
        raise LenetError("there are no images to evaluate")
    if model.unit is None and (labels.min() < 0 or labels.max() >= outputs.shape[1]):
        raise LenetError(
            "a label is out of range",
            f"Labels go from {labels.min()} to {labels.max()}, "
            f"the model has {outputs.shape[1]} classes.",
        )
