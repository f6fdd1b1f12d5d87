"""The nets of papers among the specs against the reference, on small images and of fewer channels
and layers.

That they are the papers' nets was seen by writing them once more in PyTorch: their numbers of
parameters, which the specs expect, and their outputs.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from lenet.dsl.check import check
from lenet.runtime.training.parameters import to_tensors
from nets import Case, make_case, reference_net

SPECS = Path(__file__).parents[2] / "specs"
IMPORT = re.compile(r'^import "(.*)"$', re.MULTILINE)
# By which all channels are divided: those of EfficientNet have no divisor in common.
NETS = {"mobilenet1": 4, "mobilenet2": 4, "densenet121": 4, "efficientnet-b0": 1, "convnext-t": 4,
        "unet": 1, "autoencoder": 1}  # fmt: skip
CHANNELS = re.compile(
    r"^( *)(conv|separable|inverted|bottleneck|convnext|downsample|transition|linear|let growth =) "
    r"(\d+)(?![\d*])(x\dx\d)?( 6\*)?(\d+)?"
)
IMAGES = 3


def small(name: str, divisor: int, size: int = 32) -> str:
    """The spec's net alone, with its imports written out."""
    text = (SPECS / f"{name}.lenet").read_text()
    text = IMPORT.sub(lambda found: (SPECS / found[1]).read_text(), text)
    net = re.sub(" +-> [0-9x]+", "", text.split("\nexpect")[0])
    if divisor > 1:
        net = re.sub(r"^repeat \d+", "repeat 2", net, flags=re.MULTILINE)
    lines = net.replace("3x224x224", f"3x{size}x{size}").split("\n")
    return "\n".join(CHANNELS.sub(lambda found: _divided(found, divisor), line) for line in lines)


def _divided(found: re.Match[str], divisor: int) -> str:
    indent, word, count, kernel, times, given = found.groups(default="")
    inner = f"{times}{int(given) // divisor}" if times else given
    between = " " if given and not times else ""
    return f"{indent}{word} {int(count) // divisor}{kernel}{between}{inner}"


def enlivened(case: Case) -> None:
    """Weights that keep values their size, or a deep net's outputs hardly depend on its images."""
    random = np.random.default_rng(5)
    for slot in case.loaded.program.slots:
        parameter = slot.parameter
        if len(parameter.shape) > 1:
            values = random.normal(0, (2 / parameter.fan_in) ** 0.5, slot.size)
        elif parameter.name in ("scale", "variance"):
            values = random.uniform(0.5, 1.5, slot.size)
        else:
            values = random.normal(0, 0.2, slot.size)
        case.weights[slot.offset : slot.offset + slot.size] = values
    tensors = to_tensors(case.loaded.program, case.weights)
    case.predicting = reference_net(case.graph, tensors, running=True)


@pytest.mark.parametrize("name", NETS)
def test_outputs_against_reference(name: str) -> None:
    case = make_case(small(name, NETS[name]), images=IMAGES)
    enlivened(case)
    scores = case.predicting.forward(case.values())
    assert scores.std(axis=0).max() > 1e-3 * np.abs(scores).max()
    expected = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    expected = expected.reshape(IMAGES, -1)
    for got in (case.outputs(), case.single_outputs()):
        assert np.abs(got - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("name", NETS)
def test_nothing_to_warn_of(name: str) -> None:
    def read(path: str) -> str:
        return (SPECS / path).read_text()

    checked = check((SPECS / f"{name}.lenet").read_text(), read=read)
    assert checked.graph is not None and not checked.diagnostics


def test_images_of_another_size_are_still_the_papers_net() -> None:
    """Without a divisor, the weights are as many."""
    for name in ("mobilenet1", "densenet121"):
        graph = check(small(name, 1)).graph
        whole = re.search(r"expect (\d+)", (SPECS / f"{name}.lenet").read_text())
        assert graph is not None and whole is not None
        assert graph.parameter_count == int(whole[1])
