"""What each layer of a net makes of an image."""

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import load
from lenet.compiler.jit.forks import renewed
from lenet.compiler.pipeline import compile_kept
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Node
from lenet.runtime.machine.arrays import frozen
from lenet.runtime.models.given_images import prepared
from lenet.runtime.training.parameters import from_tensors
from lenet.runtime.training.single import Single

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model


@dataclass(frozen=True, eq=False)
class Activation:
    """A layer, and what it gave to an image: (channels, height, width), or (values,)."""

    node: Node
    values: NDArray[np.float32]


class Activations:
    """Looks at all layers of a model, one image at a time. Its program is compiled when the first
    image is looked at; it is another one than that which predicts, where layers are fused."""

    def __init__(self, model: "Model") -> None:
        kept = compile_kept(model.graph)
        self._model = model
        self._layers = kept.layers
        loaded = load(kept.program)
        self._single = Single(loaded)
        self._weights = from_tensors(kept.program, model.tensors)
        self._outputs = np.empty((1, kept.program.outputs.count), np.float32)
        self._lock = Lock()
        renewed(self)

    def renew(self) -> None:
        """In a child, whose parent may have been looking."""
        self._lock = Lock()

    def of(self, image: NDArray[np.generic]) -> list[Activation]:
        """Of one image, as `Model.outputs` takes it, in the order of the file; the first is the
        input as the net sees it. Layers that do nothing to a prediction, such as dropout and
        reshape, are left out. LenetError where a value is not a finite number."""
        pixels, normalization = prepared(self._model, np.asarray(image))
        if len(pixels) != 1:
            raise LenetError(
                "I look at one image at a time", f"{len(pixels):,} were given.", "give one of them"
            )
        with self._lock:
            finite = self._single.run(
                self._weights, frozen(pixels), 0, normalization, self._outputs
            )
            if not finite:
                raise LenetError("the image has a value that is not a finite number")
            return [Activation(node, self._values(node, at).copy()) for node, at in self._layers]

    def _values(self, node: Node, at: int) -> NDArray[np.float32]:
        return self._single.arena[at : at + int(np.prod(node.shape))].reshape(node.shape)
