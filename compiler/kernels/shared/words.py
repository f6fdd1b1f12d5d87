"""Words of four bytes, of which layers of int8 weights compute: how such a layer's weights lie.

A 32-bit word holds four neighbours of a sum, the first in its lowest byte: of values unsigned, of
weights signed. What a convolution of floats does with floats, one of bytes does with words: their
sum of four products takes the place of a multiply-add (compiler/simd/dot.py).
"""

from dataclasses import dataclass, replace

from lenet.compiler.contract import Request
from lenet.dsl.graph import Node
from lenet.dsl.registry import Parameter

BYTES = 4  # of a word
MOST = 2**15  # products of a sum: with its bias, it stays below 2^31 for any values and weights
INTEGER = "integer"  # the argument of a node that computes of bytes
_SETTINGS = 4  # one over the scale of the input, its least and largest whole number, and its zero


@dataclass(frozen=True)
class Words:
    """The words of a layer with `outputs`, each of `inputs` by `height` by `width` weights.

    A word has the same place of four neighbouring inputs or, with `across`, four neighbouring
    columns of one input. Where that does not come out even, weights of 0 fill it up.
    """

    outputs: int
    inputs: int
    height: int
    width: int
    across: bool

    @property
    def groups(self) -> int:
        """Words that stand for all inputs at a place."""
        return self.inputs if self.across else -(-self.inputs // BYTES)

    @property
    def taps(self) -> int:
        """Words that stand for a row of the kernel."""
        return -(-self.width // BYTES) if self.across else self.width


def words_of(node: Node) -> Words:
    """As few as there can be, also of a node that is one of words already."""
    inputs, outputs = node.given[0], node.bare_shape[0]
    height, width = (*(int(size) for size in node.arguments["size"][1:]), 1, 1)[:2]
    apart = -(-inputs // BYTES) * width
    side_by_side = (node.arguments.get("dilate") or (1, 1))[1] == 1
    across = side_by_side and inputs * -(-width // BYTES) < apart
    return Words(outputs, inputs, height, width, across)


def fits(node: Node) -> bool:
    """Whether a sum of so many products stays within 32 bits."""
    words = words_of(node)
    return words.inputs * words.height * words.width <= MOST


def in_words(node: Node) -> Node:
    """The node that computes of bytes: its tensors are its weights' words; the bias, as whole
    numbers, with what the input's zero adds to it; the scales of its sums; and the settings that
    make bytes of its input."""
    words = words_of(node)
    (weight,) = (p for p in node.parameters if p.name == "weight")
    shape = (words.outputs, words.groups, words.height, words.taps)[: len(weight.shape)]
    parameters = (
        Parameter("weight", shape),
        Parameter("bias", (words.outputs,)),
        Parameter("scale", (words.outputs,)),
        Parameter("input", (_SETTINGS,)),
    )
    arguments = {**node.arguments, INTEGER: True}
    return replace(node, parameters=parameters, arguments=arguments)


def tile_settings(request: Request) -> dict[str, object]:
    """What makes a tile one of words, whose sums become floats; {} where it is of floats."""
    if INTEGER not in request.node.arguments:
        return {}
    return {"integer": request.target.dot, "scale": request.node.bare_shape[0]}


def single_settings(request: Request, unsigned: str) -> dict[str, object]:
    """The same of a tile for a single image, whose values are its "vectors" or its "scalars"."""
    settings = tile_settings(request)
    return {**settings, "unsigned": unsigned} if settings else {}
