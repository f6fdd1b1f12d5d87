"""The nets of specs/ against the float64 reference, and against ONNX Runtime: whole, but the large
ones with small images."""

import re
from pathlib import Path

import numpy as np
import pytest
from onnx_nets import likely_tensors, onnx_outputs

from lenet.compiler.passes.end_in_probabilities import end_in_probabilities
from lenet.dsl.check import check_graph
from lenet.dsl.registry import layers
from lenet.dsl.shapes import as_image
from lenet.runtime.training.parameters import from_tensors, to_tensors
from nets import Case, make_case, reference_net, variations

SPECS = Path(__file__).parents[2] / "specs"
# What reads words and categories is tried in test_codes.py and test_texts.py.
CODES = {"diamonds", "ratings", "reviews", "reviews-means", "reviews-pieces", "stars"}
NETS = sorted({path.stem for path in SPECS.glob("*.lenet")} - CODES)
# Rows and columns of the images, where they are fewer than the spec has; maps end at 2x2 or so.
SMALL = {"alexnet": 96, "alexnet-2012": 99}
PHOTOGRAPHS = 32
# Whose kernels take the longest to compile, together several minutes. What they are made of is
# tried in chains of layers, and all of them are in ONNX.
LARGE = {
    "alexnet", "alexnet-2012", "convnext-t", "densenet121", "efficientnet-b0", "googlenet",
    "lenet1", "lenet4", "lenet5-best", "mnist-7k", "mobilenet1", "mobilenet2", "resnet18",
    "resnet20", "resnet50", "resnet56", "squeezenet", "unet", "vgg11", "vgg16", "vgg16-cifar",
}  # fmt: skip
DEEP = 60  # layers, of which the functions for single images take their time to compile
FILES = [*SPECS.glob("*.lenet"), *SPECS.glob("*/*.lenet")]
TEXTS = {path.relative_to(SPECS).as_posix(): path.read_text() for path in FILES}


def small(name: str) -> str:
    """The spec's net for small images, without its sections and assertions."""
    text = TEXTS[f"{name}.lenet"].split("\ndata ")[0]  # with a loss where that tells the answers
    text = re.sub(r"(?m) +-> \S+|^expect .*", "", text)
    size = SMALL.get(name, PHOTOGRAPHS)
    return re.sub(r"(?m)^input 3x2\d\dx2\d\d", f"input 3x{size}x{size}", text)


def case_of(name: str) -> Case:
    """With weights that keep values their size: or the outputs hardly depend on the images."""
    case = make_case(small(name), images=5, imports=TEXTS)
    tensors = likely_tensors(case.graph)
    case.weights = from_tensors(case.loaded.program, tensors)
    case.predicting = reference_net(case.graph, tensors, running=True)
    return case


@pytest.mark.parametrize("name", NETS)
def test_the_net_in_onnx_is_the_reference(name: str) -> None:
    """Of all nets, since nothing is compiled; but vectors of thousands, whose weights would be most
    of the time, are shorter."""
    text = re.sub(r"(?m)^( *linear) \d{4}\b", r"\1 96", small(name))
    graph = check_graph(text, name, imports=TEXTS)
    tensors = likely_tensors(graph)
    values = np.random.default_rng(0).normal(0, 1, (2, *graph.input)).astype(np.float32)
    shape = as_image(graph.input) if len(graph.input) == 2 else graph.input
    expected = reference_net(graph, tensors, running=True).forward(values.reshape(-1, *shape))
    found = onnx_outputs(graph, tensors, values)
    assert found.shape == expected.shape
    assert expected.std(axis=0).max() > 1e-3 * np.abs(expected).max()
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("name", variations(NETS, LARGE))
def test_the_net_predicts_as_the_reference(name: str) -> None:
    """Its probabilities, of images together and one by one, and those of the net in ONNX."""
    case = case_of(name)
    expected = case.predicting.forward(case.values())
    expected = expected.reshape(len(expected), -1)
    if case.graph.answers == "class" and layers()[case.graph.nodes[-1].kind].gives == "scores":
        expected -= np.log(np.exp(expected).sum(axis=1, keepdims=True))
    if case.graph.nodes[-1].kind == "rbf":
        expected = -expected - np.log(np.exp(-0.1) + np.exp(-expected).sum(axis=1, keepdims=True))
    # It depends on the image by far more than it may differ.
    assert expected.std(axis=0).max() > 1e-3 * np.abs(expected).max()
    bound = 1e-5 * np.abs(expected).max()
    outputs = case.outputs()
    assert np.abs(outputs - expected).max() < bound
    tensors = to_tensors(case.loaded.program, case.weights)
    ending = end_in_probabilities(case.graph) if case.graph.answers == "class" else case.graph
    elsewhere = onnx_outputs(ending, tensors, case.values()).reshape(outputs.shape)
    assert np.abs(outputs - elsewhere).max() < bound
    if len(case.graph.nodes) < DEEP:
        assert np.abs(case.single_outputs() - expected).max() < bound
