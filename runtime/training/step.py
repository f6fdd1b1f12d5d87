"""One step of training, and validation: slices over threads, exact sums, then the update."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded
from lenet.compiler.memory.spans import Spans, both
from lenet.compiler.optimizers.exact import FRACTION_BITS, sum_exactly, sum_rows
from lenet.compiler.optimizers.rule import OUT_OF_RANGE
from lenet.compiler.program import Program
from lenet.dsl.graph import Graph
from lenet.dsl.sections.augment import Augment
from lenet.runtime.data.seen import Seen
from lenet.runtime.machine import thread_pool
from lenet.runtime.machine.cores import available_cores
from lenet.runtime.machine.thread_pool import Team
from lenet.runtime.training import phases
from lenet.runtime.training.arguments import check_labels, check_weights
from lenet.runtime.training.batches import Batches, Importance
from lenet.runtime.training.communicator import Communicator
from lenet.runtime.training.diagnose import first_bad
from lenet.runtime.training.feed import Feed
from lenet.runtime.training.fixed_point import LOSS_UNIT, check_range, diverged
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.overlap import Overlap
from lenet.runtime.training.phases import PhasedStep
from lenet.runtime.training.slices.order import step_count
from lenet.runtime.training.slices.shard import Shard
from lenet.runtime.training.teacher import Teacher
from lenet.runtime.training.unphased import UnphasedStep
from lenet.runtime.training.updater import Parts, Updater, parts_of
from lenet.runtime.unit import Unit

_PARAMETERS = 2**15  # that are worth a thread of their own
_LEARN_SECONDS = 7200.0  # that a teacher may take for the images of another worker


@dataclass(frozen=True)
class StepResult:
    """The mean loss of a batch before its step, the part of its images that were right, if these
    have classes, and how many they are."""

    loss: float
    top1: float | None
    images: int


def functions_of(program: Program, updater: Updater) -> tuple[str, ...]:
    """The names of the compiled ones that training calls."""
    sums = (sum_exactly.name, sum_rows.name) if program.tables else (sum_exactly.name,)
    late = ("late_gradient",) if program.late else ()
    prepare = ("prepare",) if program.preparations else ()
    phased = phases.FUNCTIONS if len(program.phases) > 1 else ()
    own = "train_slice", *prepare, *late
    return (*own, *sums, *phased, *updater.functions, *thread_pool.FUNCTIONS)


class Trainer:
    """The state of a training run in one worker.

    The worker has the images of its slices; the weights after each step are the same on all
    workers. Every sum over images is exact, so they do not depend on who has what.
    """

    def __init__(
        self,
        loaded: Loaded,
        shard: Shard,
        normalization: Normalization,
        weights: NDArray[np.float32],
        updater: Updater,
        batch: int,
        seed: int,
        threads: int,
        communicator: Communicator,
        augment: Augment | None = None,
        importance: Importance | None = None,
        unit: Unit | None = None,
        seen: Seen | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        program = loaded.program
        check_weights(weights, program.weight_count)
        check_labels(program, (images.labels for images in shard.slices.values()))
        self.loaded, self.weights = loaded, weights
        self.size = program.parameter_count
        self.updater = updater
        self.batch, self.seed = batch, seed
        self.rows, self.slices, self.steps = shard.rows, shard.count, step_count(shard.rows, batch)
        self.communicator = communicator
        self.threads = max(1, min(threads, self.slices))
        self.team = Team(self.threads, awake=self.threads <= available_cores())
        # The tail holds the sum of losses and the number of hits.
        self.total = np.zeros(self.size + 2, np.int64)
        self.batches = {
            number: Batches(images, normalization, augment, importance, unit, seen, teacher)
            for number, images in shard.slices.items()
        }
        for batches in self.batches.values():
            batches.check(program)
        if teacher is not None:
            self._learn()
        self.feed = Feed(self.batches, self.rows, self.slices, batch, seed, self.threads)
        self.overlap = Overlap.of(program, self.total, communicator)
        own, images = len(self.batches), -(-batch // self.slices)
        self.way: PhasedStep | UnphasedStep
        if len(program.phases) > 1:
            sizes = self.threads, own, images, communicator, self.slices
            self.way = PhasedStep(loaded, shard.dtype, *sizes)
        else:
            self.way = UnphasedStep(loaded, shard.dtype, self.threads, own, images, self.slices)

    def _learn(self) -> None:
        """What the teacher says of all images that stay the same, for each worker of its own."""
        every = list(self.batches.values())
        self._share(len(every), lambda number: every[number].learn())
        self.communicator.all_reduce(np.zeros(1, np.int64), _LEARN_SECONDS)

    def start_epoch(self, epoch: int) -> None:
        """Draw the orders and the keys of an epoch, counted from 1."""
        self.feed.start_epoch(epoch)

    def step(self, step: int, rate: float) -> StepResult:
        """Train on one batch of the epoch; LenetError where the gradient leaves its range."""
        images = min(self.batch, self.rows - step * self.batch)
        self.factor = 1 / images
        self.updater.steps += 1
        given = self.team, self.weights, self.feed.parts(step), images, self.total
        if self.overlap is not None:
            with self.overlap.step():
                self.parts = self.way.run(*given, self.overlap)
                self.overlap.send_rest()
                self._sum(self.total, spans=self.overlap.rest, made=self.overlap.made)
            self.communicator.all_reduce(self.total[-2:])
        else:
            self.parts = self.way.run(*given)
            if self.communicator.size > 1:
                self._sum(self.total)
                if self.way.tables is not None:
                    self.way.tables.all_reduce(self.total, self.communicator)
                else:
                    self.communicator.all_reduce(self.total)
        if self.communicator.size > 1:
            self.parts = parts_of(self.total[: self.size])
        self.updater.look(self.weights, self.parts, 1 / images, rate, self._share)
        self.updater.prepare(rate)
        self._over_parameters(
            lambda parts, first, last: self._update(parts, 1 / images, first, last, rate)
        )
        self.updater.finish(self.weights)
        return self._result(images)

    def close(self) -> None:
        """End the threads that make batches, and the one that adds up."""
        self.feed.close()
        if self.overlap is not None:
            self.overlap.close()

    def gradient(self) -> NDArray[np.float32]:
        """The mean one of the last batch, flat; all workers' together."""
        total = np.zeros(self.size, np.int64)
        self._sum(total, checked=False)  # that of what is frozen is nobody's concern
        return (total * 2.0**-FRACTION_BITS).astype(np.float32)

    def images(self, step: int, most: int) -> tuple[NDArray[np.generic], NDArray[np.int32]]:
        """The first images of slice 0 from a step on, within the epoch: what the training functions
        get of them, (count, channels, height, width), before it is normalized; and their labels,
        which of mixed images are their own. For a worker that has this slice."""
        batches, shown = self.batches[0], np.zeros(0, np.int64)
        pixels = []
        while step < self.steps and len(shown) < most:  # those of a batch may be mixed
            rows = self.feed.of_slice(0, step)
            pixels.append(batches.images_of(rows, self.feed.drawn[0].key))
            shown, step = np.concatenate([shown, rows])[:most], step + 1
        found = np.concatenate(pixels)[:most].reshape(len(shown), *batches.shape)
        return found, batches.images.labels[shown]

    def first_bad(self, graph: Graph, step: int) -> str:
        """Where numbers first were not finite in a step that failed, if this worker can tell."""
        gradients = self.way.gradients
        if self.way.late is not None:
            self.way.late.fill(gradients[0])
        for part in self.feed.again(step):
            batches = part.batches
            if len(part.rows):
                images = batches.images_of(part.rows, part.key)
                own = gradients, images, batches.normalization
                return first_bad(graph, self.loaded.program, self.weights, *own)
        return ""

    def _result(self, images: int) -> StepResult:
        loss, hits = self.total[-2:]
        right = int(hits) / images if self.loaded.program.outputs.answers == "class" else None
        return StepResult(float(loss) / LOSS_UNIT, right, images)

    def _update(self, parts: Parts, factor: float, first: int, last: int, rate: float) -> None:
        code = self.updater(self.weights, parts, factor, first, last, rate)
        check_range(code != OUT_OF_RANGE)
        if code:  # a finite gradient times a huge rate may still be too much
            raise diverged("A parameter is no longer a finite number.")

    def _share(self, count: int, work: Callable[[int], None]) -> None:
        """work(k) for each of so many k, in all threads."""
        self.team.share(self.threads, count, work)

    def _sum(
        self, total: NDArray[np.int64], checked: bool = True, spans: Spans | None = None,
        made: Callable[[int, int], None] = lambda first, last: None,
    ) -> None:  # fmt: skip
        """The gradients of the last batch, exactly; LenetError where they are out of range. Of
        some `spans`, if not of all; each part is told when it is `made`."""
        factor = self.factor

        def work(parts: Parts, first: int, last: int) -> None:
            check_range(sum_exactly(*parts, first, last, factor, total) or not checked)
            made(first, last)

        self._over_parameters(work, spans)

    def _over_parameters(
        self, work: Callable[[Parts, int, int], None], spans: Spans | None = None
    ) -> None:
        """work(parts, first, last) over all parameters, or those in some spans, in all threads
        where there are many."""
        late = self.way.late if self.parts[0] is self.way.gradients else None
        size, threads = self.size, max(1, min(self.threads, self.size // _PARAMETERS))
        pieces = iter(late.pieces if late is not None else ())
        spans = ((0, size),) if spans is None else spans
        prompt = both(spans, self.loaded.program.prompt) if late is not None else spans

        def part_of(thread: int) -> None:
            for first, last in prompt:
                count = last - first
                start, end = (first + count * k // threads for k in (thread, thread + 1))
                work(self.parts, start, end)
            for piece in pieces:
                assert late is not None
                work(late.parts(piece, thread), piece.first, piece.last)

        self.team.run(threads, part_of)
