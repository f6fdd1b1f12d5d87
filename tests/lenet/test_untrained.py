"""Nets with nothing to train: refused where they are to be trained, and fine where they are not."""

import ast
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import lenet
from lenet.cli import app
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.target import Target
from lenet.dsl.messages.diagnostics import SpecError

PLAIN = "input 10x8x8\navgpool all\nlogsoftmax\n"
FIXED = "input 84\nrbf 3 codes ascii7x12\n"
TRAINED = "train\n  rate 0.1\n"


@pytest.mark.parametrize("text", [PLAIN, FIXED])
def test_a_net_without_a_train_section_is_fine(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where `draw` writes
    spec = tmp_path / "net.lenet"
    spec.write_text(text)
    for command, *options in (["check"], ["shapes"], ["draw"], ["compile", "--emit", "kernels"]):
        shown = CliRunner().invoke(app, [command, str(spec), *options])
        assert shown.exit_code == 0, (shown.output, shown.exception)
    network = lenet.load(spec)
    assert network.parameter_count == 0
    assert "one thread needs" in network.summary() and "to train" not in network.summary()
    assert "One thread needs" in network._repr_html_()
    program = compile_graph(network.graph, Target("test", 32, 16))
    assert not program.phases
    ast.parse(program.source)


@pytest.mark.parametrize("text", [PLAIN, FIXED])
@pytest.mark.parametrize("engine", ["local", "spark"])
def test_training_it_is_refused(text: str, engine: str) -> None:
    loss = "  loss map\n" if "rbf" in text else ""
    size = (3, 84) if "rbf" in text else (3, 10, 8, 8)
    data = np.zeros(size, np.float32), np.arange(3)
    with pytest.raises(SpecError, match="nothing to train"):
        lenet.train(text + TRAINED + loss, data, engine=engine)
    with pytest.raises(lenet.LenetError, match="does not say how to train"):
        lenet.train(text, data, engine=engine)


def test_the_fixes_mend_it() -> None:
    assert lenet.load(PLAIN).graph.nodes
    mended = PLAIN.replace("logsoftmax", "linear 10\nlogsoftmax") + TRAINED
    assert lenet.load(mended).parameter_count == 110
    unfixed = FIXED.replace(" codes ascii7x12", "") + TRAINED + "  loss map\n"
    assert lenet.load(unfixed).parameter_count == 3 * 84
