"""Outputs of a net for many images: in threads, or one by one."""

import math
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Union

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded
from lenet.compiler.jit.forks import renewed
from lenet.compiler.quantized import Quantized
from lenet.compiler.target import LANES
from lenet.dsl.errors import LenetError
from lenet.runtime.data.dataset import Images
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.machine.thread_pool import Team
from lenet.runtime.training.arguments import check_images, check_weights
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import folded_weights
from lenet.runtime.training.single import Single

if TYPE_CHECKING:
    from lenet.runtime.data.encoded import Encoded

Pixels = Union[NDArray[np.generic], "Encoded"]
_CHUNK = 512
_DECODED = 128  # the same of images that are decoded first
_WORTH = 2**22  # multiply-adds for which another thread is called
_FEW = 4  # of those that are computed one by one
SINGLE = 6  # up to so many images one by one are faster than a block of sixteen lanes


class Predictor:
    """Outputs of a net for many images, some at a time in each thread. First it is to be given
    weights by `take`, and again whenever they have changed."""

    def __init__(self, loaded: Loaded, threads: int) -> None:
        self.loaded = loaded
        self.team = Team(threads)
        self.threads = threads
        self.arenas: list[NDArray[np.float32]] = []
        self.singles = [Single(loaded)]  # for each thread, where images are computed one by one
        self.one_by_one = loaded.program.one_by_one
        self.macs = sum(node.macs for node in loaded.program.predict_nodes)
        self.lock = Lock()  # several threads of the user's may share a model
        renewed(self)

    def renew(self) -> None:
        """In a child, whose parent may have been predicting: that goes on there only."""
        self.lock = Lock()

    def take(
        self, weights: NDArray[np.float32], quantized: Mapping[str, Quantized] | None = None
    ) -> "Predictor":
        """Trained weights, which must be finite numbers, as the net has them; and how layers are
        `quantized`, if the program computes them of bytes."""
        check_weights(weights, self.loaded.program.weight_count)
        with np.errstate(all="ignore"):
            self.weights = folded_weights(self.loaded.program, weights, quantized)
        if not quantized:  # else they are packed, and were checked before
            check_weights(self.weights, self.weights.size)
        self.fresh = [True] * self.threads
        for single in self.singles:
            single.take()
        return self

    def outputs(
        self,
        pixels: Pixels,
        normalization: Normalization,
        in_blocks: bool = False,
    ) -> NDArray[np.float32]:
        """(count, classes) for pixels (count, values of an image), uint8 or float32; those that are
        encoded are decoded some at a time.

        Single images may take other algorithms, whose last bits differ, unless `in_blocks`.
        LenetError where a value is not a finite number.
        """
        count = len(pixels)
        together = self.together(count)
        if not isinstance(pixels, np.ndarray):
            together = min(together, _DECODED)
            check_images(self.loaded.program, _rows_of(pixels, 0, 0), normalization.scale.size)
        else:
            check_images(self.loaded.program, pixels, normalization.scale.size)
            if count <= SINGLE and not in_blocks:
                return self._singly(frozen(pixels), normalization)
        outputs = np.zeros((count, self.loaded.program.outputs.count), np.float32)
        chunks = iter([(k, min(k + together, count)) for k in range(0, count, together)])
        run = self._one_by_one if self.one_by_one else self._in_blocks
        work = run(pixels, normalization, outputs, chunks)
        with self.lock:
            self._prepare()
            finite = self.team.run(self.threads, work)
        if not all(finite) and isinstance(pixels, np.ndarray):
            _check_finite(pixels)
        return outputs

    def _prepare(self) -> None:
        """What each thread needs."""
        if self.one_by_one:
            while len(self.singles) < self.threads:
                self.singles.append(Single(self.loaded))
        elif not self.arenas:
            floats = self.loaded.program.predict_floats
            self.arenas = [aligned_floats(floats) for _ in range(self.threads)]

    def _in_blocks(
        self, pixels: Pixels, normalization: Normalization, outputs: NDArray[np.float32],
        chunks: Iterator[tuple[int, int]],
    ) -> Callable[[int], bool]:  # fmt: skip
        """What a thread does: it takes chunks, and tells whether all of its values are finite."""
        predict_slice = self.loaded.predict_slice(pixels.dtype)

        def work(thread: int) -> bool:
            finite = True
            for start, end in chunks:
                rows = np.arange(end - start, dtype=np.int64)
                finite &= predict_slice(
                    self.arenas[thread], self.weights, _rows_of(pixels, start, end), rows,
                    normalization.scale, normalization.shift, self.fresh[thread],
                    outputs[start:end],
                )  # fmt: skip
                self.fresh[thread] = False
            return finite

        return work

    def _one_by_one(
        self, pixels: Pixels, normalization: Normalization, outputs: NDArray[np.float32],
        chunks: Iterator[tuple[int, int]],
    ) -> Callable[[int], bool]:  # fmt: skip
        """The same where images are computed one by one."""
        self.loaded.predict_single(pixels.dtype)  # is compiled before there are threads

        def work(thread: int) -> bool:
            finite, single = True, self.singles[thread]
            for start, end in chunks:
                rows, to = _rows_of(pixels, start, end), outputs[start:end]
                for row in range(end - start):
                    finite &= single.run(self.weights, rows, row, normalization, to)
            return finite

        return work

    def together(self, count: int) -> int:
        """How many of so many images a thread takes at a time: a few where they are computed one by
        one, else whole blocks, of which each thread has as many, where that is worth it."""
        if self.one_by_one:
            return max(1, min(_FEW, -(-count // self.threads)))
        share = -(-count // (LANES * self.threads)) * LANES
        return min(_CHUNK, share) if share * self.macs >= _WORTH else _CHUNK

    def _singly(
        self, pixels: NDArray[np.generic], normalization: Normalization
    ) -> NDArray[np.float32]:
        count, single = len(pixels), self.singles[0]
        outputs = np.empty((count, self.loaded.program.outputs.count), np.float32)
        with self.lock:
            for row in range(count):
                if not single.run(self.weights, pixels, row, normalization, outputs, self.team):
                    _check_finite(pixels)
        return outputs


def checked(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Which are numbers; LenetError."""
    if math.isnan(outputs.sum()):
        broken = np.isnan(outputs).any(axis=1)
        detail = f"Image {broken.argmax()} is the first; its values, or the weights, are huge."
        raise LenetError("the net's outputs are not numbers", detail)
    return outputs


def flat(images: Images) -> Pixels:
    """Their pixels, (count, values of an image), as `outputs` takes them."""
    pixels = images.pixels
    if not isinstance(pixels, np.ndarray):
        return pixels
    return pixels.reshape(len(images), math.prod(pixels.shape[1:]))


def _rows_of(pixels: Pixels, start: int, end: int) -> NDArray[np.generic]:
    if isinstance(pixels, np.ndarray):
        return frozen(pixels[start:end])
    return frozen(pixels[start:end].reshape(end - start, math.prod(pixels.shape[1:])))


def _check_finite(pixels: NDArray[np.generic]) -> None:
    """For the kernels, a number that is too large when it is normalized is not finite either."""
    broken = ~np.isfinite(pixels).all(axis=1)
    if broken.any():
        title = "an image has a value that is not a finite number"
        raise LenetError(title, f"Image {broken.argmax()} is the first, counted from 0.")
