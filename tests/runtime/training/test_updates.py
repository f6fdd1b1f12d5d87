"""What a file says of the gradient before the optimizer, and of parts of the parameters: clip, l1,
l2, max_norm, weight decay, rates and frozen layers; against numpy in float64."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.compiler.optimizers.exact import FRACTION_BITS
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.dsl.check import check, check_graph
from lenet.dsl.graph import Graph
from lenet.runtime.training.job import digest_of
from lenet.runtime.training.parameters import initial_weights, to_tensors
from lenet.runtime.training.updater import parts_of, updater_of

NET = """\
input 1x8x8
conv 3x3x3{conv}
tanh
repeat 2 as deep
  conv 3x3x3
  batchnorm
  relu
flatten
linear 5{linear}
logsoftmax
train
  rate 0.1
  optimizer {optimizer}
"""


def net_of(section: str = "", optimizer: str = "sgd momentum 0.9", **lines: str) -> Graph:
    text = NET.format(optimizer=optimizer, **{"conv": "", "linear": "", **lines})
    return check_graph(text + section, "x")


def in_turn(count: int, work: Any) -> None:
    for number in reversed(range(count)):
        work(number)


def trained(
    graph: Graph, expect: Any, steps: int = 50, momenta: Sequence[float] = ()
) -> None:  # fmt: skip
    """Fifty steps with random gradients; `expect` gives the new tensor and its velocity in float64
    of a name, a tensor, its gradient, its velocity and all gradients. `momenta` are those of the
    steps."""
    program = compile_graph(graph)
    updater, rng = updater_of(graph, program), np.random.default_rng(5)
    weights, size = initial_weights(program, 1), program.parameter_count
    ours = as_float64(program, weights)
    states = {name: np.zeros(tensor.shape) for name, tensor in ours.items()}
    for number in range(1, steps + 1):
        total = rng.integers(-(2**40), 2**40, size)
        parts, updater.steps = parts_of(total), number
        gradients = as_float64(program, (total * 2.0**-FRACTION_BITS).astype(np.float32))
        for name, gradient in gradients.items():
            ours[name], states[name] = expect(
                name, ours[name], gradient, states[name], (ours, gradients)
            )
        if momenta:
            updater.take_momentum(momenta[number - 1])
        updater.look(weights, parts, 1.0, 0.1, in_turn)
        for first, last in ((0, 100), (100, size)):
            assert updater(weights, parts, 1.0, first, last, 0.1) == 0
        updater.finish(weights)
        for name, tensor in to_tensors(program, weights).items():
            np.testing.assert_allclose(tensor, ours[name], 1e-5, 2e-6, err_msg=name)


def as_float64(program: Program, weights: np.ndarray) -> dict[str, np.ndarray]:
    return {name: t.astype(np.float64) for name, t in to_tensors(program, weights).items()}


def momentum(w: Any, g: Any, v: Any, rate: float = 0.1) -> tuple[Any, Any]:
    v = 0.9 * v + g
    return w - rate * v, v


@pytest.mark.parametrize("wanted", ["weights", "all"])
def test_weight_decay_spares_biases_and_normalizations(wanted: str) -> None:
    def expect(name: str, w: Any, g: Any, v: Any, _: Any) -> tuple[Any, Any]:
        return momentum(w, g + 0.1 * w if wanted == "all" or w.ndim > 1 else g, v)

    trained(net_of(optimizer=f"sgd momentum 0.9 weight_decay 0.1 decay {wanted}"), expect)


def test_l1_and_l2_are_for_weights_and_a_line_says_its_own() -> None:
    def expect(name: str, w: Any, g: Any, v: Any, _: Any) -> tuple[Any, Any]:
        if w.ndim > 1:
            l1 = 0.0 if name == "linear1.weight" else 0.05
            l2 = 0.5 if name == "conv1.weight" else 0.1
            g = g + l1 * np.sign(w) + l2 * w
        return momentum(w, g, v)

    trained(net_of("  l1 0.05\n  l2 0.1\n", conv=" l2 0.5", linear=" l1 0"), expect)


def test_a_value_is_clipped_after_l2() -> None:
    def expect(name: str, w: Any, g: Any, v: Any, _: Any) -> tuple[Any, Any]:
        return momentum(w, np.clip(g + 0.3 * w if w.ndim > 1 else g, -0.25, 0.25), v)

    trained(net_of("  l2 0.3\n  clip value 0.25\n"), expect)


@pytest.mark.parametrize("most", [0.5, 1000])
def test_a_norm_is_clipped_of_what_is_trained(most: float) -> None:
    def expect(name: str, w: Any, g: Any, v: Any, whole: Any) -> tuple[Any, Any]:
        if name.startswith("conv1."):
            return w, v
        tensors, gradients = whole
        squares = sum(
            ((gradient + 0.2 * start[n] * (gradient.ndim > 1)) ** 2).sum()
            for n, gradient in gradients.items() if not n.startswith("conv1.")
            for start in [before]
        )  # fmt: skip
        g = (g + 0.2 * w if w.ndim > 1 else g) * min(1, most / np.sqrt(squares))
        return momentum(w, g, v)

    before: dict[str, Any] = {}

    def step(name: str, w: Any, g: Any, v: Any, whole: Any) -> tuple[Any, Any]:
        if name == next(iter(whole[1])):  # all tensors, before any is changed
            before.clear()
            before.update({key: tensor.copy() for key, tensor in whole[0].items()})
        return expect(name, w, g, v, whole)

    trained(net_of(f"  l2 0.2\n  clip norm {most}\n", conv=" frozen"), step)


def test_rates_and_frozen_layers() -> None:
    def expect(name: str, w: Any, g: Any, v: Any, _: Any) -> tuple[Any, Any]:
        if name.startswith("deep"):
            return w, v
        return momentum(w, g, v, 0.1 * (0.25 if name.startswith("linear1") else 1))

    trained(net_of("  freeze deep\n", linear=" rate x 0.25"), expect)


def test_the_weights_of_an_output_are_shortened() -> None:
    def expect(name: str, w: Any, g: Any, v: Any, _: Any) -> tuple[Any, Any]:
        w, v = momentum(w, g, v)
        if w.ndim > 1:
            most = 0.2 if name == "linear1.weight" else 0.7
            norm = np.sqrt((w.reshape(len(w), -1) ** 2).sum(axis=1))
            factor = np.minimum(1, most / norm)
            w = w * factor.reshape(-1, *[1] * (w.ndim - 1))
        return w, v

    trained(net_of("  max_norm 0.7\n", linear=" max_norm 0.2"), expect)


def test_a_cycle_has_its_momentum_whatever_the_optimizers_own_is() -> None:
    momenta = [0.95 - 0.002 * k for k in range(50)]
    for own in ("sgd", "sgd momentum 0.5"):
        left = {}

        def expect(name: str, w: Any, g: Any, v: Any, _: Any, left: Any = left) -> Any:
            left.setdefault(name, list(momenta))
            v = left[name].pop(0) * v + g
            return w - 0.1 * v, v

        graph = net_of(optimizer=own)
        text = graph.source.replace("rate 0.1", "rate 0.1 onecycle momentum 0.95 to 0.85")
        trained(check_graph(text, "x"), expect, momenta=momenta)
        assert left and not any(left.values())


def test_adam_takes_the_momentum_of_a_cycle_as_its_beta1() -> None:
    """And its correction is that of the beta1 of the step, as in PyTorch."""
    squares: dict[str, Any] = {}

    def expect(name: str, w: Any, g: Any, m: Any, _: Any) -> Any:
        t, v = squares.get(name, (0, np.zeros_like(w)))
        t, beta1 = t + 1, momenta[t]
        m, v = beta1 * m + (1 - beta1) * g, 0.999 * v + 0.001 * g * g
        squares[name] = t, v
        root = np.sqrt(v / (1 - 0.999**t))
        return w - 0.1 * m / (1 - beta1**t) / (root + 1e-8), m

    momenta = [0.95 - 0.002 * k for k in range(50)]
    trained(net_of(optimizer="adam"), expect, momenta=momenta)


def test_of_a_transposed_convolution_they_are_the_second_axis() -> None:
    def expect(name: str, w: Any, g: Any, v: Any, _: Any) -> tuple[Any, Any]:
        w, v = momentum(w, g, v)
        if name == "upconv1.weight":
            w = w * np.minimum(1, 0.3 / np.sqrt((w**2).sum(axis=(0, 2, 3), keepdims=True)))
        return w, v

    text = NET.format(
        conv="\nupconv 4x2x3 stride 2 max_norm 0.3", linear="", optimizer="sgd momentum 0.9"
    )
    trained(check_graph(text, "x"), expect)


@pytest.mark.parametrize("name", ["lars", "lamb"])
def test_each_tensor_has_a_trust_of_its_own_and_those_that_are_spared_have_none(name: str) -> None:
    graph = net_of(optimizer=f"{name} weight_decay 0.1")
    program = compile_graph(graph)
    updater, rng = updater_of(graph, program), np.random.default_rng(5)
    weights = initial_weights(program, 1)
    updater.steps = 1
    total = rng.integers(-(2**40), 2**40, program.parameter_count)
    updater.look(weights, parts_of(total), 1.0, 0.1, in_turn)
    shapes = [slot.shape for slot in program.slots if slot.parameter.trained]
    assert [trust == 1 for trust in updater.trusts] == [len(shape) == 1 for shape in shapes]
    weighted = [trust for trust in updater.trusts if trust != 1]
    assert len(set(weighted)) == len(weighted) == 4


def test_a_step_by_all_parameters_spares_what_is_frozen_and_has_the_rates_of_layers() -> None:
    steps = {}
    for factor in ("", " rate x 0.5"):
        graph = net_of("  freeze deep\n", "lbfgs", linear=factor)
        program = compile_graph(graph)
        updater, weights = updater_of(graph, program), initial_weights(program, 1)
        rng, before = np.random.default_rng(3), to_tensors(program, weights)
        updater.steps = 1
        parts = parts_of(rng.integers(-(2**40), 2**40, program.parameter_count))
        updater.look(weights, parts, 1.0, 0.1, in_turn)
        assert updater(weights, parts, 1.0, 0, program.parameter_count, 0.1) == 0
        after = to_tensors(program, weights)
        steps[factor] = {name: tensor - before[name] for name, tensor in after.items()}
    for name, step in steps[""].items():
        assert step.any() == (name.split(".")[0] in ("conv1", "linear1")), name
        half = 0.5 if name.startswith("linear1") else 1
        np.testing.assert_allclose(steps[" rate x 0.5"][name], half * step, atol=1e-6)


WORDS = """\
  optimizer lamb weight_decay 0.01
  clip norm 1
  l1 0.0001
  l2 0.0001
  max_norm 2
  freeze deep
  batch 100
  stop after 2 epochs
"""


@pytest.mark.slow
@pytest.mark.parametrize("net", ["phased", pytest.param("plain", marks=pytest.mark.large)])
def test_the_bits_are_those_of_any_threads_and_of_spark(
    net: str, tmp_path: Path, spark: Any
) -> None:
    path = tmp_path / "net.lenet"
    text = NET.format(optimizer="x", conv=" rate x 0.5", linear=" l2 0.1")
    text = text.replace("  optimizer x\n", WORDS).replace("linear 5", "linear 10")
    text = text.replace("train\n", "data digits\ntrain\n")
    path.write_text(text if net == "phased" else text.replace("  batchnorm\n", ""))
    digests = {
        lenet.train(path, progress=False, **options).digest
        for options in (
            {"engine": "local", "threads": 1}, {"engine": "local", "threads": 2},
            {"spark": spark},
        )
    }  # fmt: skip
    assert len(digests) == 1


def test_an_older_run_whose_decay_was_for_all_goes_on_as_such() -> None:
    """Its identity is that of `decay all`; what spares biases is another training."""

    def identity(optimizer: str) -> str:
        return digest_of(net_of(optimizer=optimizer), (1.0,), (0.0,), "data")

    every = identity("sgd momentum 0.9 weight_decay 0.1 decay all")
    spared = identity("sgd momentum 0.9 weight_decay 0.1")
    assert every != spared
    assert identity("sgd momentum 0.9 decay all") == identity("sgd momentum 0.9")


@pytest.mark.parametrize(("line", "said"), [
    ("linear 5 rate 0.1", "write `rate x 0.1`"),
    ("linear 5 rate", "It takes a factor, like rate x 0.1"),
    ("linear 5 rate x -1", ""),
    ("linear 5 frozen 3", "Its options are"),
    ("linear 5 frozen frozen", "twice"),
    ("linear 5 rate x 2x3", ""),
    ("linear 5 max_norm 0", "must be at least"),
])  # fmt: skip
def test_what_a_layers_line_cannot_say(line: str, said: str) -> None:
    text = NET.format(optimizer="sgd", conv="", linear="").replace("linear 5", line)
    found = check(text)
    assert found.graph is None
    assert said in "\n".join(f"{d.title} {d.detail} {d.fix}" for d in found.diagnostics)


@pytest.mark.parametrize(("line", "said"), [
    ("freeze deeep", "did you mean `deep`"),
    ("freeze tanh1", "no layer with parameters"),
    ("freeze", "freeze linear1"),
    ("clip 1", "clip norm 1"),
    ("clip norm 0", "at least"),
    ("clip size 3", "norm, value"),
    ("l2", "l2 0.0001"),
    ("max_norm 0", "at least"),
])  # fmt: skip
def test_what_the_section_cannot_say(line: str, said: str) -> None:
    found = check(NET.format(optimizer="sgd", conv="", linear="") + f"  {line}\n")
    assert found.graph is None
    text = "\n".join(f"{d.title} {d.detail} {d.fix}" for d in found.diagnostics)
    assert said in text, text


def test_something_is_to_be_left_to_train() -> None:
    net = "input 1x8x8\nflatten\nlinear 5{}\nlogsoftmax\ntrain\n  rate 0.1\n"
    for text in (net.format(" frozen"), net.format("") + "  freeze linear1\n"):
        (found,) = check(text).diagnostics
        assert found.code == "E046" and "frozen" in found.detail
