"""Weights in the order in which tiles read them: those of a tile's outputs, input by input; behind
them the biases."""

from collections.abc import Iterable

from lenet.compiler.contract import Request
from lenet.compiler.function import Function

PACKED = "packed"  # the argument of a node whose weights are brought into it
PREPARE = ("arena", "weights", "w", "prepared")  # the parameters of what does that


def packed_floats(inputs: int, outputs: int) -> int:
    """Weights and biases."""
    return (inputs + 1) * outputs


def packing(
    request: Request, suffix: str, inputs: int, outputs: int, runs: list[tuple[int, int, int]]
) -> Function:
    """The function NAME_suffix_prepare. `runs` are (first output, outputs of a tile, tiles)."""
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    body, numbers = in_panels(runs, inputs, outputs, weight, "prepared")
    if bias is not None:
        body += (
            "for output in range(apart):\n"
            f"    arena[prepared + products * apart + output] = weights[{bias} + output]\n"
        )
    doc = "The weights in the order of the tiles, once for each new set of weights."
    return Function(f"{suffix}_prepare", PREPARE, doc, body, numbers=numbers)


def in_panels(
    runs: Iterable[tuple[int, int, int]], products: int, apart: int, weights: str, to: str
) -> tuple[str, tuple[tuple[str, int], ...]]:
    """Statements that lay the weights of each tile's outputs in one piece at `to`, product by
    product, and their numbers. Among the `weights`, those of a product are `apart` floats behind
    those of the one before; `runs` are (first output, outputs of a tile, tiles)."""
    body, numbers = "", [("products", products), ("apart", apart)]
    for k, (first, size, count) in enumerate(runs):
        numbers += [(f"first{k}", first), (f"end{k}", first + size * count)]
        body += (
            f"for output in range(first{k}, end{k}, {size}):\n"
            "    for product in range(products):\n"
            f"        for k in range({size}):\n"
            f"            arena[{to} + output * products + product * {size} + k] = "
            f"weights[{weights} + product * apart + output + k]\n"
        )
    return body, tuple(numbers)
