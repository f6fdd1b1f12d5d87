"""Passes: pure functions from Graph to Graph, one idea a file, in the order of PASSES."""

from collections.abc import Callable

from lenet.compiler.passes.attention_as_products import attention_as_products
from lenet.compiler.passes.choose_algorithm import choose_algorithm
from lenet.compiler.passes.end_in_probabilities import end_in_probabilities
from lenet.compiler.passes.fold_normalizations import fold_normalizations
from lenet.compiler.passes.fuse_activations import fuse_activations
from lenet.compiler.passes.fuse_convolutions import fuse_convolutions
from lenet.compiler.passes.fuse_elementwise import fuse_elementwise
from lenet.compiler.passes.fuse_separable import fuse_separable
from lenet.compiler.passes.pack_weights import pack_weights
from lenet.compiler.passes.part_recurrent import part_recurrent
from lenet.compiler.passes.pool_before_activation import pool_before_activation
from lenet.compiler.passes.sequences_as_maps import sequences_as_maps
from lenet.dsl.graph import Graph

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    sequences_as_maps,
    part_recurrent,
    attention_as_products,
    end_in_probabilities,
    pool_before_activation,
    fold_normalizations,
    choose_algorithm,
    pack_weights,
    fuse_activations,
    fuse_convolutions,
    fuse_elementwise,
    fuse_separable,
)
FOR_PREDICTION = (fold_normalizations, pack_weights, fuse_separable)  # training goes without
