"""What is dropped at random: values, channels, or all that an image has."""

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.dsl.shapes import product


def dropped(request: Request, probability: float, together: int) -> Kernels:
    """With the probability p, y = 0, else y = x / (1 - p), so that prediction has nothing to do;
    so many values that follow each other have one fate. Backward makes the same random numbers
    again."""
    size = product(request.node.shape)
    threshold = min(2**32 - 1, round(probability * 2**32))
    doc = f"Values are 0 with probability {probability:g}; the others grow to match."
    head = f"""
zero = splat(np.float32(0))
keep = splat(np.float32({1 / (1 - probability)!r}))
threshold = splat_int({threshold})
keys = load_bits(arena, saved)
"""

    def loop(source: str, to: str) -> str:
        if together == 1:
            return f"""{head}\
for place in range({size}):
    noise = random_bits(keys, splat_int(counter + place))
    value = load(arena, {source} + place * 16) * keep
    store(arena, {to} + place * 16, select_below(noise, threshold, zero, value))
"""
        return f"""{head}\
for group in range({size // together}):
    noise = random_bits(keys, splat_int(counter + group))
    factor = select_below(noise, threshold, zero, keep)
    for place in range(group * {together}, group * {together} + {together}):
        store(arena, {to} + place * 16, load(arena, {source} + place * 16) * factor)
"""

    return Kernels(
        forward=Function("forward", ("arena", "counter", "x", "y", "saved"), doc, loop("x", "y")),
        backward=Function(
            "backward", ("arena", "counter", "saved", "dy", "dx"), doc, loop("dy", "dx")
        ),
        in_place=True,
        random=True,
        training_only=True,
    )
