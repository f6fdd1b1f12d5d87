"""Weights in the order in which tiles read them: those of a tile's outputs, input by input; behind
them the biases."""

from lenet.compiler.contract import Request
from lenet.compiler.function import Function

PACKED = "packed"  # the argument of a node whose weights are brought into it


def packed_floats(inputs: int, outputs: int) -> int:
    """Weights and biases."""
    return (inputs + 1) * outputs


def packing(
    request: Request, suffix: str, inputs: int, outputs: int, runs: list[tuple[int, int, int]]
) -> Function:
    """The function NAME_suffix_prepare. `runs` are (first output, outputs of a tile, tiles)."""
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    body, numbers = "for channel in range(inputs):\n", [("inputs", inputs), ("channels", outputs)]
    for k, (first, size, parts) in enumerate(runs):
        numbers += [(f"first{k}", first), (f"end{k}", first + size * parts)]
        body += (
            f"    for output in range(first{k}, end{k}, {size}):\n"
            f"        for k in range({size}):\n"
            f"            arena[prepared + output * inputs + channel * {size} + k] = "
            f"weights[{weight} + channel * channels + output + k]\n"
        )
    if bias is not None:
        body += (
            "for output in range(channels):\n"
            f"    arena[prepared + inputs * channels + output] = weights[{bias} + output]\n"
        )
    doc = "The weights in the order of the tiles, once for each new set of weights."
    parameters = ("arena", "weights", "w", "prepared")
    return Function(f"{suffix}_prepare", parameters, doc, body, numbers=tuple(numbers))
