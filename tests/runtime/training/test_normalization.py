"""Batch normalization in training: statistics of the whole batch, whoever owns which part of it."""

from pathlib import Path

import numpy as np
import pytest
from together import Worker, together

import lenet
from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.runtime.datasets import load_dataset
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import initial_weights, to_tensors
from lenet.runtime.training.phases import PhasedStep
from lenet.runtime.training.predictor import Predictor
from lenet.runtime.training.slices.count import slice_count
from lenet.runtime.training.slices.order import shares, shuffled
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import Updater
from nets import reference_net

NET = """
input 1x8x8
conv 6x3x3 pad 1 bias no
batchnorm
relu
add
  path
    conv 6x3x3 pad 1 bias no
    batchnorm momentum 0.3 epsilon 0.01
  path
tanh
dropout 0.1
avgpool all
linear 10
logsoftmax
data digits
train
  optimizer sgd momentum 0.9
  rate 0.05
  batch 96
  stop after 2 epochs
"""
PLAIN = NET.replace("dropout 0.1\n", "")


def trainer_of(net: str, communicator, threads: int = 1) -> Trainer:
    loaded = load(compile_graph(check_graph(net, "net")))
    normalization = Normalization(np.full(1, 1 / 16, np.float32), np.full(1, -0.3, np.float32))
    shard = deal(
        load_dataset("digits").train,
        load_dataset("digits").train,
        slice_count(96),
        communicator.rank,
        communicator.size,
    )
    optimizer = OPTIMIZERS["sgd"].use(momentum=0.9)
    made = Trainer(
        loaded, shard, normalization, initial_weights(loaded.program, 1),
        Updater(optimizer, loaded.program.parameter_count), 96, 1, threads, communicator,
    )  # fmt: skip
    made.start_epoch(1)
    return made


def test_a_whole_epoch_is_the_references() -> None:
    """Losses, weights and running statistics, float32 against float64; the last batch is short."""
    trainer = trainer_of(PLAIN, Alone(), threads=2)
    assert isinstance(trainer.way, PhasedStep)
    program = trainer.way.program
    graph = check_graph(PLAIN, "net")
    net = reference_net(graph, to_tensors(program, trainer.weights))
    images = load_dataset("digits").train
    values = images.pixels.astype(np.float64) * np.float32(1 / 16) + np.float32(-0.3)
    count = trainer.slices
    orders = [shuffled(len(images), count, k, 1, 1) * count + k for k in range(count)]
    running = {
        "batchnorm1": (np.zeros(6), np.ones(6), 0.1),
        "add1.path1.batchnorm1": (np.zeros(6), np.ones(6), 0.3),
    }
    for step in range(trainer.steps):
        got = trainer.step(step, 0.05)
        rows = np.concatenate(
            [orders[k][own] for k, own in enumerate(shares(len(images), 96, count, step))]
        )
        expected, gradients, _ = net.gradients(values[rows], images.labels[rows], "nll")
        for name, (mean, variance, momentum) in running.items():
            x = before(net, name, values[rows])
            size = x.size / x.shape[1]
            mean += momentum * (x.mean(axis=(0, 2, 3)) - mean)
            variance += momentum * (x.var(axis=(0, 2, 3)) * size / (size - 1) - variance)
        net.sgd(gradients, 0.05, 0.9)
        assert got.loss == pytest.approx(expected, rel=2e-3), step
    final = to_tensors(program, trainer.weights)
    for name, (mean, variance, _) in running.items():
        np.testing.assert_allclose(final[f"{name}.mean"], mean, atol=2e-3)
        np.testing.assert_allclose(final[f"{name}.variance"], variance, rtol=2e-2)
    for name, tensor in final.items():
        layer, key = name.rsplit(".", 1)
        if key not in ("mean", "variance"):
            np.testing.assert_allclose(tensor, net.parameters[layer][key], atol=5e-3)


def before(net, name: str, x: np.ndarray) -> np.ndarray:
    """What a layer of the reference is given."""
    values = {"": x}
    for (layer_name, layer, attributes), inputs in zip(net.layers, net.inputs, strict=True):
        given = [values[i] for i in inputs]
        if layer_name == name:
            return given[0]
        joined = len(inputs) > 1
        values[layer_name], _ = layer.forward(
            given if joined else given[0], net.parameters[layer_name], attributes
        )
    raise AssertionError(name)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.lenet"
    path.write_text(NET)
    return path


def test_the_same_bits_with_any_number_of_threads(spec: Path) -> None:
    models = [lenet.train(spec, engine="local", threads=t) for t in (1, 2, 5)]
    assert len({model.digest for model in models}) == 1
    assert set(models[0].tensors) >= {"batchnorm1.mean", "add1.path1.batchnorm1.variance"}


@pytest.mark.spark
def test_the_same_bits_on_spark(spec: Path, spark) -> None:
    assert lenet.train(spec, spark=spark).digest == lenet.train(spec, engine="local").digest


@pytest.mark.parametrize("size", [2, 3])
def test_the_same_bits_with_any_number_of_workers(size: int) -> None:
    alone = trainer_of(NET, Alone())
    expected = [alone.step(step, 0.05) for step in range(3)]

    def work(worker: Worker) -> tuple[Trainer, list]:
        trainer = trainer_of(NET, worker)
        return trainer, [trainer.step(step, 0.05) for step in range(3)]

    for trainer, found in together(size, work):
        assert found == expected
        assert np.array_equal(trainer.weights, alone.weights)


def test_prediction_takes_the_running_statistics() -> None:
    """So an image's outputs do not depend on those beside it, alone or in a batch."""
    trainer = trainer_of(PLAIN, Alone())
    trainer.step(0, 0.05)
    loaded = load(compile_graph(check_graph(PLAIN, "net")))
    pixels = load_dataset("digits").train.pixels[:40].reshape(40, -1)
    predictor = Predictor(loaded, 1).take(trainer.weights)
    normalization = Normalization(np.full(1, 1 / 16, np.float32), np.full(1, -0.3, np.float32))
    together = predictor.outputs(pixels, normalization)
    alone = np.concatenate([predictor.outputs(pixels[k : k + 1], normalization) for k in range(40)])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(predictor.outputs(pixels[:20], normalization), together[:20])


def test_values_beyond_all_reason_are_a_clear_error(spec: Path) -> None:
    spec.write_text(NET.replace("rate 0.05", "rate 1e30"))
    with pytest.raises(LenetError, match="diverged"):
        lenet.train(spec, engine="local")
