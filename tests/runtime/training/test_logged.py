"""`log images`: what is told of training images, and what TensorBoard shows of it."""

import base64
import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_every_word import DIGITS, Together, Watcher, job_of

import lenet
from lenet.dsl.check import check, check_graph
from lenet.runtime import random_streams
from lenet.runtime.augmentations import augmented
from lenet.runtime.events import Event, Sampled
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.logged import _smaller
from lenet.runtime.training.loop import run_training
from lenet.runtime.training.slices.order import shuffled
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.source import InMemory

SOURCE = InMemory.of(DIGITS)

TEXT = """\
input 1x8x8
flatten
linear 10
logsoftmax
data digits
augment
  rotate 10 degrees
  brightness 0.3
train
  rate 0.01
  batch 200
  stop after {} epochs
  log images{}
"""


class Listener(Watcher):
    def __init__(self) -> None:
        super().__init__(-5)
        self.events: list[Sampled] = []

    def report(self, event: Event) -> None:
        if isinstance(event, Sampled):
            self.events.append(event)


def told(text: str, workers: int = 1) -> list[Sampled]:
    """What the first of some workers reports."""
    job, listener = job_of(text), Listener()
    if workers == 1:
        run_training(job, SOURCE.shard(job.slices), 2, Alone(), listener)
        return listener.events
    together = Together(workers)

    def work(rank: int) -> None:
        shard = deal(SOURCE.train, SOURCE.test, job.slices, rank, workers)
        mine = listener if rank == 0 else None
        run_training(job, shard, 1, together.member(rank), mine)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return listener.events


def pixels_of(event: Sampled) -> Any:
    return np.frombuffer(base64.b64decode(event.pixels), np.uint8).reshape(event.shape)


def test_they_are_those_that_the_net_gets() -> None:
    text = TEXT.format(2, " every epoch")
    graph, slices = check_graph(text, "x"), job_of(text).slices
    assert graph.augment is not None
    own, labels = SOURCE.train.pixels[0::slices], SOURCE.train.labels[0::slices]
    events = told(text)
    assert [event.epoch for event in events] == [1, 2]
    for event in events:
        rows = shuffled(len(SOURCE.train), slices, 0, 1, event.epoch)[:32]
        key = random_streams.image_key(1, event.epoch, 0)
        white = 1 / SOURCE.scale
        found = augmented(own, rows, graph.augment, key, white)[:, 0]
        order = np.argsort(labels[rows], kind="stable")
        expected = np.rint(found[order] / white * 255)
        np.testing.assert_array_equal(pixels_of(event), expected)
        assert event.classes == [str(label) for label in labels[rows][order]]


def test_they_are_the_same_whoever_trains() -> None:
    text = TEXT.format(1, " every 3 iterations")
    assert told(text) == told(text, workers=3)


@pytest.mark.parametrize(("every", "iterations"), [
    ("", [1, 9, 17]), (" every 2 epochs", [1, 17]), (" every 10 iterations", [1, 11, 21]),
])  # fmt: skip
def test_when_they_are_due(every: str, iterations: list[int]) -> None:
    events = told(TEXT.format(3, every))
    assert [event.iteration for event in events] == iterations


def test_the_bits_do_not_depend_on_it(tmp_path: Path) -> None:
    """And TensorBoard reads the sheets."""
    text = TEXT.format(2, " every epoch")
    folder = tmp_path / "run"
    logged = lenet.train(text, engine="local", output=folder, progress=False)
    plain = lenet.train(text.replace("  log images every epoch\n", ""), engine="local",
                        progress=False)  # fmt: skip
    assert logged.digest == plain.digest
    board = EventAccumulator(str(folder / "tensorboard"), {"images": 0}).Reload()
    images = board.Images("train/images")
    assert [image.step for image in images] == [1, 9]
    for image in images:
        sheet = Image.open(io.BytesIO(image.encoded_image_string))
        assert sheet.size == (image.width, image.height)
        # Ten classes; digits are shown at eight times their size.
        assert image.height >= 10 * 64 and len(sheet.convert("L").getcolors() or ()) > 10


@pytest.mark.parametrize("shape", [(200, 300), (97, 97), (500, 40, 3), (300, 1)])
def test_large_ones_become_smaller(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    found = _smaller(picture)
    assert max(found.shape[:2]) <= 96 and found.shape[2:] == shape[2:]
    assert abs(float(found.mean()) - float(picture.mean())) < 2


def test_small_ones_stay() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (96, 20)).astype(np.uint8)
    np.testing.assert_array_equal(_smaller(picture), picture)


def test_a_quantity_that_cannot_be_logged() -> None:
    (found,) = check(TEXT.format(1, "").replace("log images", "log pictures")).diagnostics
    assert found.code == "E051" and "images" in f"{found.detail} {found.fix}"
