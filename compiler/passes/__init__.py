"""Passes: pure functions from Graph to Graph, one idea a file, in the order of PASSES."""

from collections.abc import Callable

from compiler.passes.choose_algorithm import choose_algorithm
from compiler.passes.end_in_probabilities import end_in_probabilities
from compiler.passes.fold_normalizations import fold_normalizations
from compiler.passes.fuse_activations import fuse_activations
from compiler.passes.fuse_convolutions import fuse_convolutions
from compiler.passes.fuse_elementwise import fuse_elementwise
from compiler.passes.pool_before_activation import pool_before_activation
from dsl.graph import Graph

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    end_in_probabilities,
    pool_before_activation,
    fold_normalizations,
    choose_algorithm,
    fuse_activations,
    fuse_convolutions,
    fuse_elementwise,
)
FOR_PREDICTION = (fold_normalizations,)  # training goes without
