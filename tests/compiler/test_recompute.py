"""Values that are computed again on the way back: the same bits in less memory."""

from pathlib import Path

import numpy as np
import pytest

import lenet
from lenet import LenetError
from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph
from lenet.runtime.machine import cores
from lenet.runtime.training import fitting
from lenet.runtime.training.slices.count import training_bytes
from nets import make_case, spec_of

RESIDUAL = """\
input 1x8x8
conv 6x3x3 pad 1 bias no
batchnorm
relu
repeat 3
  add
    path
      conv 6x3x3 pad 1 bias no
      batchnorm
      relu
      conv 6x3x3 pad 1 bias no
      batchnorm
    path
  relu
avgpool all
linear 10
logsoftmax
"""
TRAIN = "data digits\ntrain\n  rate 0.1\n  batch 96\n  stop after 8 iterations\n"
NETS = {
    "residual": (RESIDUAL, 7),
    "several readers": (spec_of(
        "input 2x6x6; conv 4x3x3 pad 1; batchnorm; relu; concat; .path; ..conv 3x1x1; ..batchnorm; "
        ".path; ..maxpool 3 stride 1 pad 1; ..conv 2x1x1; .path; batchnorm; tanh; conv 3x3x3; "
        "dropout 0.2; flatten; linear 3; logsoftmax"), 1),
    "without phases": (spec_of(
        "input 2x6x6; conv 4x3x3 pad 1; add; .path; ..tanh; ..conv 4x1x1; .path; multiply; .path; "
        ".path; ..sigmoid; conv 3x3x3 pad 1; upsample 2; conv 2x3x3; flatten; linear 3; "
        "logsoftmax"), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("images", [16, 70])
def test_the_same_bits(name: str, images: int) -> None:
    spec, least = NETS[name]
    case = make_case(spec, images)
    losses, gradients, hits = case.kernels()
    program = compile_graph(case.graph, recompute=True)
    assert len(program.again) >= least
    case.loaded = load(program)
    found = case.kernels()
    assert (found[0], found[2]) == (losses, hits)
    for tensor, gradient in gradients.items():
        assert np.array_equal(found[1][tensor], gradient), tensor


def test_deep_nets_keep_fewer_maps() -> None:
    graph = lenet.load(Path(__file__).parents[2] / "specs" / "resnet50.lenet").graph
    usual, less = compile_graph(graph), compile_graph(graph, recompute=True)
    assert less.kept_floats < 0.75 * usual.kept_floats and not usual.again
    assert 0.005 < fitting.share_of_recomputed(less, graph) < 0.05


def test_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[dict] = []

    def trained() -> lenet.Model:
        del events[:]
        return lenet.train(
            RESIDUAL + TRAIN, engine="local", threads=1, progress=False, watch=events.append
        )

    known = trained().digest
    assert not [e for e in events if "on the way back" in str(e)]
    graph = lenet.load(RESIDUAL + TRAIN).graph
    needed = [
        training_bytes(compile_graph(graph, recompute=again), 96, 3, 1, states=0)
        for again in (False, True)
    ]
    assert needed[1] < needed[0]
    monkeypatch.setattr(cores, "total_memory", lambda: needed[0] - 1)
    assert trained().digest == known
    told = [e["text"] for e in events if "on the way back" in str(e)]
    assert len(told) == 1 and "values of" in told[0] and "% longer" in told[0]
    monkeypatch.setattr(cores, "total_memory", lambda: needed[1] - 1)
    with pytest.raises(LenetError, match="would not fit into this machine's memory"):
        trained()
