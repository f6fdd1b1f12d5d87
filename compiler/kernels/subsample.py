"""subsample: the mean of each window times a gain, plus a bias, of each map."""

from lenet.compiler.contract import BACKWARD, FORWARD, GRADIENT, Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.windows import Windows
from lenet.compiler.single_contract import Single, single_function
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """x (channels, height, width), a gain and a bias a channel; the means are computed again for
    the gradient of the gain."""
    w = Windows.of(request.node)
    gain, bias = request.offsets["gain"], request.offsets["bias"]
    part = f"part = splat(np.float32({1 / product(w.window)!r}))\n"
    mean = "total = total + load(arena, x + source * 16)"
    forward = part + w.loop(
        before="total = splat(np.float32(0))",
        inside=mean,
        after=f"store(arena, y + place * 16, fma(total * part, splat(weights[{gain} + channel]), "
        f"splat(weights[{bias} + channel])))",
    )
    backward = part
    if not w.covers or w.overlap:
        backward += f"for place in range({product(request.node.given)}):\n"
        backward += "    store(arena, dx + place * 16, splat(np.float32(0)))\n"
    sum_of = "load(arena, dx + source * 16) + slope" if w.overlap else "slope"
    backward += w.loop(
        before=f"slope = load(arena, dy + place * 16) * part * splat(weights[{gain} + channel])",
        inside=f"store(arena, dx + source * 16, {sum_of})",
        after="",
    )
    gradient = part + w.loop(
        before="total = splat(np.float32(0))",
        inside=mean,
        after=f"""
slope = load(arena, dy + place * 16)
gradient[{gain} + channel] += lane_sum(slope * (total * part))
gradient[{bias} + channel] += lane_sum(slope)
""",
    )
    return Kernels(
        forward=Function("forward", FORWARD, "y = gain * mean of x + bias.", forward),
        backward=Function("backward", BACKWARD, "Each place of a window gets its part.", backward),
        gradient=Function("gradient", GRADIENT, "The gradients of gain and bias, added.", gradient),
    )


def emit_single(request: Request) -> Single:
    """A window's sum, from 0 on, times one over its places, times the gain, plus the bias."""
    w = Windows.of(request.node)
    gain, bias = request.offsets["gain"], request.offsets["bias"]
    body = w.loop(
        before="total = np.float32(0)",
        inside="total += arena[x + source]",
        after=f"arena[y + place] = total * np.float32({1 / product(w.window)!r}) * "
        f"weights[{gain} + channel] + weights[{bias} + channel]",
    )
    return Single(single_function("y = gain * mean of x + bias.", body))
