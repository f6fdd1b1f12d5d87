"""A search whose trials are jobs of a Spark session."""

from pathlib import Path

import pytest

import lenet

pytestmark = pytest.mark.spark
NET = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
  validate 20 percent
train
  optimizer sgd momentum 0.9
  rate 0.001
  batch 64
  stop after 3 epochs
search
  rate log 0.0001 to 3
  trials 6
"""


def test_the_same_as_here(spark, capfd) -> None:
    """Trials that are stopped early included, whose jobs end without a word."""
    here = lenet.search(NET, engine="local", progress=False)
    there = lenet.search(NET, spark=spark, at_once=2, progress=False)
    assert there.trials == here.trials and there.best == here.best
    assert here.model is not None and there.model is not None
    assert there.model.digest == here.model.digest
    assert "stopped" in {record.state for record in there.trials}
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.large
def test_the_classifier_searches(spark, tmp_path: Path) -> None:
    from lenet.ml import LenetClassifier

    images = lenet.datasets.load("digits").train.take(range(200))
    rows = [
        {"image": image.tobytes(), "label": int(label)}
        for image, label in zip(images.pixels, images.labels, strict=True)
    ]
    frame = spark.createDataFrame(rows, "image binary, label int")
    spec = NET.replace("data digits", "data frame").replace("trials 6", "trials 2")
    classifier = LenetClassifier(spec=spec, featuresCol="image", search=True, progress=False)
    classifier.save(str(tmp_path / "classifier"))
    model = LenetClassifier.load(str(tmp_path / "classifier")).fit(frame)
    assert "search" not in model.net.source and model.transform(frame).count() == 200
    assert model.net.history[-1]["epoch"] == 3
