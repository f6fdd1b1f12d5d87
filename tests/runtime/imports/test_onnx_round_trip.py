"""Our own ONNX files, read as if another program had written them: the same graph comes back."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from generated import generate
from onnx_nets import likely_tensors, run

import lenet
from lenet.compiler.passes.end_in_probabilities import end_in_probabilities
from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph
from lenet.dsl.shapes import product
from lenet.runtime.data.target import Target
from lenet.runtime.imports.onnx.imported import ImportedNet, Wanted, import_onnx
from lenet.runtime.models.model import Model
from lenet.runtime.models.onnx_file import onnx_bytes
from nets import spec_of

SPECS = Path(__file__).parents[3] / "specs"
ONLY_IN_TRAINING = ("dropout", "noise", "stochasticdepth")
PREDICT = "data frame; .predict "
NETS = {
    "scores": "input 3x5x6; conv 4x2x2; relu; flatten; linear 3",
    "probabilities": "input 2x3x4; flatten; linear 4; softmax",
    "padded images": "input 3x8x9; flatten; linear 3; data frame; .pad 2x1",
    "numbers": f"input 6; linear 3; {PREDICT}a b c",
    "a logarithm": f"input 6; linear 1; {PREDICT}log price",
    "yes or no": f"input 6; linear 2; {PREDICT}any of a b",
    "masks": "input 1x6x8; conv 1x3x3 pad 1; train; .loss bce; .rate 0.1",
    "places": "input 1x6x8; conv 3x3x3 pad 1; train; .loss crossentropy; .rate 0.1",
    "images": "input 1x6x8; conv 2x3x3 pad 1; train; .loss mse; .rate 0.1",
}
SMALL = ("autoencoder", "digits", "lenet1", "lenet4", "lenet5", "lenet5-best", "mlp", "mnist-7k",
         "resnet20", "unet")  # fmt: skip
UNREAD = {  # of whose graphs the reader knows too little, and an operation that it names
    "diamonds": "Equal", "ratings": "Gather", "reviews": "Gather", "reviews-means": "Gather",
    "reviews-pieces": "Gather", "stars": "Gather", "transformer": "MatMul",
}  # fmt: skip
SERIES = ("weather", "weather-four")  # which come back as maps of one row
LARGE = tuple(sorted({path.stem for path in SPECS.glob("*.lenet")}
                     - {*SMALL, *UNREAD, *SERIES, "lenet5-1998"}))  # fmt: skip


def model_for(graph: Graph) -> Model:
    """With random weights."""
    channels = graph.input[0] if len(graph.input) > 1 else 1
    names, answers = tuple(f"c{k}" for k in range(product(graph.output))), None
    if graph.answers != "class":
        target = Target.of(graph)
        names = target.names("answer")
        answers = (0.5,) * target.count, (2.0,) * target.count
    return Model(
        graph.source, likely_tensors(graph), names, 1 / 255, (0.3,) * channels, (0.4,) * channels,
        imports=dict(graph.imports), answers=answers,
    )  # fmt: skip


def without_facts(data: bytes) -> bytes:
    """The same file, which does not tell who wrote it."""
    file = onnx.load_from_string(data)
    del file.metadata_props[:]
    stripped: bytes = file.SerializeToString()
    return stripped


def imported(data: bytes, folder: Path, **wanted: bool) -> ImportedNet:
    path = folder / "net.onnx"
    path.write_bytes(data)
    return import_onnx(path, Wanted(**wanted))


def operations(data: bytes) -> list[tuple[str, list[str]]]:
    """The kinds of a file's operations, with the values of their attributes."""
    return [(node.op_type, sorted(map(str, node.attribute)))
            for node in onnx.load_from_string(data).graph.node]  # fmt: skip


def values(data: bytes) -> list[np.ndarray]:
    """All tensors of a file, in the order in which its operations read them."""
    graph = onnx.load_from_string(data).graph
    known = {own.name: onnx.numpy_helper.to_array(own) for own in graph.initializer}
    return [known[name] for node in graph.node for name in node.input if name in known]


def layers_of(graph: Graph) -> list[tuple[str, tuple[int, ...]]]:
    """What predictions are made of: `flatten` is also a reshape, a shortcut may do nothing, and
    scores of classes become log-probabilities."""
    return [(node.kind.replace("reshape", "flatten"), node.shape)
            for node in end_in_probabilities(graph).nodes
            if node.kind not in ONLY_IN_TRAINING
            and (node.kind != "shortcut" or node.shape != node.given)]  # fmt: skip


def check_round_trip(model: Model, folder: Path) -> None:
    data = onnx_bytes(model)
    found = imported(without_facts(data), folder)
    assert not found.own
    again = onnx_bytes(found.model)
    assert operations(again) == operations(data)
    for ours, theirs in zip(values(again), values(data), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert layers_of(found.model.graph) == layers_of(model.graph)
    known = imported(data, folder)
    assert known.own and known.model.source == model.source
    assert known.model.digest == model.digest and known.model.classes == model.classes


@pytest.mark.parametrize("name", SMALL)
def test_a_spec(name: str, tmp_path: Path) -> None:
    check_round_trip(model_for(lenet.load(SPECS / f"{name}.lenet").graph), tmp_path)


@pytest.mark.large
@pytest.mark.parametrize("name", LARGE)
def test_a_large_spec(name: str, tmp_path: Path) -> None:
    check_round_trip(model_for(lenet.load(SPECS / f"{name}.lenet").graph), tmp_path)


def test_the_net_of_1998(tmp_path: Path) -> None:
    """Its table of connections has become weights of 0; all else is the same."""
    graph = lenet.load(SPECS / "lenet5-1998.lenet").graph
    (codes,) = graph.nodes[-1].parameters
    assert isinstance(codes.initial, tuple)
    own = np.array(codes.initial, np.float32).reshape(codes.shape)
    model = model_for(graph)
    model = replace(model, tensors={**model.tensors, "out.codes": own})
    data = onnx_bytes(model)
    found = imported(without_facts(data), tmp_path)
    assert operations(onnx_bytes(found.model)) == operations(data)
    assert "codes ascii7x12" in found.model.source
    assert imported(data, tmp_path).model.source == model.source


@pytest.mark.parametrize("name", UNREAD)
def test_a_spec_that_is_not_read(name: str, tmp_path: Path) -> None:
    """Of sequences, and of numbers that stand for words and the like. Its graph is not read, and
    the message says where; our own file comes back all the same."""
    model = model_for(lenet.load(SPECS / f"{name}.lenet").graph)
    data = onnx_bytes(model)
    with pytest.raises(lenet.LenetError, match="no words for parts") as error:
        imported(without_facts(data), tmp_path)
    assert re.search(rf": (there is no )?{UNREAD[name]}\b", error.value.detail)
    known = imported(data, tmp_path)
    assert known.own and known.model.digest == model.digest


@pytest.mark.parametrize("name", SERIES)
def test_a_spec_of_series(name: str, tmp_path: Path) -> None:
    """Written otherwise, it says the same; our own file comes back as it was."""
    model = model_for(lenet.load(SPECS / f"{name}.lenet").graph)
    data = onnx_bytes(model)
    found = imported(without_facts(data), tmp_path)
    given = np.random.default_rng(1).uniform(0, 9, (2, *model.graph.input)).astype(np.float32)
    again = run(onnx_bytes(found.model), given.reshape(2, *found.model.graph.input))
    np.testing.assert_allclose(again.reshape(2, -1), run(data, given).reshape(2, -1), rtol=1e-5)
    known = imported(data, tmp_path)
    assert known.own and known.model.digest == model.digest


@pytest.mark.parametrize("name", NETS)
def test_answers(name: str, tmp_path: Path) -> None:
    """Of all kinds: with the units of the answers, and the preparation of the data."""
    model = model_for(check_graph(spec_of(NETS[name]), "t"))
    data = onnx_bytes(model)
    again = onnx_bytes(imported(without_facts(data), tmp_path).model)
    if name == "probabilities":  # of a softmax, which becomes its logarithm
        assert operations(again)[-3:-1] == [("LogSoftmax", operations(data)[-2][1]), ("Exp", [])]
        return
    assert operations(again) == operations(data)
    for ours, theirs in zip(values(again), values(data), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_a_generated_net(seed: int, tmp_path: Path) -> None:
    """What it says is the same as before, however it is written."""
    graph = check_graph(generate(seed, 9).text, "t")
    data = onnx_bytes(model_for(graph))
    found = imported(without_facts(data), tmp_path)
    given = np.random.default_rng(1).uniform(0, 255, (2, *graph.input)).astype(np.float32)
    white = 1 if found.white == 255 or len(graph.input) == 1 else 255
    again = run(onnx_bytes(found.model), given * np.float32(white))
    np.testing.assert_allclose(again, run(data, given), rtol=1e-5, atol=1e-7)
