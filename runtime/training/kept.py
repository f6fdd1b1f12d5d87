"""Kernels of a training that is about to start."""

import numpy as np

from lenet.compiler.jit.cache import Loaded, load
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.graph import Graph
from lenet.runtime.training.step import functions_of
from lenet.runtime.training.updater import updater_of


def load_kept(graph: Graph, dtype: str) -> None:
    """Load those for images of such numbers into this process, where all of them are in the cache:
    to compile one belongs to the training, which tells of it."""
    program = compile_graph(graph)
    training = functions_of(program, updater_of(graph, program))
    _load(load(program), (*training, program.predicts), dtype)


def load_kept_to_predict(graph: Graph, dtype: str) -> None:
    """The same without those that train."""
    program = compile_graph(graph)
    _load(load(program), (program.predicts,), dtype)


def _load(loaded: Loaded, names: tuple[str, ...], dtype: str) -> None:
    pixels = np.dtype(dtype)
    if all(loaded.is_kept(name, pixels) for name in names):
        loaded.compile(*names, pixels=pixels)
