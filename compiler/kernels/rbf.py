"""rbf: squared distances to the codes of the classes."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function


def emit(request: Request) -> Kernels:
    """x (inputs), y (classes), codes [in][class]: y = sum((x - code)^2), LeCun et al. 1998,
    equation 7. Fixed codes have no gradient."""
    inputs, outputs = request.node.given[0], request.node.shape[0]
    codes = request.offsets["codes"]
    code = f"splat(weights[{codes} + k * {outputs} + output])"
    forward = (
        f"for output in range({outputs}):\n"
        f"    total = splat(np.float32(0))\n"
        f"    for k in range({inputs}):\n"
        f"        apart = load(arena, x + k * 16) - {code}\n"
        f"        total = fma(apart, apart, total)\n"
        f"    store(arena, y + output * 16, total)\n"
    )
    backward = (
        f"for k in range({inputs}):\n"
        f"    total = splat(np.float32(0))\n"
        f"    for output in range({outputs}):\n"
        f"        apart = load(arena, x + k * 16) - {code}\n"
        f"        total = fma(apart, load(arena, dy + output * 16), total)\n"
        f"    store(arena, dx + k * 16, total + total)\n"
    )
    gradient = (
        f"for k in range({inputs}):\n"
        f"    for output in range({outputs}):\n"
        f"        apart = load(arena, x + k * 16) - {code}\n"
        f"        slope = lane_sum(apart * load(arena, dy + output * 16))\n"
        f"        gradient[{codes} + k * {outputs} + output] -= np.float32(2) * slope\n"
    )
    base = codes[0]
    trained = base == "w"
    return Kernels(
        forward=Function(
            "forward", ("arena", "weights", base, "x", "y"), "y = |x - code|^2.", forward
        ),
        backward=Function(
            "backward", ("arena", "weights", base, "x", "dy", "dx"),
            "dx = the sum of 2 dy (x - code).", backward,
        ),
        gradient=Function(
            "gradient", ("arena", "weights", "gradient", base, "x", "dy"),
            "The gradients of the codes, added.", gradient,
        ) if trained else None,
    )  # fmt: skip


def emit_single(request: Request) -> Single:
    """Class by class, summed in the order of the inputs, as for a block."""
    inputs, outputs = request.node.given[0], request.node.shape[0]
    codes = request.offsets["codes"]
    body = (
        f"for output in range({outputs}):\n"
        f"    total = np.float32(0)\n"
        f"    for k in range({inputs}):\n"
        f"        apart = arena[x + k] - weights[{codes} + k * {outputs} + output]\n"
        f"        total += apart * apart\n"
        f"    arena[y + output] = total\n"
    )
    parameters = ("arena", "weights", codes[0], "x", "y")
    return Single(single_function("y = |x - code|^2.", body, parameters))
