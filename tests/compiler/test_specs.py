"""The nets of specs/ against the float64 reference: whole, but the large ones with small images."""

import re
from pathlib import Path

import numpy as np
import pytest

from nets import Case, make_case

SPECS = Path(__file__).parents[2] / "specs"
NETS = sorted(path.stem for path in SPECS.glob("*.lenet"))
# Rows and columns of the images, where they are fewer than the spec has; maps end at 2x2 or so.
SMALL = {"alexnet": 96, "alexnet-2012": 99}
PHOTOGRAPHS = 64
FILES = [*SPECS.glob("*.lenet"), *SPECS.glob("*/*.lenet")]
TEXTS = {path.relative_to(SPECS).as_posix(): path.read_text() for path in FILES}


def initialized(text: str) -> str:
    """With weights that keep the size of values, so that the last layer still sees the first."""
    text = re.sub(r" init (he|xavier|normal [\d.]+)", "", text)
    return re.sub(r"(?m)^(\s*(?:conv|linear) \S+(?: x \S+)*)", r"\1 init he", text)


def small(name: str) -> str:
    """The spec's net for small images, without its sections and assertions."""
    text = re.split(r"\n(?=data |train\b)", TEXTS[f"{name}.lenet"])[0]
    text = re.sub(r"(?m) +-> \S+|^expect .*", "", text)
    size = SMALL.get(name, PHOTOGRAPHS)
    return re.sub(r"(?m)^input 3x2\d\dx2\d\d", f"input 3x{size}x{size}", text)


def case_of(name: str) -> Case:
    imports = {path: initialized(text) for path, text in TEXTS.items()}
    return make_case(initialized(small(name)), images=18, imports=imports)


@pytest.mark.parametrize("name", NETS)
def test_the_net_predicts_as_the_reference(name: str) -> None:
    """Its probabilities, of images together and one by one."""
    case = case_of(name)
    expected = case.predicting.forward(case.values())
    if case.graph.nodes[-1].kind == "rbf":
        expected = -expected - np.log(np.exp(-0.1) + np.exp(-expected).sum(axis=1, keepdims=True))
    # It depends on the image by far more than it may differ.
    assert expected.std(axis=0).max() > 1e-3 * np.abs(expected).max()
    bound = 1e-5 * np.abs(expected).max()
    assert np.abs(case.outputs() - expected).max() < bound
    assert np.abs(case.single_outputs() - expected).max() < bound
