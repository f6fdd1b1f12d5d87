"""Normalization of the channels at each place of an image: its loops."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Kernels
from lenet.compiler.kernels.shared.elementwise import CONSTANTS
from lenet.compiler.kernels.shared.image_norm import Norm, known_from
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES


@dataclass(frozen=True)
class Places(Norm):
    """Over the channels at each place. Some places of all channels go together, while what is
    known of them lies in the first-level cache."""

    together: int = 32

    def emit(self) -> Kernels:
        """What is left behind `saved` are the means of all places, and then the factors."""
        spread = self._each(self._known + self.spread(), self.of_channel())
        bodies = [self._tiled(body) for body in (self._forward(), spread)]
        bodies += [self._gradient(), self._tiled(self._backward())]
        return self.kernels(bodies, 2 * self.places, scratch=3 * self.together)

    def _forward(self) -> str:
        first, second, center = (self._scratch(k) for k in range(3))
        keep = f"store(arena, {self._mean}, mean)\nstore(arena, {self._factor}, inverse)\n"
        begin = (
            f"store(arena, {center}, load(arena, x + at * 16))\n"
            f"store(arena, {first}, zero)\nstore(arena, {second}, zero)\n"
        )
        apart = f"apart = load(arena, x + place * 16) - load(arena, {center})\n"
        add = (
            f"{apart}store(arena, {first}, load(arena, {first}) + apart)\n"
            f"store(arena, {second}, fma(apart, apart, load(arena, {second})))\n"
        )
        sums = [f"load(arena, {place})" for place in (first, second, center)]
        known = known_from(sums[0], sums[1], sums[2], self.channels, self.epsilon)
        known += f"store(arena, {first}, inverse)\nstore(arena, {center}, mean)\n"
        known += f"if saved >= 0:\n{indent(keep, '    ')}"
        finish = f"{apart}inverse = load(arena, {first})\n{self.value}{self.finished()}"
        return (
            self._tile(begin)
            + self._each(add, first=1)
            + self._tile(known)
            + self._each(finish, self.of_channel())
        )

    def _gradient(self) -> str:
        sums = (
            f"place = channel * {self.places} + at\n{self._known}"
            "slope = load(arena, dy + place * 16)\nfirst = first + slope\n"
            "second = fma(slope, apart * inverse, second)\n"
        )
        body = (
            f"first = zero\nsecond = zero\nfor at in range({self.places}):\n"
            + indent(sums, "    ")
            + self.total("first", "second")
        )
        return f"for channel in range({self.channels}):\n{indent(body, '    ')}"

    def _backward(self) -> str:
        level, tilt, _ = (self._scratch(k) for k in range(3))
        slope = f"slope = {self.scaled('load(arena, dy + place * 16)')}\n"
        scale, part = self.of_channel(shift=False), f"splat(np.float32({1 / self.channels!r}))"
        add = (
            f"{slope}apart = load(arena, x + place * 16) - load(arena, {self._mean})\n"
            f"store(arena, {level}, load(arena, {level}) + slope)\n"
            f"store(arena, {tilt}, fma(slope, apart, load(arena, {tilt})))\n"
        )
        known = (
            f"inverse = load(arena, {self._factor})\n"
            f"store(arena, {level}, load(arena, {level}) * {part})\n"
            f"store(arena, {tilt}, load(arena, {tilt}) * {part} * inverse * inverse)\n"
        )
        finish = (
            f"{self._known}{slope}slope = slope - load(arena, {level})\n"
            f"slope = slope - apart * load(arena, {tilt})\n"
            "store(arena, dx + place * 16, slope * inverse)\n"
        )
        return (
            self._tile(f"store(arena, {level}, zero)\nstore(arena, {tilt}, zero)\n")
            + self._each(add, scale)
            + self._tile(known)
            + self._each(finish, scale)
        )

    @property
    def _mean(self) -> str:
        return "saved + at * 16"

    @property
    def _known(self) -> str:
        """Statements that make `apart` and `inverse` at a place, where forward has been."""
        return (
            f"apart = load(arena, x + place * 16) - load(arena, {self._mean})\n"
            f"inverse = load(arena, {self._factor})\n"
        )

    @property
    def _factor(self) -> str:
        return f"saved + ({self.places} + at) * 16"

    def _scratch(self, number: int) -> str:
        """One of three vectors for each place of a tile."""
        return f"scratch + ({number * self.together} + at - start) * 16"

    def _tiled(self, body: str) -> str:
        return (
            f"for start in range(0, {self.places}, {self.together}):\n"
            f"    end = min({self.places}, start + {self.together})\n{indent(body, '    ')}"
        )

    def _tile(self, body: str) -> str:
        """For each place of a tile, of whatever channel."""
        return f"for at in range(start, end):\n{indent(body, '    ')}"

    def _each(self, inside: str, before: str = "", first: int = 0) -> str:
        """At each place of a tile, for one channel after the other."""
        loop = before + self._tile(f"place = channel * {self.places} + at\n{inside}")
        return f"for channel in range({first}, {self.channels}):\n{indent(loop, '    ')}"

    def emit_single(self) -> Single:
        """Lanes are places; sums have the order of a block."""
        source = f"load_any(arena, x + channel * {self.places} + place)"
        body = (
            "center = load_any(arena, x + place)\nfirst = zero\nsecond = zero\n"
            f"for channel in range(1, {self.channels}):\n"
            f"    apart = {source} - center\n    first = first + apart\n"
            "    second = fma(apart, apart, second)\n"
            + known_from("first", "second", "center", self.channels, self.epsilon)
            + f"for channel in range({self.channels}):\n"
            + indent(f"{self.of_channel()}apart = {source} - mean\n{self.value}", "    ")
            + f"    store_first(arena, y + channel * {self.places} + place, value, "
            f"{self.places} - place)\n"
        )
        loop = f"{CONSTANTS}for place in range(0, {self.places}, {LANES}):\n{indent(body, '    ')}"
        return Single(single_function("y = x normalized by the image's own statistics.", loop))
