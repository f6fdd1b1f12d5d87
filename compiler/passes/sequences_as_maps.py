"""A sequence is computed as a map of one row, so that it has the maps' kernels."""

from dataclasses import replace

from lenet.dsl.graph import Graph
from lenet.dsl.shapes import Shape, as_image


def sequences_as_maps(graph: Graph) -> Graph:
    """conv 50x3 of 64x60  =>  the same of 64x1x60, which gives 50x1x58."""
    nodes = graph.nodes
    if all(len(node.shape) != 2 for node in nodes):
        return graph
    return graph.with_nodes(
        tuple(
            replace(node, shape=_map(node.shape), input_shapes=tuple(map(_map, node.input_shapes)))
            for node in nodes
        )
    )


def _map(shape: Shape) -> Shape:
    return as_image(shape) if len(shape) == 2 else shape
