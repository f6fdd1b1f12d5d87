"""Normalization of groups of channels of an image: its loops."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Kernels
from lenet.compiler.kernels.shared.elementwise import CONSTANTS
from lenet.compiler.kernels.shared.image_norm import Norm, known_from
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES

_MEAN, _INVERSE = f"saved + group * {2 * LANES}", f"saved + group * {2 * LANES} + {LANES}"
_KNOWN = f"mean = load(arena, {_MEAN})\ninverse = load(arena, {_INVERSE})\n"
_APART = "apart = load(arena, x + place * 16) - mean\n"


@dataclass(frozen=True)
class Groups(Norm):
    """Over all places of `groups` groups of channels that follow each other."""

    groups: int

    @property
    def size(self) -> int:
        """Values of a group."""
        return self.channels // self.groups * self.places

    def emit(self) -> Kernels:
        """What is left behind `saved` is the mean and the factor of each group, and where it has
        a scale and a shift, what their gradient has summed up of each channel for backward."""
        spread = _KNOWN + self._each(_APART + self.spread(), self.of_channel())
        store = f"store(arena, {self._at}, first)\nstore(arena, {self._at} + {LANES}, second)\n"
        total = self.total("first", "second * inverse")
        gradient = _KNOWN + self._channels(self._sums + store + total)
        bodies = [
            self._grouped(body) for body in (self._forward(), spread, gradient, self._backward())
        ]
        return self.kernels(bodies, 2 * self.groups + 2 * self.channels * self.affine)

    def _forward(self) -> str:
        here = f"x + group * {self.size * LANES}"
        return (
            f"center = load(arena, {here})\n"
            f"first, second = sums_apart(arena, {here}, {self.size}, center)\n"
            + known_from("first", "second", "center", self.size, self.epsilon)
            + f"if saved >= 0:\n    store(arena, {_MEAN}, mean)\n"
            f"    store(arena, {_INVERSE}, inverse)\n"
            + self._each(_APART + self.value + self.finished(), self.of_channel())
        )

    def _backward(self) -> str:
        sums, scale = self._sums, self.of_channel(shift=False)
        if self.affine:
            sums = f"first = load(arena, {self._at})\nsecond = load(arena, {self._at} + {LANES})\n"
        sums += (
            f"{scale}level = level + {self.scaled('first')}\n"
            f"tilt = tilt + {self.scaled('second')}\n"
        )
        part = f"splat(np.float32({1 / self.size!r}))"
        each = (
            f"{_APART}slope = {self.scaled('load(arena, dy + place * 16)')}\n"
            "store(arena, dx + place * 16, (slope - level - apart * tilt) * inverse)\n"
        )
        return (
            f"{_KNOWN}level = zero\ntilt = zero\n{self._channels(sums)}"
            f"level = level * {part}\ntilt = tilt * {part} * inverse * inverse\n"
            + self._each(each, scale)
        )

    @property
    def _at(self) -> str:
        """Where the sums of a channel lie."""
        return f"saved + {2 * self.groups * LANES} + channel * {2 * LANES}"

    @property
    def _sums(self) -> str:
        step = self.places * LANES
        return (
            f"first, second = sums_along(arena, dy + channel * {step}, x + channel * {step}, "
            f"{self.places}, mean)\n"
        )

    def _grouped(self, body: str) -> str:
        return f"for group in range({self.groups}):\n{indent(body, '    ')}"

    def _channels(self, body: str) -> str:
        """For each channel of a group."""
        share = self.channels // self.groups
        span = f"group * {share}, group * {share} + {share}"
        return f"for channel in range({span}):\n{indent(body, '    ')}"

    def _each(self, inside: str, before: str) -> str:
        """At each place of each channel of a group."""
        span = f"channel * {self.places}, channel * {self.places} + {self.places}"
        loop = f"for place in range({span}):\n{indent(inside, '    ')}"
        return self._channels(before + loop)

    def emit_single(self) -> Single:
        """The sums go value by value, in the order of a block; all else goes by vectors."""
        start = f"x + group * {self.size}"
        body = (
            f"center = arena[{start}]\n"
            f"first, second = sums_apart_single(arena, {start}, {self.size}, center)\n"
            + known_from("splat(first)", "splat(second)", "splat(center)", self.size, self.epsilon)
            + self._channels(
                self.of_channel() + f"for place in range(0, {self.places}, {LANES}):\n"
                f"    at = channel * {self.places} + place\n"
                "    apart = load_any(arena, x + at) - mean\n"
                f"    {self.value}"
                f"    store_first(arena, y + at, value, {self.places} - place)\n"
            )
        )
        doc = "y = x normalized by the image's own statistics."
        return Single(single_function(doc, CONSTANTS + self._grouped(body)))
