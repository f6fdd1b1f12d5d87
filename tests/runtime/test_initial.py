"""Initial values: what the words of `init` give, and that biases begin at 0."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check, check_graph
from lenet.dsl.initial import INITIAL
from lenet.runtime.initial import normals
from lenet.runtime.training.parameters import initial_weights, to_tensors
from reference.initial import INITIAL as MEANT

NET = "input 8x9x9\nconv 32x5x3 init {0}\nrelu\nflatten\nlinear 40 init {0}\nlogsoftmax\n"
WRITTEN = [
    " ".join(entry.example.split()[entry.example.split().index("init") + 1 :])
    for entry in INITIAL.values()
]


def tensors(init: str, seed: int = 1) -> dict[str, np.ndarray]:
    """Of the net above."""
    program = compile_graph(check_graph(NET.format(init), "x"))
    return to_tensors(program, initial_weights(program, seed))


def test_there_is_a_reference_for_each() -> None:
    assert set(MEANT) == set(INITIAL)


@pytest.mark.parametrize(
    "written",
    [*WRITTEN, "he uniform", "lecun uniform", "xavier normal", "uniform 0.1", "orthogonal gain 2"],
)
def test_weights_are_drawn_as_the_word_says(written: str) -> None:
    word, *values = written.split()
    for name, tensor in tensors(written).items():
        if name.endswith("bias"):
            assert not tensor.any()
            continue
        matrix = tensor.reshape(len(tensor), -1).astype(np.float64)
        outputs = tensor.shape[0] * math.prod(tensor.shape[2:])
        MEANT[word](matrix, matrix.shape[1], outputs, values)


def test_what_each_output_sees_of_its_group() -> None:
    """And what each input is seen by; of a transposed kernel a stride leaves a part."""
    text = (
        "input 8x9x9\nconv 32x5x3 groups 4 init {0}\ndepthwise 3 multiplier 2 init {0}\n"
        "upconv 24x4x4 stride 2 init {0}\nflatten\n"
    )
    fans = {"conv1": (2 * 15, 8 * 15), "depthwise1": (9, 18), "upconv1": (64 * 4, 24 * 16)}
    for word in ("he", "xavier"):
        program = compile_graph(check_graph(text.format(word), "x"))
        found = to_tensors(program, initial_weights(program, 1))
        for layer, (inputs, outputs) in fans.items():
            tensor = found[f"{layer}.weight"].astype(np.float64)
            MEANT[word](tensor.reshape(len(tensor), -1), inputs, outputs, [])


def test_seeds_and_tensors_have_values_of_their_own() -> None:
    first, other = tensors("normal 1"), tensors("normal 1", seed=2)
    assert not np.array_equal(first["conv1.weight"], other["conv1.weight"])
    start = first["conv1.weight"].ravel()[:1000]
    assert not np.array_equal(start, first["linear1.weight"].ravel()[:1000])


def test_uniform_without_a_number_is_what_layers_do_without_init() -> None:
    plain = compile_graph(check_graph(NET.replace(" init {0}", ""), "x"))
    found = to_tensors(plain, initial_weights(plain, 1))
    np.testing.assert_array_equal(found["conv1.weight"], tensors("uniform")["conv1.weight"])


def test_masked_weights_stay_0() -> None:
    text = "table t\n  X .\n  . X\ninput 2x8x8\nconv 2x3x3 connect t init constant 1\n"
    program = compile_graph(check_graph(text, "x"))
    weight = to_tensors(program, initial_weights(program, 1))["conv1.weight"]
    np.testing.assert_array_equal(weight[:, :, 0, 0], [[1, 0], [0, 1]])


def test_quantiles_of_the_normal_distribution() -> None:
    p = ((np.random.PCG64(1).random_raw(5000) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    exact = [NormalDist().inv_cdf(value) for value in p]
    np.testing.assert_allclose(normals(np.random.PCG64(1), 5000), exact, rtol=1e-13, atol=1e-15)


def test_they_stay_the_same_bits() -> None:
    """On every machine and with every version of numpy: a model is told by its seed."""
    found = normals(np.random.PCG64(7), 3).astype(np.float32).view(np.uint32)
    assert [hex(value) for value in found.tolist()] == BITS


BITS = ["0x3ea345b3", "0x3fa206dc", "0x3f41f8d8"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("conv 4x3x3 init", "E012"),
        ("conv 4x3x3 init bias no", "E012"),
        ("conv 4x3x3 init zeros", "E051"),
        ("conv 4x3x3 init normal", "E055"),
        ("conv 4x3x3 init normal -1", "E016"),
        ("conv 4x3x3 init uniform 0.1 init uniform 0.1", "E017"),
        ("relu init uniform", "E011"),
    ],
)
def test_mistakes(line: str, code: str) -> None:
    assert [found.code for found in check(f"input 4x8x8\n{line}\n").diagnostics] == [code]
