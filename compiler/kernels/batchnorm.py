"""batchnorm: by the statistics of the batch in training, by running ones in prediction.

In training its input is read three times: for the statistics; when these are known of the whole
batch, to normalize it; and, on the way back, for the sums that the gradient needs, which again have
to be known of the whole batch first (Ioffe and Szegedy 2015).
"""

from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.elementwise import CONSTANTS, chain_again, chain_forward
from lenet.compiler.kernels.shared.normalization import inverse_source
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def emit(request: Request) -> Kernels:
    """Forward is for prediction, by the running statistics; all others are for training. `batch`
    has four numbers a channel, see Sync in compiler/memory/phase.py. Activations behind it are
    fused: forward they follow each value, and on the way back they are computed again."""
    node = request.node
    channels, places = node.bare_shape[0], product(node.bare_shape[1:])
    size = channels * places
    scale, shift = request.offsets["scale"], request.offsets["shift"]
    mean, variance = request.offsets["mean"], request.offsets["variance"]

    def each(before: str, inside: str, after: str = "") -> str:
        loop = f"for place in range(channel * {places}, channel * {places} + {places}):\n"
        body = before + loop + indent(inside, "    ") + after
        return f"{CONSTANTS}for channel in range({channels}):\n" + indent(body, "    ")

    # The running mean is taken off first, so that little is lost where the mean is large.
    statistics = each(
        f"center = splat(weights[{mean} + channel])\nfirst = zero\nsecond = zero\n",
        "apart = load(arena, x + place * 16) - center\n"
        "first = first + apart\nsecond = fma(apart, apart, second)\n",
        f"store(arena, scratch, first)\nstore(arena, scratch + {LANES}, second)\n"
        f"for lane in range(images):\n"
        f"    sums[channel] += arena[scratch + lane]\n"
        f"    sums[{channels} + channel] += arena[scratch + {LANES} + lane]\n",
    )
    value = "value = fma(load(arena, x + place * 16) - center, factor, offset)\n"

    def normalized(center: str, factor: str) -> str:
        return each(
            f"center = splat({center})\n"
            f"factor = splat({factor} * weights[{scale} + channel])\n"
            f"offset = splat(weights[{shift} + channel])\n",
            value + chain_forward(node.fused, size, "", "y"),
        )

    slope = "slope = load(arena, dy + place * 16)\n"
    known = f"center = splat(batch[b + channel])\ninverse = batch[b + {channels} + channel]\n"
    factor = f"factor = splat(inverse * weights[{scale} + channel])\n"
    offset = ""
    if node.fused:
        offset = f"offset = splat(weights[{shift} + channel])\n"
        slope += value + chain_again(node.fused)
    gradient = each(
        f"{known}{factor + offset if node.fused else ''}first = zero\nsecond = zero\n",
        slope + "first = first + slope\n"
        "second = fma(slope, load(arena, x + place * 16) - center, second)\n",
        f"gradient[{scale} + channel] += lane_sum(second) * inverse\n"
        f"gradient[{shift} + channel] += lane_sum(first)\n",
    )
    backward = each(
        f"{known}{factor}{offset}"
        f"tilt = splat(inverse * batch[b + {2 * channels} + channel])\n"
        f"level = splat(batch[b + {3 * channels} + channel])\n",
        slope + "apart = load(arena, x + place * 16) - center\n"
        "store(arena, dx + place * 16, (slope - level - apart * tilt) * factor)\n",
    )
    backward += (
        f"if images < 16:\n"
        f"    for place in range({size}):\n"
        f"        for lane in range(images, 16):\n"
        f"            arena[dx + place * 16 + lane] = np.float32(0)\n"
    )
    running = inverse_source(f"weights[{variance} + channel]", node.arguments["epsilon"])
    return Kernels(
        forward=Function(
            "forward", ("arena", "weights", "w", "s", "x", "y"),
            "y = x normalized by the running statistics.",
            normalized(f"weights[{mean} + channel]", running),
        ),
        statistics=Function(
            "statistics", ("arena", "weights", "s", "x", "images", "scratch", "sums"),
            "The sums of x and of its square, beyond the running mean.", statistics,
        ),
        normalize=Function(
            "normalize", ("arena", "weights", "w", "batch", "b", "x", "y"),
            "y = x normalized by the statistics of the batch.",
            normalized("batch[b + channel]", f"batch[b + {channels} + channel]"),
        ),
        gradient=Function(
            "gradient", ("arena", "weights", "gradient", "w", "batch", "b", "x", "dy"),
            "The gradients of scale and shift, added to those so far.", gradient,
        ),
        backward=Function(
            "backward", ("arena", "weights", "w", "batch", "b", "images", "x", "dy", "dx"),
            "dx from dy less its mean and its part along x; 0 in lanes without an image.", backward,
        ),
        scratch={"statistics": 2 * LANES},
        in_place=True,
    )  # fmt: skip


def emit_single(request: Request) -> Single:
    """(x - mean) * factor + shift, with the factor of a channel computed once."""
    node = request.node
    channels, places = node.shape[0], product(node.shape[1:])
    o = request.offsets
    inverse = inverse_source(f"weights[{o['variance']} + channel]", node.arguments["epsilon"])
    body = (
        f"for channel in range({channels}):\n"
        f"    center = weights[{o['mean']} + channel]\n"
        f"    factor = {inverse} * weights[{o['scale']} + channel]\n"
        f"    offset = weights[{o['shift']} + channel]\n"
        f"    for place in range(channel * {places}, channel * {places} + {places}):\n"
        f"        arena[y + place] = (arena[x + place] - center) * factor + offset\n"
    )
    return Single(single_function("y = x normalized by the running statistics.", body))
