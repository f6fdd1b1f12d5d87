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
    body = f"for channel in range({inputs}):\n"
    for first, size, parts in runs:
        body += (
            f"    for output in range({first}, {first + size * parts}, {size}):\n"
            f"        for k in range({size}):\n"
            f"            arena[prepared + output * {inputs} + channel * {size} + k] = "
            f"weights[{weight} + channel * {outputs} + output + k]\n"
        )
    if bias is not None:
        body += (
            f"for output in range({outputs}):\n"
            f"    arena[prepared + {inputs * outputs} + output] = weights[{bias} + output]\n"
        )
    doc = "The weights in the order of the tiles, once for each new set of weights."
    return Function(f"{suffix}_prepare", ("arena", "weights", "w", "prepared"), doc, body)
