"""How many photos a second are decoded, augmented and trained with.

    python bench/decode.py [--threads 2] [--photos 512] [--epochs 3]

Photos are made up: JPEG files of 256 to 500 pixels a side, brought to 3x64x64, for a net of some 15
convolutions in three stages. Each line is a training of its own, by turns: with images that are
decoded already; with windows of the photos that are decoded ahead of the step; and with the same
that are decoded within it. `waiting` is the part of the steps' time in which batches that should
have been made ahead were not there yet; the time of the processors is that of all threads. Each
number is of the fastest epoch: whatever else a machine does only makes one slower.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from lenet.compiler.jit.cache import load  # noqa: E402
from lenet.compiler.pipeline import compile_graph  # noqa: E402
from lenet.dsl.check import check_graph  # noqa: E402
from lenet.dsl.graph import Graph  # noqa: E402
from lenet.runtime.data.streaming import Streaming  # noqa: E402
from lenet.runtime.datasets import load_dataset  # noqa: E402
from lenet.runtime.machine.ahead import Ahead  # noqa: E402
from lenet.runtime.machine.cores import available_cores  # noqa: E402
from lenet.runtime.training.communicator import Alone  # noqa: E402
from lenet.runtime.training.normalization import Normalization  # noqa: E402
from lenet.runtime.training.parameters import initial_weights  # noqa: E402
from lenet.runtime.training.slices.count import least_rows, slice_count  # noqa: E402
from lenet.runtime.training.slices.shard import deal  # noqa: E402
from lenet.runtime.training.step import Trainer  # noqa: E402
from lenet.runtime.training.updater import updater_of  # noqa: E402

NET = """
block basic(width)
  add
    path
      conv width x 3 x 3 pad 1 bias no
      batchnorm
      relu
      conv width x 3 x 3 pad 1 bias no
      batchnorm
    path
  relu

input 3x64x64
conv {width}x3x3 stride 2 pad 1 bias no
batchnorm
relu
repeat 2
  basic {width}
conv 2*{width}x3x3 stride 2 pad 1
relu
repeat 2
  basic 2*{width}
conv 4*{width}x3x3 stride 2 pad 1
relu
repeat 2
  basic 4*{width}
avgpool all
linear 2
data images "photos"
  resize 64x64 crop
augment
  crop random 0.3 to 1
  flip horizontal
train
  rate 0.001
  batch 64
"""


def fill(folder: Path, count: int) -> None:
    """Photos of two classes, with as much in them as JPEG has to do with."""
    random = np.random.default_rng(1)
    for number in range(count):
        height, width = random.integers(256, 501, 2)
        coarse = random.integers(0, 256, (height // 16, width // 16, 3), np.uint8)
        picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        noise = random.integers(-12, 13, (height, width, 3))
        values = np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)
        path = folder / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(path, quality=85)


def trainer_of(graph: Graph, folder: Path, threads: int, encoded: bool) -> Trainer:
    """What trains with the photos, encoded or not."""
    streaming = Streaming(cuts=True) if encoded else None
    images = load_dataset("images", str(folder), shape=graph.input, section=graph.data,
                          streaming=streaming).train  # fmt: skip
    assert graph.train is not None
    loaded = load(compile_graph(graph))
    shard = deal(
        images, images.take(np.arange(0)), slice_count(graph.train.batch, least_rows(graph))
    )
    normalization = Normalization(np.full(3, 1 / 64, np.float32), np.full(3, -2, np.float32))
    return Trainer(
        loaded, shard, normalization, initial_weights(loaded.program, 1),
        updater_of(graph, loaded.program), graph.train.batch, 1, threads, Alone(), graph.augment,
    )  # fmt: skip


class Turn:
    """A training, epoch by epoch: images a second, and the share of the time that it waits."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, self.epoch, self.waited = trainer, 0, 0.0
        self.rates: list[float] = []
        self.shares: list[float] = []
        self.spent: list[float] = []
        parts = trainer.feed.parts

        def waiting(step: int) -> list[object]:
            found, started = parts(step), time.perf_counter()
            for part in found:
                if part.begun is not None:
                    part.begun.result()
            self.waited += time.perf_counter() - started
            return list(found)

        if trainer.feed.ahead is not None:
            trainer.feed.parts = waiting  # type: ignore[method-assign, assignment]

    def run(self) -> None:
        self.epoch += 1
        self.waited, started, spent = 0.0, time.perf_counter(), time.process_time()
        self.trainer.start_epoch(self.epoch)
        for step in range(self.trainer.steps):
            self.trainer.step(step, 0.0)
        taken = time.perf_counter() - started
        self.rates.append(self.trainer.rows / taken)
        self.shares.append(self.waited / taken)
        self.spent.append((time.process_time() - spent) / self.trainer.rows)


def decoding(trainer: Trainer, threads: int) -> Callable[[], float]:
    """Photos a second that all threads decode and augment, and nothing else."""
    trainer.start_epoch(1)

    def run() -> float:
        started, ahead = time.perf_counter(), Ahead(threads)
        for step in range(trainer.steps):
            for future in [ahead.do(part.made) for part in trainer.feed.again(step)]:
                future.result()
        ahead.close()
        return trainer.rows / (time.perf_counter() - started)

    return run


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--photos", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--width", type=int, default=16, help="maps of the net's first stage")
    given = parser.parse_args()
    graph = check_graph(NET.replace("{width}", str(given.width)), "net")
    with tempfile.TemporaryDirectory() as place:
        fill(Path(place), given.photos)
        size = sum(p.stat().st_size for p in Path(place).rglob("*.jpg")) / given.photos / 1024
        threads = f"{given.threads} thread{'s' if given.threads > 1 else ''}"
        print(f"{threads}, photos of {size:.0f} KiB, {graph.parameter_count:,} parameters")
        made = [trainer_of(graph, Path(place), given.threads, kind) for kind in (False, True, True)]
        made[2].feed.ahead = None
        alone = decoding(made[1], given.threads)
        names = ("decoded before", "decoded ahead of the step", "decoded within the step")
        turns = [Turn(trainer) for trainer in made]
        rates = []
        for epoch in range(given.epochs + 1):
            for turn in turns:
                turn.run()
            rates.append(alone())
            if epoch == 0:  # which compiles
                rates.clear()
        print(f"{max(rates):10,.0f} photos/s  decoded and augmented alone")
        for name, turn in zip(names, turns, strict=True):
            best = int(np.argmax(turn.rates[1:])) + 1
            rate, share = turn.rates[best], turn.shares[best]
            waits = f", waiting {share:.0%}" if turn.trainer.feed.ahead is not None else ""
            spent = 1000 * turn.spent[best]
            print(f"{rate:10,.0f} photos/s  {name}, {spent:.2f} ms of processor each{waits}")


if __name__ == "__main__":
    main()
