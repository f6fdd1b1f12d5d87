"""Winograd's transforms for the convolutions where they save more than they cost."""

from dataclasses import replace
from math import prod

from compiler.simd.sizes import WINOGRAD
from compiler.target import LANES
from dsl.graph import Graph, Node
from dsl.layers.conv import winograd_applies

# What the transforms of one tile of one channel cost, in multiply-adds of sixteen lanes: into, and
# from 3x3 and 5x5 convolutions; and more, where what is transformed is more than a second-level
# cache holds. Measured on convolutions of 3 to 256 channels and maps of 8x8 to 32x32, both ways.
_INTO, _FROM = 280, {3: 300, 5: 140}
_CACHE = 2**19  # bytes
_PER_MIB = 150
_ADVANTAGE = 1.1
_NAMES = {
    (False, False): "direct",
    (False, True): "winograd-backward",
    (True, False): "winograd-forward",
    (True, True): "winograd",
}


def choose_algorithm(graph: Graph) -> Graph:
    """conv 64x3x3 algorithm=auto  =>  algorithm=winograd, winograd-forward (direct backward),
    winograd-backward, or direct.

    It depends on shapes alone, so that every machine computes the same bits. The option
    `algorithm` of a layer overrules it.
    """
    return graph.with_nodes(tuple(_chosen(node) for node in graph.nodes))


def _chosen(node: Node) -> Node:
    if node.kind != "conv" or node.arguments["algorithm"] != "auto":
        return node
    given, made = node.given, node.bare_shape
    pays = (False, False)  # forward, backward
    if winograd_applies(node.arguments):
        kernel = int(node.arguments["size"][1])
        macs = given[0] * prod(made) * kernel**2
        pays = _pays(given[0], made, kernel, macs), _pays(made[0], given, kernel, macs)
    return replace(node, arguments={**node.arguments, "algorithm": _NAMES[pays]})


def _pays(inputs: int, made: tuple[int, ...], kernel: int, macs: int) -> bool:
    """Whether maps of the shape `made` are made faster from `inputs` others."""
    outputs, height, width = made
    step = WINOGRAD - kernel + 1
    tiles = -(-height // step) * -(-width // step)
    bytes_ = tiles * (inputs + outputs) * WINOGRAD**2 * LANES * 4
    missing = _PER_MIB * max(0, bytes_ - _CACHE) / 2**20
    products = WINOGRAD**2 * inputs * outputs
    transforms = inputs * (_INTO + missing) + outputs * (_FROM[kernel] + missing)
    return macs > _ADVANTAGE * tiles * (products + transforms)
