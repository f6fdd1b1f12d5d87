"""`lenet evaluate`: a model's metrics on test images."""

from lenet.commands import Data, Json, Model
from lenet.dsl.metrics import METRICS
from lenet.terminal.console import say, say_json


def evaluate(model: Model, data: Data = None, as_json: Json = False) -> None:
    """Measure a model on test images.

    They are those of the data it was trained on, or of --data.
    """
    from lenet.runtime.models.model import Model as Trained
    from lenet.runtime.resolve import evaluation_images

    trained = Trained.open(model)
    dataset = evaluation_images(trained.graph, data, trained.classes)
    assert dataset.test is not None
    metrics = trained.evaluate(dataset.test.pixels, dataset.test.labels)
    if as_json:
        say_json(metrics)
        return
    say(f"{metrics.pop('count'):,} images of {dataset.name}")
    width = max(map(len, metrics))
    for name, value in metrics.items():
        say(f"{name:{width}} {METRICS[name].shown(value)}")
