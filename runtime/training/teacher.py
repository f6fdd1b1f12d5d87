"""What another model says of the images that a net is trained with."""

import threading
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.graph import Graph
from lenet.runtime.lazy import lazy
from lenet.runtime.machine.arrays import aligned_floats, frozen
from lenet.runtime.training.arguments import check_images, check_weights
from lenet.runtime.training.parameters import folded_weights

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Teacher:
    """A net whose outputs are logarithms of probabilities, its flat weights, and how it normalizes
    what is stored: times `scale` plus `shift`, channel by channel. It can be pickled. An image has
    the same answers, to the last bit, whoever asks and whatever others are asked about."""

    graph: Graph
    weights: Floats
    scale: Floats
    shift: Floats
    _own: threading.local = field(default_factory=threading.local, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        given = (own.name for own in fields(self) if own.name != "_own")
        return {name: getattr(self, name) for name in given}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__["_own"] = threading.local()

    @lazy
    def loaded(self) -> Loaded:
        """Its kernels."""
        return load(compile_graph(self.graph))

    @lazy
    def folded(self) -> Floats:
        """The weights as prediction takes them."""
        program = self.loaded.program
        check_weights(self.weights, program.weight_count)
        found = folded_weights(program, self.weights)
        check_weights(found, found.size)
        return found

    def compile(self, pixels: np.dtype[Any]) -> None:
        """All that it needs for images of this type, before somebody waits for its answers."""
        self.loaded.compile("predict_slice", pixels=pixels)
        _ = self.folded

    def answers(self, pixels: NDArray[np.generic]) -> Floats:
        """(count, classes) for (count, values of an image), uint8 or float32: logarithms of
        probabilities. Threads may ask at once."""
        program = self.loaded.program
        check_images(program, pixels, self.scale.size)
        arena, fresh = getattr(self._own, "arena", None), False
        if arena is None:
            arena, fresh = aligned_floats(program.predict_floats), True
            self._own.arena = arena
        outputs = np.zeros((len(pixels), program.outputs.count), np.float32)
        rows = np.arange(len(pixels), dtype=np.int64)
        # What is no finite number here is none for the net that learns, either, which tells of it.
        self.loaded.predict_slice(pixels.dtype)(
            arena, self.folded, frozen(pixels), rows, self.scale, self.shift, fresh, outputs
        )
        return outputs
