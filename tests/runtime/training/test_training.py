"""Whole runs of the local engine: the reference's losses, the same bits, clear failures."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.bitmaps import DIGITS
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.lower.reader import Duration
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.rates import RATES
from lenet.dsl.training.values import Rate, Stop
from lenet.dsl.vocabulary import Use
from lenet.runtime.data.dataset import Dataset, Images
from lenet.runtime.datasets import load_dataset
from lenet.runtime.machine.arrays import frozen
from lenet.runtime.rates import rate_at
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.early_stopping import Stopper
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import digest, initial_weights, to_tensors
from lenet.runtime.training.predictor import Predictor
from lenet.runtime.training.slices.count import slice_count
from lenet.runtime.training.slices.order import shares, shuffled
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import Updater, updater_of
from nets import reference_net

SPECS = Path(__file__).parents[3] / "specs"
SMALL = """
input 1x8x8
conv 4x3x3 pad 1
tanh
maxpool 2
reshape 4*4*4
dropout 0.2
linear 10
logsoftmax
data digits
train
  loss nll
  optimizer sgd momentum 0.9
  rate 0.1
  batch 100
  stop after 2 epochs
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.lenet"
    path.write_text(SMALL)
    return path


def part_of(dataset: Dataset, count: int) -> Dataset:
    return replace(dataset, train=dataset.train.take(np.arange(count)))


@pytest.mark.parametrize(
    "optimizer",
    [
        pytest.param(OPTIMIZERS["sgd"].use(), marks=pytest.mark.large),
        pytest.param(OPTIMIZERS["sgd"].use(momentum=0.9), marks=pytest.mark.large),
        OPTIMIZERS["sgd"].use(momentum=0.8, nesterov=True, weight_decay=0.01, decay="all"),
    ],
)
def test_losses_of_twenty_steps_are_the_references(optimizer: Use) -> None:
    """LeNet on digits scaled to 28x28: 20 steps in float32 against float64."""
    graph = check_graph((SPECS / "lenet5.lenet").read_text(), "lenet5")
    loaded = load(compile_graph(graph))
    digits = load_dataset("digits").train
    pixels = np.kron(digits.pixels, np.ones((1, 1, 3, 3), np.uint8))
    pixels = np.pad(pixels, ((0, 0), (0, 0), (2, 2), (2, 2)))[:1000]
    images = Images(pixels, digits.labels[:1000])
    scale, shift = np.float32(1 / 16 / 0.37), np.float32(-0.8)
    weights = initial_weights(loaded.program, 3)
    net = reference_net(graph, to_tensors(loaded.program, weights))
    batch = 96
    trainer = Trainer(
        loaded, deal(images, images, slice_count(batch)),
        Normalization(np.array([scale]), np.array([shift])), weights,
        Updater(optimizer, loaded.program.parameter_count), batch, 3, 2,
        Alone(),
    )  # fmt: skip
    values = pixels.astype(np.float64) * scale + shift
    rate = 0.2 if not optimizer["momentum"] else 0.02
    for number in range(20):
        epoch, step = divmod(number, trainer.steps)
        if step == 0:
            trainer.start_epoch(epoch + 1)
            orders = [shuffled(1000, 3, k, 3, epoch + 1) * 3 + k for k in range(3)]
        got = trainer.step(step, rate)
        own = shares(1000, batch, trainer.slices, step)
        rows = np.concatenate([orders[k][own[k]] for k in range(3)])
        expected, gradients, _ = net.gradients(values[rows], images.labels[rows], "nll")
        net.sgd(
            gradients, rate, optimizer["momentum"], optimizer["nesterov"], optimizer["weight_decay"]
        )
        assert got.loss == pytest.approx(expected, rel=1e-4), number
    final = to_tensors(loaded.program, trainer.weights)
    for name, tensor in final.items():
        layer, key = name.rsplit(".", 1)
        np.testing.assert_allclose(tensor, net.parameters[layer][key], atol=2e-4)


def test_adam_learns(small: Path) -> None:
    optimizer = "optimizer adam weight_decay 0.001"
    text = SMALL.replace("optimizer sgd momentum 0.9", optimizer)
    small.write_text(text.replace("rate 0.1", "rate 0.01"))
    models = [lenet.train(small, engine="local", threads=t) for t in (1, 2)]
    assert models[0].digest == models[1].digest
    assert models[0].history[-1]["validation"]["top1"] > 0.7


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (Rate((0.4,), schedule=RATES["decay"].use(decay=0.5)), [0.4, 0.4 / 1.5, 0.2, 0.16]),
        (Rate((0.1, 0.01), changes=(2,)), [0.1, 0.1, 0.01, 0.01]),
        (Rate((3, 2, 1), changes=(1, 3), unit="epochs"), [3, 3, 2, 2, 2, 2, 1, 1]),
        (Rate((1,), schedule=RATES["cosine"].use()), [1, 0.9619397662556434, 0.8535533905932737]),
        (Rate((1,), warmup=Duration(4, "iterations")), [0.25, 0.5, 0.75, 1, 1]),
        (
            Rate((1,), schedule=RATES["cosine"].use(), warmup=Duration(1, "epochs")),
            [0.5, 1, 1, 0.9330127018922194],
        ),
    ],
)
def test_learning_rates(rate: Rate, expected: list[float]) -> None:
    """Epochs of two iterations, eight in all."""
    got = [rate_at(rate, iteration, 2, 8) for iteration in range(len(expected))]
    assert got == pytest.approx(expected)


@pytest.mark.parametrize(
    ("stop", "epochs"),
    [
        ("stop when top1 above 0.0001", 1),
        ("stop when loss below 1000", 1),
        ("stop after 3 epochs\n  stop when top1 above 2", 3),
        ("stop when top1 above 2\n  stop after 1 epochs", 1),
    ],
)
def test_stop_when(small: Path, stop: str, epochs: int) -> None:
    small.write_text(SMALL.replace("stop after 2 epochs", stop))
    assert len(lenet.train(small, engine="local").history) == epochs


def test_stop_when_nothing_becomes_better() -> None:
    assert list(Stopper((Stop(Use("loss"), "stalls", epochs=2),)).state["best"]) == [
        "Stop(metric='loss', when='stalls', value=0.0, epochs=2)"  # as checkpoints have it
    ]
    stopper = Stopper(
        (Stop(Use("loss"), "stalls", epochs=2), Stop(Use("top1"), "stalls", epochs=4))
    )
    seen = []
    for epoch, (loss, top1) in enumerate([(3, 0.1), (2, 0.1), (2.5, 0.1), (2, 0.1)], start=1):
        stopper.see({"loss": loss, "top1": top1}, epoch)
        seen.append(stopper.reached)
    assert seen == [False, False, False, True]


def test_what_counts_as_better() -> None:
    """Less than `by` is none, and the best stays where it was."""
    stopper = Stopper((Stop(Use("top1"), "stalls", epochs=3, by=0.1),))
    for epoch, value in enumerate((0.2, 0.25, 0.29, 0.31, 0.35, 0.4, 0.41), start=1):
        stopper.see({"top1": value}, epoch)
        assert stopper.reached == (epoch >= 7), epoch


def test_the_loss_of_1998(tmp_path: Path) -> None:
    """rbf and map on digits: it learns, and the codes stay the bitmaps."""
    spec = tmp_path / "net.lenet"
    spec.write_text(
        "input 1x12x12\nconv 4x3x3\ntanh gain 1.7159 slope 2/3\nsubsample 2\nreshape 100\n"
        "linear 84\ntanh gain 1.7159 slope 2/3\nrbf 10 codes ascii7x12\ndata digits\n  pad 2\n"
        "train\n  loss map\n  rate 0.005\n  batch 32\n  stop after 4 epochs\n"
    )
    model = lenet.train(spec, engine="local")
    assert model.history[-1]["validation"]["top1"] > 0.8
    assert np.array_equal(model.tensors["rbf1.codes"], np.array(DIGITS, np.float32))
    images = load_dataset("digits").test.pixels[:7]
    outputs = model.outputs(images)
    assert (np.exp(outputs).sum(axis=1) < 1).all()  # the rest is the rubbish class
    for k in range(7):
        np.testing.assert_allclose(model.outputs(images[k : k + 1]), outputs[k : k + 1], rtol=1e-4)


def test_a_model_carries_what_its_spec_imports(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "blocks.lenet").write_text("block squash\n  tanh\n")
    spec = tmp_path / "net.lenet"
    spec.write_text('import "lib/blocks.lenet"\n' + SMALL.replace("tanh", "squash"))
    model = lenet.train(spec, engine="local", output=tmp_path / "run")
    (tmp_path / "lib" / "blocks.lenet").unlink()
    again = lenet.open(tmp_path / "run" / "model.safetensors")
    images = load_dataset("digits").test.pixels
    np.testing.assert_array_equal(again.outputs(images), model.outputs(images))


def test_the_same_bits_with_any_number_of_threads(small: Path) -> None:
    digests = {lenet.train(small, engine="local", threads=t).digest for t in (1, 2, 3, 7)}
    assert len(digests) == 1


def test_flatten_gives_the_same_weights_as_a_reshape(small: Path) -> None:
    reshaped = lenet.train(small, engine="local").digest
    small.write_text(SMALL.replace("reshape 4*4*4", "flatten"))
    assert lenet.train(small, engine="local").digest == reshaped


def test_another_seed_gives_other_weights(small: Path) -> None:
    one = lenet.train(small, engine="local", epochs=1)
    small.write_text(SMALL + "  seed 2\n")
    assert lenet.train(small, engine="local", epochs=1).digest != one.digest


@pytest.mark.parametrize(("rows", "batch"), [(1, 1), (5, 100), (101, 100), (257, 64), (333, 47)])
def test_any_rows_and_batch(small: Path, rows: int, batch: int) -> None:
    small.write_text(SMALL.replace("batch 100", f"batch {batch}"))
    dataset = part_of(load_dataset("digits"), rows)
    seen = []
    models = [
        lenet.train(small, dataset, engine="local", threads=t, watch=seen.append) for t in (1, 2)
    ]
    assert models[0].digest == models[1].digest
    iterations = [e for e in seen if e["event"] == "iteration"]
    assert len(iterations) == 2 * 2 * -(-rows // batch)
    assert all(np.isfinite(e["loss"]) for e in iterations)


def test_the_gradient_that_is_logged_is_what_a_plain_step_takes(small: Path) -> None:
    events: list[dict[str, Any]] = []
    for more in ("", "  log gradients every iteration\n"):
        path = small.with_name("logged.lenet")
        path.write_text(small.read_text().replace("momentum 0.9", "") + more)
        digests = [lenet.train(path, engine="local", watch=events.append, progress=False).digest]
    plain = small.with_name("plain.lenet")
    plain.write_text(small.read_text().replace("momentum 0.9", ""))
    assert digests == [lenet.train(plain, engine="local", progress=False).digest]
    found = [e for e in events if e["event"] == "parameters"]
    assert found and {e["of"] for e in found} == {"gradients"}
    graph = check_graph(plain.read_text(), "x")
    program = compile_graph(graph)
    sizes = {slot.name: slot.size for slot in program.slots}
    assert {e["name"]: e["count"] for e in found} == sizes
    images = load_dataset("digits").train
    weights = initial_weights(program, 1)
    normalization = Normalization(np.full(1, 1 / 16, np.float32), np.zeros(1, np.float32))
    trainer = Trainer(load(program), deal(images, images, 3), normalization, weights,
                      updater_of(graph, program), 96, 1, 2, Alone())  # fmt: skip
    trainer.start_epoch(1)
    before = weights.copy()
    trainer.step(0, 0.125)
    np.testing.assert_allclose(before - weights, trainer.gradient() / 8, atol=1e-7)


class Split:
    """One of two workers of which the other's sums are added by hand."""

    aside = None

    def __init__(self, rank: int, shared: list[np.ndarray]) -> None:
        self.rank, self.size, self.shared = rank, 2, shared

    def all_reduce(self, total: np.ndarray) -> None:
        if self.rank == 0:
            self.shared.append(total.copy())
        else:
            total += self.shared.pop()


def test_sums_of_two_workers_are_the_sums_of_one() -> None:
    """The step's interface bears several workers: half of the slices each, exact sums."""
    graph = check_graph(SMALL, "small")
    loaded = load(compile_graph(graph))
    images = load_dataset("digits").train
    normalization = Normalization(np.full(1, 1 / 16, np.float32), np.zeros(1, np.float32))

    def trainer(communicator) -> Trainer:
        weights = initial_weights(loaded.program, 1)
        shard = deal(images, images, slice_count(100), communicator.rank, communicator.size)
        made = Trainer(
            loaded,
            shard,
            normalization,
            weights,
            updater_of(graph, loaded.program),
            100,
            1,
            1,
            communicator,
        )
        made.start_epoch(1)
        return made

    shared: list[np.ndarray] = []
    alone, first, second = trainer(Alone()), trainer(Split(0, shared)), trainer(Split(1, shared))
    expected = alone.step(0, 0.1)
    first.step(0, 0.1)
    assert second.step(0, 0.1) == expected
    assert np.array_equal(second.weights, alone.weights)


@pytest.mark.parametrize("rate", ["1e38", "1e30", "1000"])
def test_divergence_is_a_clear_error(small: Path, rate: str) -> None:
    """Whichever breaks first: a gradient, the loss, a parameter, or the validation."""
    text = SMALL.replace("rate 0.1", f"rate {rate}").replace("dropout 0.2\n", "")
    small.write_text(text.replace("batch 100", "batch 32").replace("2 epochs", "40 epochs"))
    with pytest.raises(LenetError, match="diverged") as caught:
        lenet.train(small, engine="local")
    assert "iteration" in caught.value.detail and "rate" in caught.value.fix


def test_stop_after_iterations_and_validation_between(small: Path) -> None:
    text = SMALL.replace("stop after 2 epochs", "stop after 20 iterations")
    small.write_text(text + "  validate top1 every 4 iterations\n")
    events: list[dict] = []
    model = lenet.train(small, engine="local", watch=events.append)
    assert sum(e["event"] == "iteration" for e in events) == 20
    validated = [e["iteration"] for e in events if e.get("validation")]
    assert validated == [4, 8, 12, 15, 16, 20]
    assert model.history[-1]["iteration"] == 20


def test_data_that_do_not_fit_the_net(small: Path) -> None:
    dataset = load_dataset("digits")
    wide = np.zeros((20, 1, 8, 9), np.uint8)
    images = Images(wide, np.zeros(20, np.int32))
    with pytest.raises(LenetError, match="1x8x9"):
        lenet.train(small, replace(dataset, train=images, test=images), engine="local")
    with pytest.raises(LenetError, match="3 classes"):
        lenet.train(small, replace(dataset, classes=("a", "b", "c")), engine="local")
    stops = small.read_text().replace("stop after 2 epochs", "stop when top1 above 0.5")
    assert stops != small.read_text()
    small.write_text(stops)
    with pytest.raises(LenetError, match="no test images"):
        lenet.train(small, replace(dataset, test=None), engine="local")


def test_normalize_sees_the_training_images_only(small: Path) -> None:
    small.write_text(SMALL.replace("data digits", "data digits\n  normalize"))
    model = lenet.train(small, engine="local", epochs=1)
    values = load_dataset("digits").train.pixels / 16
    assert model.mean == pytest.approx((values.mean(),))
    assert model.deviation == pytest.approx((values.std(),))


def test_a_file_without_train_or_data(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text("input 4\nlinear 2\nlogsoftmax\n")
    with pytest.raises(LenetError, match="what to train on"):
        lenet.train(path, engine="local")


def test_lenet_learns_mnist(data_folder: Path) -> None:
    """Two epochs of the reference net on the real digits; the bits do not change by chance."""
    model = lenet.train(SPECS / "lenet5.lenet", data_folder, engine="local", epochs=2)
    assert model.history[-1]["validation"]["top1"] > 0.9
    assert digest(model.tensors) == model.digest


def test_a_run_that_cannot_start_costs_no_old_one(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    old = lenet.train(small, engine="local", epochs=1, output=folder)
    with pytest.raises(LenetError, match="already"):
        lenet.train(small, engine="local", output=folder)
    images = Images(np.zeros((20, 1, 8, 9), np.uint8), np.zeros(20, np.int32))
    wrong = replace(load_dataset("digits"), train=images, test=images)
    with pytest.raises(LenetError, match="1x8x9"):
        lenet.train(small, wrong, engine="local", output=folder, overwrite=True)
    assert lenet.open(folder / "model.safetensors").digest == old.digest
    new = lenet.train(small, engine="local", epochs=2, output=folder, overwrite=True)
    assert lenet.open(folder / "model.safetensors").digest == new.digest != old.digest
    assert len(list((folder / "tensorboard").iterdir())) == 1


def test_bad_datasets_are_refused(small: Path) -> None:
    good = load_dataset("digits")
    with pytest.raises(LenetError, match="labels cannot be used"):
        Images(good.train.pixels, good.train.labels[:-1])
    with pytest.raises(LenetError, match="pixels cannot be used"):
        Images(good.train.pixels.astype(np.float64), good.train.labels)
    with pytest.raises(LenetError, match="negative"):
        Images(good.train.pixels, good.train.labels - 1)
    beyond = Images(good.train.pixels, good.train.labels + 2)
    with pytest.raises(LenetError, match="label 11"):
        lenet.train(small, replace(good, train=beyond), engine="local")


def test_more_memory_than_there_is(small: Path, monkeypatch) -> None:
    from lenet.runtime.machine import cores

    monkeypatch.setattr(cores, "total_memory", lambda: 4096)
    with pytest.raises(LenetError, match="memory"):
        lenet.train(small, engine="local")


def test_threads_of_the_user_may_share_a_model(small: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    model = lenet.train(small, engine="local", epochs=1)
    pixels = load_dataset("digits").test.pixels
    expected = model.outputs(pixels)
    with ThreadPoolExecutor(4) as pool:
        for outputs in pool.map(model.outputs, [pixels] * 40):
            np.testing.assert_array_equal(outputs, expected)


def test_a_few_images_are_shared_among_threads() -> None:
    """Where they are much work; and each has the same outputs however many there are."""
    program = compile_graph(check_graph("input 600\nlinear 500\ntanh\nlinear 3", "x"))
    loaded, weights = load(program), initial_weights(program, 1)
    rows = frozen(np.random.default_rng(1).integers(0, 256, (70, 600), np.uint8))
    normalization = Normalization(np.ones(1, np.float32), np.zeros(1, np.float32))
    one, three = (Predictor(loaded, threads).take(weights) for threads in (1, 3))
    wanted = one.outputs(rows, normalization)
    assert np.array_equal(three.outputs(rows, normalization), wanted)
    assert [three.together(count) for count in (7, 48, 49, 10_000)] == [16, 16, 32, 512]
    assert one.together(7) == 16 and one.together(600) == 512
    small = Predictor(load(compile_graph(check_graph("input 60\nlinear 3", "x"))), 3)
    assert small.together(48) == 512
