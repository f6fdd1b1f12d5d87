"""lrn: each value divided by a power of what its neighbours among the channels are."""

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.contract import Kernels, Request
from lenet.compiler.function import Function
from lenet.compiler.kernels.shared.elementwise import CONSTANTS
from lenet.compiler.single_contract import Single, single_function
from lenet.compiler.target import LANES
from lenet.dsl.shapes import product

_TOGETHER = 16  # places that go through all channels together on the way back
_WRITTEN_OUT = 9  # terms of a sum that are not a loop


def emit(request: Request) -> Kernels:
    """y = x f with f = d**-beta and d = k + alpha / size * (sum of squares), so that
    dx = dy f - 2 alpha beta / size * x * (sum of dy x f / d over the channels that see x)."""
    lrn = _Lrn.of(request)
    return Kernels(
        forward=Function(
            "forward", ("arena", "x", "y"), "y = x less where neighbours are large.",
            lrn.forward(),
        ),
        backward=Function(
            "backward", ("arena", "x", "dy", "dx", "scratch"),
            "dx from dy, and from that of all neighbours.", lrn.backward(),
        ),
        scratch={"backward": lrn.channels * _TOGETHER * LANES},
    )  # fmt: skip


def emit_single(request: Request) -> Single:
    """Lanes are places; sums have the order of a block."""
    doc = "y = x less where neighbours are large."
    return Single(single_function(doc, _Lrn.of(request).single()))


@dataclass(frozen=True)
class _Lrn:
    channels: int
    places: int
    size: int
    alpha: float
    beta: float
    k: float

    @classmethod
    def of(cls, request: Request) -> "_Lrn":
        a, shape = request.node.arguments, request.node.shape
        return cls(shape[0], product(shape[1:]), int(a["size"][0]), a["alpha"], a["beta"], a["k"])

    def each_channel(
        self, inside: Callable[[str], str], term: Callable[[str], str], turned: bool = False
    ) -> str:
        """For each channel what is `inside`, which is given the statements that add to `total` the
        `term` of each channel that it sees or, `turned`, that sees it. Where these are all there,
        the sum is written out."""
        reach = (self.size // 2, (self.size - 1) // 2)
        before, behind = reach[::-1] if turned else reach
        every = "".join(term(f"(channel + {k})") for k in range(-before, behind + 1))
        ends = f"max(0, channel - {before}), min({self.channels}, channel + {behind + 1})"
        some = f"for other in range({ends}):\n{indent(term('other'), '    ')}"
        first, last = before, self.channels - behind
        if self.size > _WRITTEN_OUT or first >= last:
            first = last = 0
        text = ""
        for start, end, sums in ((0, first, some), (first, last, every), (last, -1, some)):
            stop = self.channels if end < 0 else end
            if start < stop:
                text += f"for channel in range({start}, {stop}):\n{indent(inside(sums), '    ')}"
        return text

    @property
    def factor(self) -> str:
        """Statements that make `factor` of `divisor`, and what `inverse` takes."""
        if self.beta == 0.75:
            return "root = inverse_fourth_root(divisor)\nfactor = root * root * root\n"
        if self.beta == 0.5:
            return "factor = one / square_root(divisor)\n"
        if self.beta == 1:
            return "factor = one / divisor\n"
        return f"factor = exp(splat(np.float32({-self.beta!r})) * log(divisor))\n"

    @property
    def inverse(self) -> str:
        """One over `divisor`."""
        return {0.75: "factor * root", 1.0: "factor"}.get(self.beta, "one / divisor")

    @property
    def known(self) -> str:
        """Statements that make `divisor` and `factor` of `total`, the sum of squares."""
        part = f"splat(np.float32({self.alpha / self.size!r}))"
        return f"divisor = fma(total, {part}, splat(np.float32({self.k!r})))\n{self.factor}"

    def square(self, channel: str) -> str:
        """Statements that add that of a channel to `total`."""
        value = f"value = load(arena, x + {channel} * {self.places * LANES} + at)\n"
        return value + "total = fma(value, value, total)\n"

    def forward(self) -> str:
        step = self.places * LANES

        def inside(sums: str) -> str:
            body = (
                f"total = zero\n{sums}{self.known}here = channel * {step} + at\n"
                "store(arena, y + here, load(arena, x + here) * factor)\n"
            )
            return f"for at in range(0, {step}, {LANES}):\n{indent(body, '    ')}"

        return CONSTANTS + self.each_channel(inside, self.square)

    def backward(self) -> str:
        """First what each channel gives to those that it sees, and its own part. Divisors are
        computed again: memory is what takes time."""
        step, common = self.places * LANES, -2 * self.alpha * self.beta / self.size

        def each(body: str) -> str:
            head = f"at = (start + k) * {LANES}\nhere = channel * {step} + at\n"
            return f"for k in range(count):\n{indent(head + body, '    ')}"

        def near(channel: str) -> str:
            return f"scratch + ({channel} * {_TOGETHER} + k) * {LANES}"

        given = self.each_channel(
            lambda sums: each(
                f"total = zero\n{sums}{self.known}"
                "slope = load(arena, dy + here) * factor\nstore(arena, dx + here, slope)\n"
                f"slope = slope * load(arena, x + here) * ({self.inverse})\n"
                f"store(arena, {near('channel')}, slope)\n"
            ),
            self.square,
        )
        taken = self.each_channel(
            lambda sums: each(
                f"total = zero\n{sums}total = total * splat(np.float32({common!r}))\n"
                "own = load(arena, dx + here)\n"
                "store(arena, dx + here, fma(total, load(arena, x + here), own))\n"
            ),
            lambda channel: f"total = total + load(arena, {near(channel)})\n",
            turned=True,
        )
        return (
            f"{CONSTANTS}for start in range(0, {self.places}, {_TOGETHER}):\n"
            f"    count = min({_TOGETHER}, {self.places} - start)\n" + indent(given + taken, "    ")
        )

    def single(self) -> str:
        def square(channel: str) -> str:
            value = f"value = load_any(arena, x + {channel} * {self.places} + at)\n"
            return value + "total = fma(value, value, total)\n"

        def inside(sums: str) -> str:
            body = (
                f"total = zero\n{sums}{self.known}here = channel * {self.places} + at\n"
                "value = load_any(arena, x + here) * factor\n"
                f"store_first(arena, y + here, value, {self.places} - at)\n"
            )
            return f"for at in range(0, {self.places}, {LANES}):\n{indent(body, '    ')}"

        return CONSTANTS + self.each_channel(inside, square)
