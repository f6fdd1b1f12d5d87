"""What is said of a training that diverged: iteration, layer and tensor."""

from pathlib import Path

import numpy as np
import pytest

import lenet
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.runtime.training.diagnose import first_bad
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import initial_weights

NET = """\
input 1x8x8
conv 4x3x3{first}
{middle}
flatten
linear 12{second}
relu
linear 10{third} as score
logsoftmax
data frame
train
  rate {rate}
  batch 64
  stop after 3 epochs
"""
DIGITS = lenet.datasets.load("digits").train


def said(tmp_path: Path, rate: str = "0.1", middle: str = "relu", **lines: str) -> str:
    path = tmp_path / "net.lenet"
    named = {"first": "", "second": "", "third": "", **lines}
    path.write_text(NET.format(rate=rate, middle=middle, **named))
    pixels = DIGITS.pixels.astype(np.float32)
    with pytest.raises(LenetError, match="diverged") as error:
        lenet.train(path, (pixels, DIGITS.labels), engine="local", progress=False)
    assert error.value.fix.startswith("lower the `rate`")
    return error.value.detail


@pytest.mark.parametrize(("line", "layer"), [
    ("first", "conv1 in line 2"), ("second", "linear1 in line 5"), ("third", "score in line 7"),
])  # fmt: skip
def test_the_first_layer_whose_values_are_not_finite(tmp_path: Path, line: str, layer: str) -> None:
    detail = said(tmp_path, **{line: " init constant 3e38"})
    assert f"what {layer} gives, whose parameters go up to 3e+38" in detail
    assert "iteration 1." in detail


def test_a_net_with_joins_and_normalizations(tmp_path: Path) -> None:
    middle = "add\n  path\n    conv 4x3x3 pad 1 init constant 3e38\n  path"
    assert "what add1.path1.conv1 in line 5 gives" in said(tmp_path, middle=middle)
    assert "iteration" in said(tmp_path, rate="1e6", middle="batchnorm\nrelu")


def test_a_gradient_or_the_parameters_that_are_too_large(tmp_path: Path) -> None:
    detail = said(tmp_path, rate="1e4")
    assert "largest gradient is that of" in detail or "largest values of the net" in detail
    for name in ("conv1", "linear1", "score"):
        if f"{name}." in detail:
            break
    else:
        raise AssertionError(detail)


def test_a_parameter_that_is_no_number() -> None:
    graph = check_graph("input 4\nlinear 3\nlinear 2\n", "x")
    program = compile_graph(graph)
    weights = initial_weights(program, 1)
    plain = Normalization(np.ones(1, np.float32), np.zeros(1, np.float32))
    given = np.zeros((1, program.parameter_count), np.float32), np.ones((2, 4), np.float32), plain
    assert "largest values of the net are in" in first_bad(graph, program, weights, *given)
    given[0][0, -1] = np.inf
    assert "The gradient of linear2.bias" in first_bad(graph, program, weights, *given)
    weights[-3] = np.nan
    assert "The tensor linear2.weight has" in first_bad(graph, program, weights, *given)
