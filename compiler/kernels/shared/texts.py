"""Pools over the steps of texts, which leave the padding behind their last words out.

Such a layer has the codes of the text as its second input, -1 where there is no word, and the
argument `short`: how many steps windows before it took away.
"""

from dataclasses import dataclass

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.graph import Node

_PARAMETERS = ("arena", "x", "x1", "y", "saved")


def is_of_text(node: Node) -> bool:
    """Whether it is told where its text ends."""
    return "short" in node.arguments


@dataclass(frozen=True)
class Text:
    """A sequence of `channels` x `steps` behind a text of at most `words`."""

    channels: int
    steps: int
    words: int
    short: int

    @classmethod
    def of(cls, node: Node) -> "Text":
        """That of a layer that is told where its text ends; its input is a map of one row."""
        channels, _, steps = node.given
        return cls(channels, steps, node.input_shapes[1][0], int(node.arguments["short"]))

    @property
    def known(self) -> str:
        """Source that makes `known`, the steps of each lane that see words, 1 or more."""
        return self.known_from("x1")

    def known_from(self, codes: str, none: bool = False) -> str:
        """The same from the codes there; with `none`, a text without words has no such step."""
        source = (
            "one = splat(np.float32(1))\nzero = splat(np.float32(0))\nknown = zero\n"
            f"for word in range({self.words}):\n"
            f"    code = load(arena, {codes} + word * {LANES})\n"
            "    known = known + select_greater(code, splat(np.float32(-0.5)), one, zero)\n"
        )
        least = "minimum(known, one)" if none else "one"
        return source + (
            f"known = maximum(known - splat(np.float32({self.short})), {least})\n"
            f"known = minimum(known, splat(np.float32({self.steps})))\n"
        )

    @property
    def known_single(self) -> str:
        """The same of one image, as a whole number."""
        return self._known_single("1")

    @property
    def known_single_or_none(self) -> str:
        """The same, but 0 for a text without words."""
        return self._known_single("min(known, 1)")

    def _known_single(self, least: str) -> str:
        return (
            "known = 0\n"
            f"for word in range({self.words}):\n"
            "    if arena[x1 + word] > np.float32(-0.5):\n        known += 1\n"
            f"known = min(max(known - {self.short}, {least}), {self.steps})\n"
        )

    def at(self, array: str) -> str:
        """Where a step of a channel lies."""
        return f"{array} + (channel * {self.steps} + step) * {LANES}"

    def each(self, before: str, inside: str, after: str, first: int = 0) -> str:
        """Source for each channel, and in it for each step from `first` on."""
        lines = f"for channel in range({self.channels}):\n"
        lines += "".join(f"    {line}\n" for line in before.splitlines())
        lines += f"    for step in range({first}, {self.steps}):\n"
        lines += "        at = splat(np.float32(step))\n"
        lines += "".join(f"        {line}\n" for line in inside.splitlines())
        return lines + "".join(f"    {line}\n" for line in after.splitlines())


def _kernels(text: Text, doc: str, forward: str, backward: str, keeps: bool) -> Kernels:
    """`backward` may read what is `known` only where forward has kept nothing."""
    own = ("arena", "saved", "dy", "dx") if keeps else ("arena", "x1", "dy", "dx")
    return Kernels(
        forward=Function("forward", _PARAMETERS, doc, text.known + forward),
        backward=Function("backward", own, "dy to the steps that it is of.", backward),
        saved=text.channels * LANES if keeps else 0,
    )


def largest(request: Request) -> Kernels:
    """The largest value of each channel among the known steps."""
    text = Text.of(request.node)
    step = "step = 0\n"
    forward = text.each(
        f"{step}best = load(arena, {text.at('x')})\nindex = splat_int(0)\n",
        f"value = select_less(at, known, load(arena, {text.at('x')}), best)\n"
        "index = choose_index(value, best, splat_int(step), index)\n"
        "best = choose_value(value, best)\n",
        f"store(arena, y + channel * {LANES}, best)\n"
        "if saved >= 0:\n"
        f"    store(arena, saved + channel * {LANES}, from_bits(index))\n",
        first=1,
    )
    backward = "zero = splat(np.float32(0))\n" + text.each(
        f"slope = load(arena, dy + channel * {LANES})\n"
        f"winner = load_bits(arena, saved + channel * {LANES})\n",
        f"store(arena, {text.at('dx')}, select_equal(winner, splat_int(step), slope, zero))\n",
        "",
    )
    return _kernels(text, "y = the largest of each channel, of a text's steps.", forward, backward,
                    keeps=True)  # fmt: skip


def mean(request: Request) -> Kernels:
    """The mean of each channel over the known steps."""
    text = Text.of(request.node)
    forward = text.each(
        "total = zero\n",
        f"total = total + select_less(at, known, load(arena, {text.at('x')}), zero)\n",
        f"store(arena, y + channel * {LANES}, total / known)\n",
    )
    backward = text.known + text.each(
        f"slope = load(arena, dy + channel * {LANES}) / known\n",
        f"store(arena, {text.at('dx')}, select_less(at, known, slope, zero))\n",
        "",
    )
    return _kernels(text, "y = the mean of each channel, over a text's steps.", forward, backward,
                    keeps=False)  # fmt: skip


def at_end(request: Request) -> Kernels:
    """The last known step of each channel."""
    text = Text.of(request.node)
    forward = text.each(
        "value = zero\n",
        f"value = select_less(at, known, load(arena, {text.at('x')}), value)\n",
        f"store(arena, y + channel * {LANES}, value)\n",
    )
    slope = "select_less(at, known - one, zero, select_less(at, known, slope, zero))"
    backward = text.known + text.each(
        f"slope = load(arena, dy + channel * {LANES})\n",
        f"store(arena, {text.at('dx')}, {slope})\n",
        "",
    )
    return _kernels(text, "y = the last step of each channel, of a text's.", forward, backward,
                    keeps=False)  # fmt: skip


def single(request: Request, doc: str, start: str, inside: str, after: str) -> Single:
    """One text: `start`, then `inside` for each `value`, then `after`, for each channel."""
    text = Text.of(request.node)
    body = text.known_single + (
        f"for channel in range({text.channels}):\n"
        f"    first = x + channel * {text.steps}\n"
        f"    total = {start}\n"
        "    for step in range(known):\n"
        "        value = arena[first + step]\n"
        f"        {inside}\n"
        f"    arena[y + channel] = {after}\n"
    )
    return Single(single_function(doc, body, ("arena", "x", "x1", "y")))
