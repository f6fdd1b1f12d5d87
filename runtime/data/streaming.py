"""Which images stay encoded until they are due, and why."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from lenet.compiler.machine import available_memory
from lenet.dsl.graph import Graph

_GIB = 2**30
_CUTS = "windows are cut from the pictures as they are"


@dataclass(frozen=True)
class Streaming:
    """Images whose windows are cut from the pictures as they are (`cuts`), and those that are more
    than `memory` bytes, half of the free memory by default."""

    memory: int | None = None
    cuts: bool = False

    @classmethod
    def of(cls, graph: Graph, memory: int | None = None) -> "Streaming":
        """For the images of a net that is trained."""
        resized = graph.data is not None and graph.data.resize is not None
        cuts = graph.augment is not None and graph.augment.windows is not None
        return cls(memory, resized and cuts)

    @property
    def budget(self) -> int:
        """Bytes of images that may lie in memory."""
        return self.memory or available_memory() // 2

    def pinned(self) -> "Streaming":
        """With the memory that is free now."""
        return replace(self, memory=self.budget)

    def why(self, needed: int) -> str:
        """Why images of so many bytes stay encoded; "" where they do not."""
        if self.cuts:
            return _CUTS
        most = self.budget
        return "" if needed <= most else _too_many(needed, most)

    def why_on_workers(self, rows: Callable[[], int], size: int) -> str:
        """The same of so many rows, of images of `size` bytes, which lie on a cluster. Without
        `memory`, its workers decide what of their decoded images lies in files."""
        if self.cuts or self.memory is None:
            return _CUTS if self.cuts else ""
        needed = rows() * size
        return "" if needed <= self.memory else _too_many(needed, self.memory)


def _too_many(needed: int, most: int) -> str:
    return f"{_bytes(needed)} of images are more than {_bytes(most)} of memory"


def _bytes(count: int) -> str:
    return f"{count / _GIB:,.3g} GiB" if count >= _GIB / 10 else f"{count / 2**20:,.3g} MiB"
