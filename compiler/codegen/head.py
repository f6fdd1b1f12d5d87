"""What the source of a net's module begins with."""

from collections.abc import Iterator, Sequence, Set
from textwrap import indent

from lenet.compiler.kernels import parts_of
from lenet.compiler.kernels.shared.words import INTEGER
from lenet.compiler.memory.layout import Slot
from lenet.compiler.target import Target
from lenet.dsl.graph import Graph, Node

_HEAD = '''"""Kernels for this net, written by the lenet compiler for {target}:

{net}
An array of activations is [channel][row][column][16 images]; weights of a convolution are
[in][row][column][out], of a linear layer [in][out]. Offsets count floats; `w` and `s` are those of
a layer's trained and fixed tensors.
"""

import numpy as np

from lenet.compiler.simd.anywhere import load_any, store_any, store_first, store_one
from lenet.compiler.simd.clock import clock, probe
from lenet.compiler.simd.products.channel_sums import ChannelSums, channel_sums
from lenet.compiler.simd.products.correlation import Correlation, correlate
from lenet.compiler.simd.gates import gelu, gelu_slope, gelu_tanh, gelu_tanh_slope
from lenet.compiler.simd.gates import mish, mish_slope, silu_slope
from lenet.compiler.simd.products.depthwise_product import DepthwiseProduct, depthwise_product
from lenet.compiler.simd.kernel import Entry, Kernel
from lenet.compiler.simd.math import (
    exp, expm1, inverse_fourth_root, log, normal_pair, random_bits, sigmoid, softplus, sum_all,
    tanh,
)
from lenet.compiler.simd.products.lane_product import LaneProduct, lane_product
from lenet.compiler.simd.products.outer_product import OuterProduct, outer_product
from lenet.compiler.simd.products.pack import pack_channel
from lenet.compiler.simd.products.pooled_product import PooledProduct, pooled_product
from lenet.compiler.simd.prefetch import prefetch
from lenet.compiler.simd.products.product import Product, product_of
from lenet.compiler.simd.products.single import SinglePool, SingleTile, single_pool, single_tile
from lenet.compiler.simd.sums import sums_along, sums_apart, sums_apart_single
from lenet.compiler.simd.table import Table
from lenet.compiler.simd.team import share
from lenet.compiler.simd.transpose import turn
from lenet.compiler.simd.products.winograd import (
    Tiles, transform_input, transform_output, transform_slopes,
)
from lenet.compiler.simd.products.winograd_places import transform_back_places, transform_places
from lenet.compiler.simd.products.winograd_products import multiply_points, multiply_tiles
from lenet.compiler.simd.products.winograd_weights import transform_products, transform_weights
from lenet.compiler.simd.vector import (
    absolute, choose_index, choose_value, copy_sign, fma, from_bits, lane_sum, load,
    load_bits, load_bytes, maximum, minimum, select_below, select_equal, select_greater,
    select_less, select_nan, splat, splat_int, square_root, store, store_bytes,
)
from lenet.compiler.simd.support import (
    add_maps, clear, copy, copy_any, fill_any, give_outputs, make_keys, take_image, turn_map,
    unpack,
)

'''

_OF_WORDS = """\
from lenet.compiler.simd.quantized import (
    finish_sums, single_words_of_channels, single_words_of_columns, single_words_of_values,
    words_of_channels, words_of_columns,
)

"""


def head(
    graph: Graph, predicted: Graph, target: Target, slots: Sequence[Slot] = (),
    called: Set[str] = frozenset(),
) -> Iterator[str]:  # fmt: skip
    """Its layers, and imports: those of few nets, by the functions that are `called`, come last."""
    yield _HEAD.format(target=target.name, net=indent(_net(graph), "    "))
    if any(slot.marks is not None for slot in slots):
        yield "from lenet.compiler.simd.support import clear_rows\n\n"
    if "take_slopes" in called:
        yield "from lenet.compiler.simd.support import take_slopes\n\n"
    if "tell" in called:
        yield "from lenet.compiler.simd.progress import tell\n\n"
    if any(INTEGER in node.arguments for node in predicted.nodes):
        yield _OF_WORDS


def _net(graph: Graph) -> str:
    parts = [part for node in graph.nodes for part in parts_of(node)]
    return "".join(spec_line(graph, part) + "\n" for part in parts)


def spec_line(graph: Graph, node: Node) -> str:
    """The layer's line as a comment: without anything that could end a comment or a string."""
    text = graph.text_of(node)
    place = f"{node.file} line" if node.file else "line"
    harmless = "".join(
        c if c.isprintable() and c not in "\\\"'" else "?" for c in f"{place} {node.line}: {text}"
    )
    return f"{node.name}: {harmless}"
