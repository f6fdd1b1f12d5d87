"""Which page a notebook shows of what the runtime gives."""

from typing import Any

from lenet.pages.evaluation import evaluation_page
from lenet.pages.gallery import answers_page, gallery
from lenet.pages.pages import model_page
from lenet.runtime.models.evaluation import Evaluation
from lenet.runtime.models.prediction import Answered, Prediction


def html(value: Any) -> str:
    """A model's, an evaluation's or a prediction's page."""
    if isinstance(value, Evaluation):
        return evaluation_page(value)
    if isinstance(value, Answered):
        return answers_page(value)
    return gallery(value) if isinstance(value, Prediction) else model_page(value)
