"""Winograd's transforms for the convolutions where they save more than they cost."""

from dataclasses import replace
from math import prod

from lenet.compiler.simd.products.sizes import (
    WINOGRAD,
    winograd_bytes,
    winograd_gradient_strip,
    winograd_strip,
    winograd_tiles,
)
from lenet.dsl.graph import Graph, Node
from lenet.dsl.layers.conv import winograd_applies
from lenet.dsl.shapes import Shape

# What it costs, in multiply-adds of sixteen lanes, to transform one tile of one channel: into, and
# from 3x3 and 5x5 convolutions; and more, for each MiB of a strip of tiles beyond those that cost
# nothing more. Between the costs with AVX2 and with AVX-512, measured on convolutions of 3 to 256
# channels and maps of 7x7 to 32x32.
_INTO, _FROM = 500, {3: 500, 5: 400}
_FREE = 2**19  # bytes
_PER_MIB, _MOST_MISSING = 150, 1000
_SUMS = 5  # what it costs to sum a product over the lanes of a block
_ADVANTAGE = 1.1


def choose_algorithm(graph: Graph) -> Graph:
    """conv 64x3x3 algorithm=auto  =>  algorithm=winograd, direct, or where Winograd's transforms
    pay for some of forward, backward and gradient alone, such as winograd-forward-gradient.

    It depends on shapes alone, so that every machine computes the same bits. The option
    `algorithm` of a layer overrules it.
    """
    return graph.with_nodes(tuple(_chosen(node) for node in graph.nodes))


def _chosen(node: Node) -> Node:
    if node.arguments.get("algorithm") != "auto":
        return node
    names = ["direct"]
    if winograd_applies(node.arguments):
        kernel = int(node.arguments["size"][1])
        given, made = node.given, node.bare_shape
        macs = given[0] * prod(made) * kernel**2
        gains = {
            "forward": macs - _cost(given[0], made, kernel),
            "backward": macs - _cost(made[0], given, kernel),
            "gradient": macs - _gradient_cost(given[0], made, kernel),
        }
        parts = [part for part, gain in gains.items() if gain > 0]
        if parts:
            names = ["winograd"] if len(parts) == len(gains) else ["winograd", *parts]
    return replace(node, arguments={**node.arguments, "algorithm": "-".join(names)})


def _cost(inputs: int, made: Shape, kernel: int) -> float:
    """Of maps of the shape `made` from `inputs` others."""
    outputs, height, width = made
    rows, columns = winograd_tiles(height, width, kernel)
    channels = inputs + outputs
    missing = _missing(winograd_strip(rows, columns, channels) * columns, channels)
    products = WINOGRAD**2 * inputs * outputs
    transforms = inputs * (_INTO + missing) + outputs * (_FROM[kernel] + missing)
    return _ADVANTAGE * rows * columns * (products + transforms)


def _gradient_cost(inputs: int, made: Shape, kernel: int) -> float:
    outputs, height, width = made
    rows, columns = winograd_tiles(height, width, kernel)
    strip = winograd_gradient_strip(rows, columns, inputs, outputs)
    tiles, channels = rows * columns, inputs + outputs
    products = WINOGRAD**2 * inputs * outputs * (tiles + _SUMS * rows // strip)
    return _ADVANTAGE * (
        products + tiles * channels * (_INTO + _missing(strip * columns, channels))
    )


def _missing(tiles: int, channels: int) -> float:
    """What a tile costs more because the caches are too small for a strip."""
    excess = max(0, winograd_bytes(tiles, channels) - _FREE)
    return min(_MOST_MISSING, _PER_MIB * excess / 2**20)
