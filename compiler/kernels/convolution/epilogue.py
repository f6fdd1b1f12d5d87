"""What a convolution does with its output while it lies in the cache: pooling and activations."""

from dataclasses import dataclass
from textwrap import indent

from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels import entry_of
from lenet.compiler.kernels.shared.elementwise import CONSTANTS, Chain, activation_of
from lenet.compiler.kernels.shared.windows import Windows
from lenet.compiler.target import LANES, Bounds
from lenet.dsl.graph import Node
from lenet.dsl.shapes import Shape, product


@dataclass(frozen=True)
class Epilogue:
    """The layers fused into a convolution: at most one pooling, then activations.

    `shape` is the convolution's output, `out` the output of it all.
    """

    shape: Shape
    out: Shape
    pool: Node | None
    activations: tuple[Node, ...]

    @classmethod
    def of(cls, node: Node) -> "Epilogue | None":
        """What is fused behind a convolution, if anything is."""
        if not node.fused:
            return None
        pool = node.fused[0] if entry_of(node.fused[0]).pools else None
        activations = node.fused[1:] if pool else node.fused
        return cls(node.fused[0].given, node.shape, pool, activations)

    @property
    def places(self) -> int:
        """Values of the output of one image."""
        return product(self.out)

    @property
    def _windows(self) -> Windows:
        return Windows.of(self.pool) if self.pool else Windows.of_places(self.shape)

    @property
    def rows(self) -> int:
        """Rows of the convolution that one row of the output needs."""
        return self._windows.window[0]

    @property
    def step(self) -> int:
        """Rows of the convolution from one row of the output to the next."""
        return self._windows.stride[0]

    @property
    def above(self) -> int:
        """Rows of the first window that lie above the convolution's."""
        return self._windows.padding[0]

    @property
    def shares(self) -> bool:
        """Whether rows of the output need the same rows of the convolution, or some need less."""
        return self.step < self.rows or any(self._windows.hangs)

    @property
    def byte_windows(self) -> Windows | None:
        """The windows of a pooling that keeps a byte for the place of each one's largest value, if
        all of them lie side by side inside the map."""
        return self._windows if self._winner == 4 and not self.shares else None

    @property
    def clips(self) -> Bounds | None:
        """Those within which the convolution's values are kept, where nothing else is done: tiles
        can do that to their sums."""
        only = self.activations[0] if self.pool is None and len(self.activations) == 1 else None
        activation = activation_of(only) if only is not None else None
        return activation.clips if activation is not None else None

    @property
    def chain(self) -> Chain:
        """The activations, whose values are kept behind the places of largest values."""
        return Chain(self.activations, self.places, f"saved + {self._winners}")

    @property
    def _winner(self) -> int:
        """Floats for the place of a window's largest value."""
        if self.pool is None or entry_of(self.pool).pools != "largest":
            return 0
        return 4 if product(self._windows.window) <= 256 else 16

    @property
    def _winners(self) -> int:
        """Floats for those of a block, whole vectors: other values follow."""
        return -(-self.places * self._winner // LANES) * LANES

    @property
    def saved(self) -> int:
        """Floats of a block that backward needs beside the output."""
        return self._winners + self.chain.floats

    def finish(self, slots: int) -> str:
        """The text of NAME_finish, which stands before what calls it.

        Some rows of some channels of the output from z, the convolution's: there, channels are
        channel_step vectors apart, and each has `slots` rows. Where rows of the output share some,
        row k lies in slot k modulo `slots`; else the first row is the first that is needed. `saved`
        is negative in prediction, where nothing is kept.
        """
        w = self._windows
        body = CONSTANTS + "for c in range(channels):\n    for r in range(count):\n"
        top = f"r * {w.stride[0]}"
        if self.shares:
            top = f"(row + r) * {w.stride[0]} - {w.padding[0]}"
        inner = (
            f"top = {top}\n"
            f"for column in range({w.out[1]}):\n"
            f"    left = column * {w.stride[1]} - {w.padding[1]}\n"
            f"    place = ((channel + c) * {w.out[0]} + row + r) * {w.out[1]} + column\n"
        )
        inner += indent(self._pooled(slots), "    ")
        inner += indent(self.chain.forward(), "    ")
        body += indent(inner, " " * 8)
        doc = "Some rows of y, pooled and activated, from the convolution's output z."
        parameters = ("arena", "z", "channel_step", "y", "saved", "channel", "channels", "row",
                      "count")  # fmt: skip
        return Function("finish", parameters, doc, body).source(NAME)

    def _pooled(self, slots: int) -> str:
        """Statements that make `value` of the window at `top` and `left`."""
        w, width = self._windows, self.shape[2]
        if self.pool is None:
            return f"value = load(arena, z + (c * channel_step + top * {width} + left) * 16)\n"
        rows, columns = w.ranges
        slot = f"(top + i) % {slots}" if self.shares and slots < self.shape[1] else "(top + i)"
        loops = (
            f"for i in {rows}:\n    source = c * channel_step + {slot} * {width} + left\n"
            f"    for j in {columns}:\n"
            f"        part = load(arena, z + (source + j) * 16)\n"
        )
        if entry_of(self.pool).pools == "mean":
            return (
                "value = zero\n" + loops + "        value = value + part\n"
                f"value = value * splat({w.part})\n"
            )
        at = "saved + place * 4" if self._winner == 4 else "saved + place * 16"
        keep = f"store_bytes(arena, {at}, index)"
        if self._winner == 16:
            keep = f"store(arena, {at}, from_bits(index))"
        return (
            "value = splat(np.float32(-np.inf))\nindex = splat_int(0)\n" + loops
            + f"        at = splat_int(i * {w.window[1]} + j)\n"
            "        index = choose_index(part, value, at, index)\n"
            "        value = choose_value(part, value)\n"
            f"if saved >= 0:\n    {keep}\n"
        )  # fmt: skip

    def spread(self) -> Function:
        """NAME_spread: dz is the convolution's gradient."""
        w = self._windows
        body = CONSTANTS
        if not w.covers or w.overlap:
            body += "for place in range(channels * height * width):\n"
            body += "    store(arena, dz + place * 16, zero)\n"
        before = "slope = load(arena, dy + place * 16)\n"
        before += self.chain.backward()
        inside = "store(arena, dz + source * 16, slope)"
        if self.pool is not None and entry_of(self.pool).pools == "largest":
            at = "saved + place * 4" if self._winner == 4 else "saved + place * 16"
            load = "load_bytes" if self._winner == 4 else "load_bits"
            before += f"winner = {load}(arena, {at})\n"
            chosen = f"select_equal(winner, splat_int(i * {w.window[1]} + j), slope, zero)"
            if w.overlap:
                chosen = f"load(arena, dz + source * 16) + {chosen}"
            inside = f"store(arena, dz + source * 16, {chosen})"
        elif self.pool is not None:
            before += f"slope = slope * splat({w.part})\n"
            if w.overlap:
                inside = "store(arena, dz + source * 16, load(arena, dz + source * 16) + slope)"
        body += w.loop(before=before, inside=inside, after="", named=True)
        doc = "dz, the gradient of the convolution's output, from that of its pooled activation."
        parameters = ("arena", *self.chain.reads, "saved", "dy", "dz")
        return Function("spread", parameters, doc, body, numbers=w.numbers)
