"""Nets of other exporters: the same answers as ONNX Runtime gives for the file itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_graphs import GRAPHS, Writer
from onnx_nets import run
from scipy.special import log_softmax

from lenet.dsl.shapes import product
from lenet.runtime.imports.onnx.imported import Wanted, import_onnx
from lenet.runtime.models.model import Model
from lenet.runtime.models.onnx_file import onnx_bytes


def difference(model: Model, data: bytes, white: float) -> float:
    """The largest one between the file's outputs and those of the model, in the size of the largest
    output. The model is run as the ONNX file that we make of it, so that nothing is compiled."""
    given = onnx.load_from_string(data).graph.input[0].type.tensor_type.shape.dim
    shape = [own.dim_value for own in given][1:]
    count = given[0].dim_value or 3
    values = np.random.default_rng(2).uniform(0, white, (count, *shape)).astype(np.float32)
    expected = run(data, values)
    ours = values
    if len(model.graph.input) == 3:
        if shape[-1] == model.graph.input[0] and shape[0] != shape[-1]:
            ours = values.transpose(0, 3, 1, 2)
        ours = ours.reshape(count, *model.image_shape) * (255 / white)
    found = run(onnx_bytes(model), ours)
    if model.graph.answers == "class":
        sums = expected.sum(axis=-1)
        if not np.allclose(sums, 1, atol=1e-4):
            expected = np.exp(log_softmax(expected, axis=-1))
    assert product(expected.shape) == product(found.shape)
    return float(np.abs(found.reshape(expected.shape) - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_a_graph(graph: Callable[[], tuple[Writer, str]], tmp_path: Path) -> None:
    writer, end = graph()
    path = writer.save(tmp_path / "net.onnx", end)
    found = import_onnx(path, Wanted())
    print(found.model.source)
    assert difference(found.model, path.read_bytes(), found.white) < 1e-5
