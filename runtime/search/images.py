"""The images of a search: read once, and shared by all trials that want the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from lenet.dsl.graph import Graph, bare_shape
from lenet.runtime.data import Dataset
from lenet.runtime.data.target import Target
from lenet.runtime.resolve import Deferred
from lenet.runtime.training.slices.shard import Shard
from lenet.runtime.training.source import InMemory, Source

if TYPE_CHECKING:
    from lenet.runtime.spark.session import DataFrame, SparkSession

Load = Callable[[Graph], Dataset | Deferred]


@dataclass(frozen=True, eq=False)
class Shared(InMemory):
    """A dataset in this process, whose slices, and whose rows on a cluster, are made once."""

    made: dict[Any, Any] = field(default_factory=dict)
    lock: Any = field(default_factory=Lock)

    def shard(self, count: int) -> Shard:
        """Trainings read it, and change nothing."""
        with self.lock:
            if count not in self.made:
                self.made[count] = super().shard(count)
            found: Shard = self.made[count]
            return found

    def frame(self, session: "SparkSession") -> "DataFrame":
        """The executors keep the rows."""
        with self.lock:
            if session not in self.made:
                self.made[session] = super().frame(session).persist()
            return self.made[session]

    def close(self) -> None:
        """They need them no longer."""
        with self.lock:
            for frame in (kept for key, kept in self.made.items() if not isinstance(key, int)):
                frame.unpersist()
            self.made.clear()


class Images:
    """What trials train and validate with, as `load` reads it for a net. Most search for nothing
    that changes it; for those that do, such as a `pad`, it is read again."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.session: SparkSession | None = None
        self._loaded: dict[str, Dataset | Deferred] = {}
        self._sources: dict[str, Source] = {}
        self._lock = Lock()

    def loaded(self, graph: Graph) -> Dataset | Deferred:
        """As they are before a session has started."""
        key = _key(graph)
        if key not in self._loaded:
            self._loaded[key] = self.load(graph)
        return self._loaded[key]

    def source(self, graph: Graph) -> Source:
        """For a trial."""
        with self._lock:
            key = _key(graph)
            if key not in self._sources:
                loaded = self.loaded(graph)
                if isinstance(loaded, Dataset):
                    self._sources[key] = Shared.of(loaded)
                else:
                    assert self.session is not None
                    self._sources[key] = loaded.open(self.session)
            return self._sources[key]

    def close(self) -> None:
        """What a cluster keeps of them is no longer needed."""
        for source in self._sources.values():
            source.close()


def _key(graph: Graph) -> str:
    """What decides about the images."""
    seed = graph.train.seed if graph.train is not None else 0
    return repr((graph.data, graph.inputs, bare_shape(graph), Target.of(graph), seed))
