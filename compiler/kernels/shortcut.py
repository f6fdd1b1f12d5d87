"""shortcut: every stride-th pixel, and zeros as further channels."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """x (channels, height, width), y with as many channels or more; no functions where both have
    one shape."""
    node = request.node
    if node.shape == node.given:
        return Kernels()  # the input itself
    forward = _fill("y", product(node.shape), "splat(np.float32(0))")
    forward += _loop(node, LANES, "store(arena, y + place, load(arena, x + source))")
    backward = _fill("dx", product(node.given), "splat(np.float32(0))")
    backward += _loop(node, LANES, "store(arena, dx + source, load(arena, dy + place))")
    doc = "y = every stride-th pixel of x; 0 in channels that x does not have."
    return Kernels(
        forward=Function("forward", ("arena", "x", "y"), doc, forward),
        backward=Function("backward", ("arena", "dy", "dx"), "dx = dy where x was read.", backward),
    )


def emit_single(request: Request) -> Single:
    """y is cleared, and then gets what has a source."""
    node = request.node
    if node.shape == node.given:
        return Single()
    body = f"arena[y : y + {product(node.shape)}] = np.float32(0)\n"
    body += _loop(node, 1, "arena[y + place] = arena[x + source]")
    doc = "y = every stride-th pixel of x; 0 in channels that x does not have."
    return Single(single_function(doc, body, ("arena", "x", "y")))


def _fill(target: str, size: int, value: str) -> str:
    return (
        f"for place in range(0, {size * LANES}, {LANES}):\n"
        f"    store(arena, {target} + place, {value})\n"
    )


def _loop(node: Node, lanes: int, inside: str) -> str:
    """`inside` for each place of the output that has a source in the input."""
    channels, height, width = node.given
    _, rows, columns = node.shape
    down, across = node.arguments["stride"]
    return (
        f"for channel in range({channels}):\n"
        f"    for row in range({rows}):\n"
        f"        for column in range({columns}):\n"
        f"            place = ((channel * {rows} + row) * {columns} + column) * {lanes}\n"
        f"            source = ((channel * {height} + row * {down}) * {width} + "
        f"column * {across}) * {lanes}\n"
        f"            {inside}\n"
    )
