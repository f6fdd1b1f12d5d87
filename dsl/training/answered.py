"""What a net answers: its loss tells, or the data."""

from lenet.dsl.answers import Answers
from lenet.dsl.losses import LOSSES
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape, product
from lenet.dsl.vocabulary import Use


def answers_of(loss: Use | None, data: Data | None, output: Shape) -> Answers:
    """The loss tells, where a line names one; else what the data section predicts: several columns,
    or one with a net of one output, are numbers, and so are images."""
    if loss is not None:
        entry = LOSSES[loss.name]
        return "places" if entry.places and has_places(output) else entry.answers
    if data is not None and (data.itself or data.series is not None):
        return "numbers"
    if data is not None and data.liked is not None:
        return "yes or no"
    if data is None or not data.predict:
        return "class"
    if data.any:
        return "yes or no"
    return "numbers" if data.log or len(data.predict) > 1 or product(output) == 1 else "class"


def answers_places(given: Shape, output: Shape, answers: Answers) -> bool:
    """Whether each place of an image has its own answer: a class, or yes or no."""
    one = answers == "places" or (answers == "yes or no" and output[:1] == (1,))
    return one and len(given) == 3 and len(output) == 3 and output[1:] == given[1:]


def has_places(output: Shape) -> bool:
    """Whether it is a map of scores: several classes, at several places."""
    return len(output) == 3 and output[0] > 1 and product(output[1:]) > 1
