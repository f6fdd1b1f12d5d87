"""What a search does: a file, the places in it, and what is tried there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lenet.dsl.check import check, reader_of
from lenet.dsl.errors import LenetError
from lenet.dsl.folded import folds_of, is_folded
from lenet.dsl.graph import Graph
from lenet.dsl.metrics import METRICS
from lenet.dsl.search.places import File, Target, target_of
from lenet.dsl.search.variants import variant
from lenet.dsl.sections.search import Search
from lenet.dsl.syntax.tree import Tree
from lenet.dsl.vocabulary import Use
from lenet.runtime.cross_validation import fold_graph
from lenet.runtime.options import Options
from lenet.runtime.samplers import Settings
from lenet.runtime.told import told


@dataclass(frozen=True, eq=False)
class Plan:
    """What is searched: the text of a file, at `spec`, without mistakes, and those that it imports;
    its search, with the places that it names. `first` is the net of the first training, whose
    images are told of: where the file has folds, that without the first one."""

    spec: Path
    text: str
    imports: Mapping[str, str]
    tree: Tree
    graph: Graph
    search: Search
    targets: tuple[Target, ...]
    metric: Use
    first: Graph

    @classmethod
    def of(cls, spec: Path, text: str, imports: Mapping[str, str], options: Options) -> "Plan":
        """LenetError where the file does not say what to search."""
        checked = check(text, read=reader_of(imports))
        graph = checked.graph
        assert graph is not None
        if graph.search is None:
            fix = "add a section `search` with a line such as `rate log 0.001 to 1`"
            raise LenetError(f"{spec} does not say what to search", "", fix)
        graph = told(graph, spec, options)
        assert graph.train is not None and graph.search is not None
        file = File(checked.tree, checked.definitions, checked.lowered)
        targets = tuple(target_of(space, file) for space in graph.search.spaces)
        train = graph.train
        numbers = (use for use in train.metrics if not METRICS[use.name].table)
        metric = graph.search.best or train.keep or next(numbers)
        first = told(fold_graph(graph, spec, {}, 1), spec, options) if is_folded(graph) else graph
        return cls(spec, text, imports, checked.tree, graph, graph.search, targets, metric, first)

    @property
    def titles(self) -> tuple[str, ...]:
        """The names of what is set."""
        return tuple(target.space.title for target in self.targets)

    @property
    def own(self) -> tuple[str, ...]:
        """What the file itself says there."""
        return tuple(target.own for target in self.targets)

    @property
    def folds(self) -> int:
        """How many each trial has, 0 if it is a single training."""
        return folds_of(self.graph).count if is_folded(self.graph) else 0

    @property
    def longest(self) -> int:
        """How many validations at the ends of epochs a trial has, or how many folds; 0 where nobody
        knows it."""
        train = self.graph.train
        if self.folds:
            return self.folds
        assert train is not None
        if train.stop is None or train.stop.unit != "epochs":
            return 0
        every = train.validate_every
        return -(-train.stop.count // every.count) if every.unit == "epochs" else train.stop.count

    def file(self, settings: Settings | None) -> tuple[str, tuple[str, ...]]:
        """The file of a trial, or without settings the file as it is, and what it sets: "" for what
        another setting has taken away."""
        chosen = list(zip(self.targets, settings, strict=True)) if settings is not None else []
        text, there = variant(self.text, self.tree, chosen)
        if settings is None:
            return text, self.own
        pairs = zip(settings, there, strict=True)
        return text, tuple(choice.text if set_ else "" for choice, set_ in pairs)
