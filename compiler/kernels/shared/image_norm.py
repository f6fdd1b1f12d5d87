"""Normalizations of each image by itself, over groups of channels or at each place.

y = (x - mean) / sqrt(variance + epsilon) * scale + shift, where mean and variance are those of some
of the image's own values (Ba et al. 2016, Wu and He 2018). An image is a lane, so that its sums are
those of a lane. They go over the values once: less the first of them, which keeps what the
variance loses below one part in 2**24 for each value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.elementwise import CONSTANTS, Chain, chain_again
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product


def known_from(first: str, second: str, center: str, count: int, epsilon: float) -> str:
    """Statements that make `mean` and `inverse` of the sums of x - center and of its square over
    `count` values."""
    part = f"splat(np.float32({1 / count!r}))"
    return (
        f"apart = {first} * {part}\n"
        f"mean = {center} + apart\n"
        f"variance = maximum(zero, {second} * {part} - apart * apart)\n"
        f"inverse = one / square_root(variance + splat(np.float32({epsilon!r})))\n"
    )


@dataclass(frozen=True)
class Norm:
    """What both ways to normalize have in common; `shape` is the input's."""

    request: Request

    @property
    def channels(self) -> int:
        return self.request.node.given[0]

    @property
    def places(self) -> int:
        return product(self.request.node.given[1:])

    @property
    def epsilon(self) -> float:
        return float(self.request.node.arguments["epsilon"])

    @property
    def affine(self) -> bool:
        """Whether it has a scale and a shift for each channel."""
        return bool(self.request.node.parameters)

    def of_channel(self, shift: bool = True) -> str:
        """Statements that make `scale` and `offset` of a channel, if it has them."""
        if not self.affine:
            return ""
        o = self.request.offsets
        found = f"scale = splat(weights[{o['scale']} + channel])\n"
        return found + (f"offset = splat(weights[{o['shift']} + channel])\n" if shift else "")

    def reads(self, *names: str) -> tuple[str, ...]:
        """Parameters of a function that takes scale or shift."""
        return ("arena", *(("weights", "w") if self.affine else ()), *names)

    @property
    def value(self) -> str:
        """Statements that make `value` of `apart`, `inverse`, `scale` and `offset`."""
        normal = "apart * inverse"
        return f"value = fma({normal}, scale, offset)\n" if self.affine else f"value = {normal}\n"

    def scaled(self, slope: str) -> str:
        return f"{slope} * scale" if self.affine else slope

    def finished(self) -> str:
        """Statements from `value` through all activations behind it to y[place]."""
        return Chain(self.request.node.fused, self.channels * self.places, saved="").forward()

    def kernels(self, bodies: Sequence[str], saved: int, scratch: int = 0) -> Kernels:
        """From the bodies of forward, spread, gradient and backward; `saved` and `scratch` are in
        vectors."""
        forward, spread, gradient, backward = bodies
        names = ("scratch",) if scratch else ()
        fused = self.request.node.fused
        kinds = "".join(f", then {part.kind}" for part in fused)
        return Kernels(
            forward=Function(
                "forward", self.reads("x", "y", "saved", *names),
                f"y = x normalized, each image by itself{kinds}.", CONSTANTS + forward,
            ),
            spread=Function(
                "spread", self.reads("x", "saved", "dy", "dz"),
                "dz, the gradient of what is normalized, from that of the activations.",
                CONSTANTS + spread,
            ) if fused else None,
            gradient=Function(
                "gradient", ("arena", "gradient", "w", "x", "saved", "dy"),
                "The gradients of scale and shift, added to those so far.", CONSTANTS + gradient,
            ) if self.affine else None,
            backward=Function(
                "backward", self.reads("x", "saved", "dy", "dx", *names),
                "dx from dy less its mean and its part along x.", CONSTANTS + backward,
            ),
            saved=saved * LANES,
            scratch={"forward": scratch * LANES, "backward": scratch * LANES} if scratch else {},
            in_place=True,
        )  # fmt: skip

    def total(self, first: str, second: str) -> str:
        """Statements that add a channel's gradients, the sums over lanes of two vectors."""
        if not self.affine:
            return ""
        o = self.request.offsets
        return (
            f"gradient[{o['scale']} + channel] += lane_sum({second})\n"
            f"gradient[{o['shift']} + channel] += lane_sum({first})\n"
        )

    def spread(self) -> str:
        """Statements at a place that has `apart` and `inverse`."""
        again = chain_again(self.request.node.fused)
        return (
            f"{self.value}slope = load(arena, dy + place * 16)\n{again}"
            "store(arena, dz + place * 16, slope)\n"
        )
