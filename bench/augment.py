"""How many images a second each augmentation changes, and five of them together.

    python bench/augment.py [--threads 2] [--images 1024] [--seconds 1]

Images are of 3x32x32, in slices of 128, and all threads work on them as in a training. Behind these
comes a step of ResNet-20 without augmentation, and with the five: by turns, the median of each.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from lenet.api import load as load_file  # noqa: E402
from lenet.compiler.jit.cache import load  # noqa: E402
from lenet.compiler.pipeline import compile_graph  # noqa: E402
from lenet.dsl.augmentations import AUGMENTATIONS  # noqa: E402
from lenet.dsl.check import check_graph  # noqa: E402
from lenet.dsl.sections.augment import Augment  # noqa: E402
from lenet.runtime.augmentations import augmented  # noqa: E402
from lenet.runtime.data.dataset import Images  # noqa: E402
from lenet.runtime.machine.cores import available_cores  # noqa: E402
from lenet.runtime.training.communicator import Alone  # noqa: E402
from lenet.runtime.training.normalization import Normalization  # noqa: E402
from lenet.runtime.training.parameters import initial_weights  # noqa: E402
from lenet.runtime.training.slices.count import least_rows, slice_count  # noqa: E402
from lenet.runtime.training.slices.shard import deal  # noqa: E402
from lenet.runtime.training.step import Trainer  # noqa: E402
from lenet.runtime.training.updater import updater_of  # noqa: E402

NET = ROOT / "bench" / "resnet20.lenet"
FIVE = ("rotate 10 degrees", "crop random 0.5 to 1", "flip horizontal", "brightness 0.2", "hue 0.1")
SLICE, BATCH = 128, 128


def augment_of(lines: Sequence[str]) -> Augment:
    """What these lines mean."""
    body = "".join(f"  {line}\n" for line in lines)
    graph = check_graph(f"input 3x32x32\nflatten\nlinear 10\naugment\n{body}", "lines")
    assert graph.augment is not None
    return graph.augment


def medians(works: Sequence[Callable[[], object]], seconds: float) -> list[float]:
    """Of the seconds that each takes, by turns, for so long each."""
    for work in works:
        work()  # compiles
    taken: list[list[float]] = [[] for _ in works]
    while sum(map(sum, taken)) < seconds * len(works) or len(taken[0]) < 3:
        for work, times in zip(works, taken, strict=True):
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
    return list(map(statistics.median, taken))


def images_a_second(augment: Augment, count: int, threads: int, seconds: float) -> float:
    """That all threads change together."""
    pixels = np.random.default_rng(1).integers(0, 256, (count, 3, 32, 32), np.uint8)
    slices = [np.arange(first, min(first + SLICE, count)) for first in range(0, count, SLICE)]
    with ThreadPoolExecutor(threads) as pool:

        def work() -> None:
            list(pool.map(lambda rows: augmented(pixels, rows, augment, np.uint64(1)), slices))

        return count / medians([work], seconds)[0]


def steps(augments: Sequence[Augment | None], threads: int, seconds: float) -> list[float]:
    """Images a second of a training of ResNet-20 with each of these."""
    graph = load_file(NET).graph
    loaded = load(compile_graph(graph))
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (BATCH, 3, 32, 32), np.uint8)
    images = Images(pixels, random.integers(0, 10, BATCH).astype(np.int32))
    normalization = Normalization(np.full(3, 1 / 64, np.float32), np.full(3, -2, np.float32))
    shard = deal(images, images, slice_count(BATCH, least_rows(graph)))
    works = []
    for augment in augments:
        trainer = Trainer(
            loaded, shard, normalization, initial_weights(loaded.program, 1),
            updater_of(graph, loaded.program), BATCH, 1, threads, Alone(), augment,
        )  # fmt: skip
        trainer.start_epoch(1)
        works.append(partial(trainer.step, 0, 0.0))
    return [BATCH / taken for taken in medians(works, seconds)]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each line")
    given = parser.parse_args()
    lines = [[entry.example] for entry in AUGMENTATIONS.values()]
    print(f"{given.threads} threads, images of 3x32x32")
    for told in (*lines, FIVE):
        rate = images_a_second(augment_of(told), given.images, given.threads, given.seconds)
        print(f"{rate:12,.0f} images/s  {', '.join(told)}", flush=True)
    plain, changed = steps((None, augment_of(FIVE)), given.threads, 10 * given.seconds)
    print(f"{plain:12,.0f} images/s  a step of ResNet-20")
    print(f"{changed:12,.0f} images/s  the same with the five: {changed / plain - 1:+.1%}")


if __name__ == "__main__":
    main()
