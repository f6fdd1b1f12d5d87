"""Winograd's transforms for the convolutions where they save more than they cost."""

from dataclasses import replace

from compiler.simd.sizes import WINOGRAD
from dsl.graph import Graph, Node
from dsl.layers.conv import winograd_applies

# What a transform costs for one tile of one channel, in multiply-adds of sixteen lanes. Its 36
# loads and stores miss the first-level cache, and make up most of it: measured on convolutions of
# 3 to 256 channels and maps of 8x8 to 32x32.
_TRANSFORM = 800
_ADVANTAGE = 1.1


def choose_algorithm(graph: Graph) -> Graph:
    """conv 64x3x3 algorithm=auto  =>  algorithm=winograd, or direct.

    It depends on shapes alone, so that every machine computes the same bits. The option
    `algorithm` of a layer overrules it.
    """
    return graph.with_nodes(tuple(_chosen(node) for node in graph.nodes))


def _chosen(node: Node) -> Node:
    if node.kind != "conv" or node.arguments["algorithm"] != "auto":
        return node
    algorithm = "winograd" if winograd_applies(node.arguments) and _pays(node) else "direct"
    return replace(node, arguments={**node.arguments, "algorithm": algorithm})


def _pays(node: Node) -> bool:
    inputs, (outputs, height, width) = node.given[0], node.bare_shape
    step = WINOGRAD - int(node.arguments["size"][1]) + 1
    tiles = -(-height // step) * -(-width // step)
    transformed = tiles * (WINOGRAD**2 * inputs * outputs + _TRANSFORM * (inputs + outputs))
    return node.macs > _ADVANTAGE * transformed
