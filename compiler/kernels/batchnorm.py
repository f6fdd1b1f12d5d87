"""batchnorm: by the statistics of the batch in training, by running ones in prediction.

In training its input is read three times: for the statistics; when these are known of the whole
batch, to normalize it; and, on the way back, for the sums that the gradient needs, which again have
to be known of the whole batch first (Ioffe and Szegedy 2015).
"""

from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.elementwise import CONSTANTS, Chain, chain_again
from lenet.compiler.kernels.shared.normalization import inverse_source
from lenet.compiler.single_contract import Read, Single, Stage, each_channel, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

_APART = "load(arena, x + place * 16) - center"
_VALUE = f"value = fma({_APART}, factor, offset)\n"
# What gradient and backward read of the batch.
_KNOWN = "center = splat(batch[b + channel])\ninverse = batch[b + {channels} + channel]\n"


def emit(request: Request) -> Kernels:
    """Forward is for prediction, by the running statistics; all others are for training. `batch`
    has four numbers a channel, see Sync in compiler/memory/phase.py. Activations behind it are
    fused: forward they follow each value, and on the way back they are computed again."""
    source, o = _Source(request), request.offsets
    running = inverse_source(
        f"weights[{o['variance']} + channel]", request.node.arguments["epsilon"]
    )
    return Kernels(
        forward=Function(
            "forward", ("arena", "weights", "w", "s", "x", "y"),
            "y = x normalized by the running statistics.",
            source.normalized(f"weights[{o['mean']} + channel]", running),
        ),
        statistics=Function(
            "statistics", ("arena", "weights", "s", "x", "images", "scratch", "sums"),
            "The sums of x and of its square, beyond the running mean.", source.statistics(),
        ),
        normalize=Function(
            "normalize", ("arena", "weights", "w", "batch", "b", "x", "y"),
            "y = x normalized by the statistics of the batch.",
            source.normalized("batch[b + channel]", f"batch[b + {source.channels} + channel]"),
        ),
        gradient=Function(
            "gradient", ("arena", "weights", "gradient", "w", "batch", "b", "x", "dy"),
            "The gradients of scale and shift, added to those so far.", source.gradient(),
        ),
        backward=Function(
            "backward", ("arena", "weights", "w", "batch", "b", "images", "x", "dy", "dx"),
            "dx from dy less its mean and its part along x; 0 in lanes without an image.",
            source.backward(),
        ),
        scratch={"statistics": 2 * LANES},
        in_place=True,
    )  # fmt: skip


class _Source:
    """The statements of a block's functions."""

    def __init__(self, request: Request) -> None:
        node, offsets = request.node, request.offsets
        self.fused = node.fused
        self.channels, self.places = node.bare_shape[0], product(node.bare_shape[1:])
        self.mean, self.scale, self.shift = (offsets[n] for n in ("mean", "scale", "shift"))
        self.known = _KNOWN.format(channels=self.channels)
        self.factor = f"factor = splat(inverse * weights[{self.scale} + channel])\n"
        self.offset, self.slope = "", "slope = load(arena, dy + place * 16)\n"
        if self.fused:
            self.offset = f"offset = splat(weights[{self.shift} + channel])\n"
            self.slope += _VALUE + chain_again(self.fused)

    def each(self, before: str, inside: str, after: str = "") -> str:
        """`inside` at each place of a channel, between what is done for the channel."""
        places = self.places
        loop = f"for place in range(channel * {places}, channel * {places} + {places}):\n"
        body = before + loop + indent(inside, "    ") + after
        return f"{CONSTANTS}for channel in range({self.channels}):\n" + indent(body, "    ")

    def normalized(self, center: str, factor: str) -> str:
        return self.each(
            f"center = splat({center})\n"
            f"factor = splat({factor} * weights[{self.scale} + channel])\n"
            f"offset = splat(weights[{self.shift} + channel])\n",
            _VALUE + Chain(self.fused, self.channels * self.places, saved="").forward(),
        )

    def statistics(self) -> str:
        """The running mean is taken off first, so that little is lost where the mean is large."""
        return self.each(
            f"center = splat(weights[{self.mean} + channel])\nfirst = zero\nsecond = zero\n",
            f"apart = {_APART}\nfirst = first + apart\nsecond = fma(apart, apart, second)\n",
            f"store(arena, scratch, first)\nstore(arena, scratch + {LANES}, second)\n"
            f"for lane in range(images):\n"
            f"    sums[channel] += arena[scratch + lane]\n"
            f"    sums[{self.channels} + channel] += arena[scratch + {LANES} + lane]\n",
        )

    def gradient(self) -> str:
        again = self.factor + self.offset if self.fused else ""
        return self.each(
            f"{self.known}{again}first = zero\nsecond = zero\n",
            f"{self.slope}first = first + slope\nsecond = fma(slope, {_APART}, second)\n",
            f"gradient[{self.scale} + channel] += lane_sum(second) * inverse\n"
            f"gradient[{self.shift} + channel] += lane_sum(first)\n",
        )

    def backward(self) -> str:
        body = self.each(
            f"{self.known}{self.factor}{self.offset}"
            f"tilt = splat(inverse * batch[b + {2 * self.channels} + channel])\n"
            f"level = splat(batch[b + {3 * self.channels} + channel])\n",
            f"{self.slope}apart = {_APART}\n"
            "store(arena, dx + place * 16, (slope - level - apart * tilt) * factor)\n",
        )
        return body + (
            f"if images < {LANES}:\n"
            f"    for place in range({self.channels * self.places}):\n"
            f"        for lane in range(images, {LANES}):\n"
            f"            arena[dx + place * {LANES} + lane] = np.float32(0)\n"
        )


def takes_places(request: Request) -> bool:
    """Channels can be the lanes."""
    return len(request.node.shape) > 1


def emit_single(request: Request) -> Single:
    """(x - mean) * factor + shift, with the factor of a channel computed once."""
    node = request.node
    channels, places = node.shape[0], product(node.shape[1:])
    o, doc = request.offsets, "y = x normalized by the running statistics."
    inverse = inverse_source(f"weights[{o['variance']} + channel]", node.arguments["epsilon"])
    factor = f"{inverse} * weights[{o['scale']} + channel]"
    if request.by_places:

        def normalized(read: Read) -> str:
            apart = f"{read('arena', 'x + at')} - {read('weights', o['mean'] + ' + channel')}"
            offset = read("weights", o["shift"] + " + channel")
            return f"fma({apart}, {read('arena', 'prepared + channel')}, {offset})"

        parameters = ("arena", "weights", "w", "s", "x", "y", "prepared", "unit")
        loop = f"for channel in range({channels}):\n    arena[prepared + channel] = {factor}\n"
        prepare = Function(
            "single_prepare", ("arena", "weights", "w", "s", "prepared"), "The factors.", loop
        )
        return each_channel(request, doc, normalized, parameters, Stage(prepare), channels)
    whole = places - places % LANES
    value = "fma({} - center, factor, offset)"
    body = (
        f"for channel in range({channels}):\n"
        f"    center = splat(weights[{o['mean']} + channel])\n"
        f"    factor = splat({factor})\n"
        f"    offset = splat(weights[{o['shift']} + channel])\n"
        f"    first = channel * {places}\n"
        f"    for place in range(first, first + {whole}, {LANES}):\n"
        f"        store_any(arena, y + place, {value.format('load_any(arena, x + place)')})\n"
        f"    for place in range(first + {whole}, first + {places}):\n"
        f"        store_one(arena, y + place, {value.format('splat(arena[x + place])')})\n"
    )
    return Single(single_function(doc, body))
