"""What the ways to compute the heads of attention have in common."""

from dataclasses import dataclass

from lenet.compiler.contract import Request
from lenet.compiler.kernels.shared import texts
from lenet.compiler.target import LANES, Target, split

Runs = list[tuple[int, int, int]]  # (start, size of a tile, tiles)

_ROW_VECTORS = 4096  # of the probabilities that are computed before they are used: 256 KiB
_KEPT = 2  # times as many probabilities as values are kept for backward at the most


@dataclass(frozen=True)
class Heads:
    """Heads of `width` channels each, over `steps`. The maps of all queries, then of all keys, then
    of all values lie one after the other: [channel][step][lane].

    The probabilities of a head lie as [query][key][lane].
    """

    heads: int
    width: int
    steps: int
    causal: bool
    text: texts.Text | None
    target: Target

    @classmethod
    def of(cls, request: Request) -> "Heads":
        """Those of a node whose input is queries, keys and values."""
        node = request.node
        channels, _, steps = node.shape
        heads = int(node.arguments["heads"][0])
        text = texts.Text.of(node) if texts.is_of_text(node) else None
        causal = bool(node.arguments["causal"])
        return cls(heads, channels // heads, steps, causal, text, request.target)

    @property
    def map(self) -> int:
        """Floats of one map."""
        return self.steps * LANES

    @property
    def row(self) -> int:
        """Floats from one row of probabilities to the next: no power of two, or the same steps of
        all rows would have to share a few places of the caches."""
        return (self.steps + self.steps % 2 + 1) * LANES if self.steps >= LANES else self.map

    @property
    def size(self) -> int:
        """Floats of a head's queries, keys or values."""
        return self.width * self.map

    @property
    def scale(self) -> str:
        """A constant that the products of queries and keys are multiplied by."""
        return f"np.float32({self.width**-0.5!r})"

    @property
    def keeps(self) -> bool:
        """Whether forward leaves the probabilities to backward; else what they follow from, since
        to load many takes longer than to compute them again."""
        return self.steps <= _KEPT * self.width

    @property
    def saved(self) -> int:
        """Floats that forward leaves to backward."""
        rows = self.heads * self.steps
        return rows * self.row if self.keeps else rows * 2 * LANES

    @property
    def sides(self) -> Runs:
        """Tiles of queries, and of keys: the sums of a square of them, and some of its factors, fit
        into the registers."""
        edge = 1
        while (edge + 1) * (edge + 2) + 1 <= self.target.registers:
            edge += 1
        return split(self.steps, edge)

    def channels(self, others: int) -> Runs:
        """Tiles of channels beside so many queries or keys."""
        most = min(8, (self.target.registers - 1) // others - 1)
        return split(self.width, max(1, most))

    def together(self, size: int) -> int:
        """How many queries go together, in tiles of `size`."""
        return min(self.steps, max(1, _ROW_VECTORS // (self.steps * size)) * size)

    @property
    def strips(self) -> int:
        """How many strips of queries a head has, where nothing bounds them."""
        return sum(-(-size * parts // self.together(size)) for _, size, parts in self.sides)

    @property
    def scratch(self) -> int:
        """Floats of the probabilities of the queries that go together."""
        return max(self.together(size) for _, size, _ in self.sides) * self.row
