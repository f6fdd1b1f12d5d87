"""noise: random numbers of a normal distribution, which are hashes and never stored."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """y = x + deviation * a number for each place, two from each pair of hashes. Without backward,
    dx is dy."""
    size, deviation = product(request.node.shape), request.node.arguments["deviation"]
    half = -(-size // 2)
    body = f"""
deviation = splat(np.float32({deviation!r}))
keys = load_bits(arena, saved)
others = keys ^ splat_int(0x5BD1E995)
for place in range({half}):
    at = splat_int(counter + place)
    one, two = normal_pair(random_bits(keys, at), random_bits(others, at))
    store(arena, y + place * 16, fma(one, deviation, load(arena, x + place * 16)))
    other = place + {half}
    if other < {size}:
        store(arena, y + other * 16, fma(two, deviation, load(arena, x + other * 16)))
"""
    doc = f"y = x and random numbers of the deviation {deviation:g}."
    return Kernels(
        forward=Function("forward", ("arena", "counter", "x", "y", "saved"), doc, body),
        in_place=True,
        random=True,
        training_only=True,
    )


def emit_single(request: Request) -> Single:
    """Nothing: it is for training only."""
    return Single()
