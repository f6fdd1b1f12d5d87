"""In prediction, a normalization behind a convolution or a linear layer is in their weights."""

from dataclasses import replace

from lenet.compiler.kernels import entry_of
from lenet.compiler.passes.fuse import fuse_followers
from lenet.dsl.graph import Graph, Node
from lenet.dsl.registry import Parameter


def fold_normalizations(graph: Graph) -> Graph:
    """conv bias=no, batchnorm  =>  conv with a bias, folding (batchnorm).

    By running statistics it is a factor and a term for each output, which can be put into the
    layer's own tensors once for each new set of weights (runtime/training/parameters.py does).
    Training normalizes by the batch, and so keeps the layer.
    """
    return fuse_followers(graph, _fits, _fold)


def _fits(before: Node, node: Node) -> bool:
    return entry_of(before).foldable and entry_of(node).normalizes


def _fold(before: Node, normalization: Node) -> Node:
    parameters = before.parameters
    if all(p.name != "bias" for p in parameters):
        parameters = (*parameters, Parameter("bias", normalization.shape[:1]))
    return replace(before, parameters=parameters, folded=(*before.folded, normalization))
