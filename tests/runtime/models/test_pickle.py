"""What a user may send elsewhere: pickled, copied, or in a Spark closure."""

import copy
import pickle
from collections.abc import Callable, Iterator
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark import cloudpickle

import lenet
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.runtime.models.model import Model
from lenet.runtime.training.parameters import initial_weights, to_tensors

SPEC = "let width = 5\ninput 8\nlinear width\ntanh\nlinear 3\nlogsoftmax"
IMAGES = np.random.default_rng(1).random((40, 8)).astype(np.float32)
CLASSES = ("a", "b", "c")


@pytest.fixture
def model() -> Model:
    settings = {"width": Fraction(6)}
    program = compile_graph(check_graph(SPEC, "x", settings))
    tensors = to_tensors(program, initial_weights(program, 1))
    made = Model(SPEC, tensors, CLASSES, 1.0, (0.5,), (2.0,), ({"epoch": 1},), settings)
    made.outputs(IMAGES)
    made.outputs(IMAGES[:1])
    return made


@pytest.mark.parametrize(
    "send",
    [
        copy.copy,
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: pickle.loads(pickle.dumps(model, 2)),
        lambda model: cloudpickle.loads(cloudpickle.dumps(model)),
    ],
)
def test_a_model_that_has_predicted_can_be_sent(
    model: Model, send: Callable[[Model], Model]
) -> None:
    sent = send(model)
    assert vars(sent).keys() == {own.name for own in fields(Model)}
    for name in vars(sent).keys() - {"tensors"}:
        assert getattr(sent, name) == getattr(model, name)
    assert sent.digest == model.digest
    assert np.array_equal(sent.outputs(IMAGES), model.outputs(IMAGES))
    assert np.array_equal(sent.outputs(IMAGES[:1]), model.outputs(IMAGES[:1]))


def test_the_pickled_form_is_the_weights_and_the_facts(model: Model) -> None:
    weights = sum(tensor.nbytes for tensor in model.tensors.values())
    assert len(pickle.dumps(model)) < weights + 2000
    unused = Model(**{own.name: getattr(model, own.name) for own in fields(Model)})
    assert pickle.dumps(unused) == pickle.dumps(model)


def test_a_prediction_and_a_network_can_be_sent(model: Model, tmp_path: Path) -> None:
    prediction = model.predict(IMAGES)
    for sent in (pickle.loads(pickle.dumps(prediction)), copy.deepcopy(prediction)):
        assert np.array_equal(sent.probabilities, prediction.probabilities)
        assert sent.label(3) == prediction.label(3)
    for path in ("specs/lenet5.lenet", "specs/resnet20.lenet"):
        net = lenet.load(Path(__file__).parents[3] / path)
        for sent in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
            assert sent == net and sent.summary() == net.summary()


@pytest.mark.spark
def test_a_model_in_the_closures_of_spark(model: Model, spark: Any) -> None:
    expected = model.predict(IMAGES).classes.tolist()
    context = spark.sparkContext
    rows = context.parallelize(list(IMAGES), 2)
    found = rows.map(lambda image: int(model.predict(image[None]).classes[0])).collect()
    assert found == expected
    total = context.accumulator(0)

    def count(images: Iterator[Any]) -> None:
        total.add(int(model.predict(np.array(list(images))).classes.sum()))

    rows.foreachPartition(count)
    assert total.value == sum(expected)

    from pyspark.sql import functions as F

    digit = F.udf(lambda image: int(model.predict(np.array(image, np.float32)).classes[0]), "int")
    frame = spark.createDataFrame([(image.tolist(),) for image in IMAGES], "image array<float>")
    assert [row[0] for row in frame.select(digit("image")).collect()] == expected
