"""dropout: the mask is a hash of (seed, epoch, row) and the value's place, and never stored."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """With the probability p, y = 0, else y = x / (1 - p), so that prediction has nothing to do.
    Backward makes the same random numbers again."""
    size = product(request.node.shape)
    probability = request.node.arguments["probability"]
    threshold = min(2**32 - 1, round(probability * 2**32))

    def loop(source: str, to: str) -> str:
        return f"""
zero = splat(np.float32(0))
keep = splat(np.float32({1 / (1 - probability)!r}))
threshold = splat_int({threshold})
keys = load_bits(arena, saved)
for place in range({size}):
    noise = random_bits(keys, splat_int(counter + place))
    value = load(arena, {source} + place * 16) * keep
    store(arena, {to} + place * 16, select_below(noise, threshold, zero, value))
"""

    doc = f"Values are 0 with probability {probability:g}; the others grow to match."
    return Kernels(
        forward=Function("forward", ("arena", "counter", "x", "y", "saved"), doc, loop("x", "y")),
        backward=Function(
            "backward", ("arena", "counter", "saved", "dy", "dx"), doc, loop("dy", "dx")
        ),
        in_place=True,
        random=True,
        training_only=True,
    )


def emit_single(request: Request) -> Single:
    """Nothing: it is for training only."""
    return Single()
