"""What a run is told beside its file, as if the file said it."""

from dataclasses import replace
from pathlib import Path

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.lower.reader import Duration
from lenet.runtime.options import Options


def told(graph: Graph, spec: Path, options: Options) -> Graph:
    """The graph, with what the options say in place of the file; LenetError where that does not say
    how to train."""
    train = graph.train
    if train is None or train.rate is None:
        fix = "add a section `train` with at least a line `rate 0.1`"
        raise LenetError(f"{spec} does not say how to train", "", fix)
    if options.epochs is not None:
        train = replace(train, stop=Duration(options.epochs, "epochs"), seconds=0.0, stop_when=())
    if options.seed is not None:
        train = replace(train, seed=options.seed)
    return replace(graph, train=train)
