"""`lenet evaluate`: a model's metrics on test images."""

from lenet.commands import Data, Json, Model
from lenet.terminal.console import say, say_json


def evaluate(model: Model, data: Data = None, as_json: Json = False) -> None:
    """Measure a model on test images.

    They are those of the data it was trained on, or of --data. With --json, an object: count, the
    metrics by name; classes, a list with label, count, precision, recall, f1, taken_for (the other
    class that its images are most often taken for, or null) and taken_for_count; and confusion,
    rows of counts, own class by predicted class. Where answers are numbers, classes is empty.
    """
    from lenet.runtime.models.model import Model as Trained
    from lenet.runtime.resolve import evaluation_images
    from lenet.terminal.evaluation import evaluation_lines

    trained = Trained.open(model)
    dataset = evaluation_images(trained.graph, data, trained.classes, trained.features)
    assert dataset.test is not None
    found = trained.evaluate_read(dataset.test)
    if as_json:
        say_json(found.as_dict())
        return
    for line in evaluation_lines(found, dataset.name):
        say(line)
