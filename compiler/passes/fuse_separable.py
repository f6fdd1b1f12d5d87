"""A convolution by channels and one of single places behind it become one loop over rows."""

from dataclasses import replace

from lenet.compiler.kernels.separable import LAYER, fits
from lenet.compiler.passes.fuse import fuse_followers
from lenet.dsl.graph import Graph, Node


def fuse_separable(graph: Graph) -> Graph:
    """depthwise 3, conv 64x1x1  =>  separable of (depthwise, conv), in prediction.

    What the first one gives never reaches memory: the second takes it row by row, while that lies
    in the caches. Training goes without, whose way back reads it.
    """
    return fuse_followers(graph, fits, _together)


def _together(first: Node, last: Node) -> Node:
    return replace(
        last, name=first.name, kind=LAYER.name, arguments={}, parameters=(), folded=(),
        fused=(first, last), inputs=first.inputs, input_shapes=first.input_shapes,
        macs=first.macs + last.macs,
    )  # fmt: skip
