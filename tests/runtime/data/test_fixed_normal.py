"""`normalize` with numbers: those of the line, and not those of the images."""

from pathlib import Path

import numpy as np
import pytest

from lenet.dsl.check import check, check_graph
from lenet.runtime.data.dataset import Dataset, Images
from lenet.runtime.look import odd_things
from lenet.runtime.make_job import make_job
from lenet.runtime.training.source import InMemory

NET = (
    "input {shape}\n{flat}linear 2\nlogsoftmax\ndata frame\n  normalize {numbers}\n"
    "train\n  rate 1\n"
)


def normal(
    shape: str, numbers: str, scale: float = 1 / 255
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    text = NET.format(shape=shape, numbers=numbers, flat="flatten\n" if "x" in shape else "")
    graph = check_graph(text, "net.lenet")
    sizes = (3, 2, 2) if "x" in shape else (1, 1, 4)
    pixels = np.arange(2 * np.prod(sizes), dtype=np.uint8).reshape(2, *sizes)
    images = Images(pixels, np.array([0, 1], np.int32))
    source = InMemory.of(Dataset("x", images, images, (), scale))
    job, model = make_job(graph, Path("net.lenet"), source, {})
    mean, deviation = np.array(model.mean), np.array(model.deviation)
    np.testing.assert_allclose(job.scale, scale / deviation)
    np.testing.assert_allclose(job.shift, -mean / deviation)
    return model.mean, model.deviation


def test_numbers_for_all_channels_or_for_each() -> None:
    assert normal("3x2x2", "mean 0.5 deviation 0.25") == ((0.5,) * 3, (0.25,) * 3)
    each = "mean 0.4 0.5 0.6 deviation 0.1 0.2 0.3"
    assert normal("3x2x2", each) == ((0.4, 0.5, 0.6), (0.1, 0.2, 0.3))
    assert normal("4", "mean 0.5 deviation 0.25") == ((0.5,), (0.25,))
    assert normal("3x2x2", "")[0] != (0.5,) * 3


@pytest.mark.parametrize("numbers", [
    "0.5", "mean", "mean 0.5", "deviation 0.5", "mean 0.5 deviation", "mean 1 2 deviation 1",
    "mean 0.5 deviation 0", "mean (-1) deviation 1", "mean 1 2 deviation 1 2", "mean x deviation 1",
    "mean 0.5 deviation 0.5 more", "mean 1e400 deviation 1",
])  # fmt: skip
def test_numbers_that_cannot_be_read(numbers: str) -> None:
    text = NET.format(shape="3x2x2", numbers=numbers, flat="flatten\n")
    assert check(text).graph is None


@pytest.mark.parametrize(("numbers", "warns"), [("", False), ("mean 0.5 deviation 0.25", True)])
def test_values_of_bytes_that_are_floats_are_told(numbers: str, warns: bool) -> None:
    graph = check_graph(NET.format(shape="4", numbers=numbers, flat=""), "net.lenet")
    pixels = np.linspace(0, 255, 8, dtype=np.float32).reshape(2, 1, 1, 4)
    images = Images(pixels, np.array([0, 1], np.int32))
    source = InMemory.of(Dataset("x", images, images, (), 1.0))
    told = [thing.text for thing in odd_things(graph, source)]
    assert any("as those of bytes do" in text for text in told) == warns
