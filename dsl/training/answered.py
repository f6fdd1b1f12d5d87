"""What a net answers: its loss tells, or the data."""

from lenet.dsl.answers import Answers
from lenet.dsl.losses import LOSSES
from lenet.dsl.sections.data import Data
from lenet.dsl.vocabulary import Use


def answers_of(loss: Use | None, data: Data | None, outputs: int) -> Answers:
    """The loss tells, where a line names one; else what the data section predicts: several columns,
    or one with a net of one output, are numbers."""
    if loss is not None:
        return LOSSES[loss.name].answers
    if data is None or not data.predict:
        return "class"
    if data.any:
        return "yes or no"
    return "numbers" if data.log or len(data.predict) > 1 or outputs == 1 else "class"
