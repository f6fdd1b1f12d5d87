"""Nets of many layers: their long functions are made of parts."""

from collections.abc import Callable

import numpy as np
import pytest

from lenet.compiler.codegen import steps
from lenet.compiler.codegen.steps import Parts, Step
from lenet.compiler.jit.cache import load
from lenet.compiler.memory.phase import Buffer
from lenet.compiler.memory.plan import _first_fit
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.target import Target
from lenet.dsl.check import check_graph
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.runtime.data.dataset import Images
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import initial_weights
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import Updater
from nets import make_case, spec_of, variations

NETS = {
    "one phase": "input 1x3x3; repeat 3; .conv 1x3x3 pad 1; .tanh; .dropout 0.25; "
    "flatten; linear 3; logsoftmax",
    "phases": "input 1x3x3; flatten; repeat 3; .linear 9; .reshape 1x3x3; .batchnorm; .flatten; "
    "linear 3; logsoftmax",
}  # fmt: skip
Begin = Callable[[], None]


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> Begin:
    """From now on, hardly any list stands as it is."""

    def begin() -> None:
        monkeypatch.setattr(steps, "MOST", 6)
        monkeypatch.setattr(steps, "_DIFFERENT", 4)

    return begin


@pytest.mark.parametrize("name", variations(NETS, ["phases"]))
def test_parts_give_the_same_bits(name: str, in_parts: Begin) -> None:
    found = []
    for begin in (lambda: None, in_parts):
        begin()
        case = make_case(spec_of(NETS[name]), images=70)
        totals, gradient = case.sums(np.arange(70))
        found.append((totals, gradient, case.outputs(), case.single_outputs()))
    for function in ("predict_slice", "predict_single", "train_slice"):
        assert f"def {function}_part1(" in case.loaded.program.source
    for one, other in zip(*found, strict=True):
        assert np.isfinite(one).all()
        assert one.tobytes() == other.tobytes()


def test_how_parts_are_written(in_parts: Begin, golden: Callable[[str, str], None]) -> None:
    in_parts()
    chain = "input 1x3x3; repeat 4; .conv 1x3x3 pad 1; .tanh; flatten; linear 2; logsoftmax"
    graph = check_graph(spec_of(chain), "test.lenet")
    source = compile_graph(graph, Target("golden", 32, 16), probes=True).source
    parts = (p for p in source.split("\n\n\n") if "_part" in p)
    golden("compiler/parts.txt", "\n\n\n".join(parts) + "\n")


def test_probes_measure_each_call_of_a_part(in_parts: Begin) -> None:
    in_parts()
    graph = check_graph(spec_of("input 9; repeat 5; .linear 9; .tanh; linear 3"), "test.lenet")
    program = compile_graph(graph, probes=True)
    assert "def predict_slice_part0(" in program.source
    times = np.zeros(len(program.predict_calls), np.int64)
    weights, pixels = initial_weights(program, 1), frozen(np.ones((16, 9), np.uint8))
    scale, shift = np.ones(1, np.float32), np.zeros(1, np.float32)
    outputs = np.zeros((16, 3), np.float32)
    load(program).predict_slice(pixels.dtype)(
        aligned_floats(program.predict_floats), weights, pixels, np.arange(16), scale, shift, True,
        outputs, times,
    )  # fmt: skip
    assert outputs.any()
    assert (times > 0).all()


@pytest.mark.parametrize("alike", [False, True])
def test_any_list_becomes_short(alike: bool) -> None:
    given = [Step(f"f{'' if alike else k}(rows, {{}})", (k,)) for k in range(9_000)]
    parts = Parts("whole")
    assert sum(step.lines for step in parts.shortened(given)) <= steps.MOST
    assert len(parts.sources) == (1 if alike else 188 + 4)
    functions = [source.split("@Kernel")[1] for source in parts.sources]
    assert max(function.count("\n") for function in functions) <= 48 + 3
    calls = [line for f in functions for line in f.splitlines() if line.strip().startswith("f")]
    assert len([call for call in calls if "(rows, " in call]) == (1 if alike else 9_000)


def test_the_first_place_that_fits() -> None:
    random = np.random.default_rng(3)
    spans = [
        (Buffer(f"{k}", size), size, first, first + int(random.integers(0, 20)))
        for k, (size, first) in enumerate(random.integers(0, 60, (200, 2)).tolist())
    ]
    offsets, total = _first_fit(spans)
    placed: list[tuple[int, int, int, int]] = []
    for buffer, need, first, last in sorted(spans, key=lambda s: (-s[0].size, s[2], s[0].name)):
        meeting = [place[:2] for place in placed if place[2] <= last and first <= place[3]]
        at = next(
            at
            for at in sorted({0, *(end for _, end in meeting)})
            if all(at + need <= start or end <= at for start, end in meeting)
        )
        assert offsets[buffer.name] == at
        placed.append((at, at + need, first, last))
    assert total == max(end for _, end, _, _ in placed)


def test_three_hundred_layers_train() -> None:
    chain = "input 1x3x3; flatten; repeat 150; .linear 8; .tanh; linear 3; logsoftmax"
    case = make_case(spec_of(chain), images=40)
    expected_loss, expected, _ = case.reference.gradients(case.values(), case.labels, "nll")
    loss, got, _ = case.kernels()
    assert loss == pytest.approx(expected_loss, rel=2e-5)
    largest = max(np.abs(value).max() for value in expected.values())
    for name, value in expected.items():
        assert np.abs(got[name] - value).max() < 1e-4 * largest, name
    assert np.abs(case.outputs() - case.single_outputs()).max() < 1e-5
    images = Images(case.pixels, case.labels)
    normalization = Normalization(*case.normalization())
    trained = []
    optimizer, size = OPTIMIZERS["sgd"].use(momentum=0.9), case.loaded.program.parameter_count
    for threads in (1, 2):
        trainer = Trainer(
            case.loaded, deal(images, images, 3), normalization,
            initial_weights(case.loaded.program, 1), Updater(optimizer, size), 20, 1, threads,
            Alone(),
        )  # fmt: skip
        trainer.start_epoch(0)
        losses = [trainer.step(step, 0.1).loss for step in range(2)]
        trained.append((trainer.weights.tobytes(), losses))
    assert trained[0] == trained[1]
