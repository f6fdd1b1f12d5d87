"""The heads of attention for a block: scores, probabilities and what they mix, some queries of a
head at a time, so that memory stays bounded however many steps there are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import indent

from lenet.compiler.contract import Kernels
from lenet.compiler.function import NAME, Function
from lenet.compiler.kernels.heads.geometry import Heads
from lenet.compiler.kernels.shared.tile_source import lane_product_source
from lenet.compiler.target import LANES

_NUMBERS = "one = splat(np.float32(1))\nzero = splat(np.float32(0))\n"


def emit(heads: Heads) -> Kernels:
    """Forward keeps the probabilities for backward, or what they follow from."""
    codes = ("x1",) if heads.text else ()
    forward, backward = _Code(heads, "forward"), _Code(heads, "backward")
    return Kernels(
        forward=forward.function(
            ("arena", "x", *codes, "y", "saved", "scratch"),
            "y = the values of each head, mixed by how well queries fit keys.",
            forward.mixtures(),
        ),
        backward=backward.function(
            ("arena", "x", *codes, "saved", "dy", "dx", "scratch"),
            "dx = the gradients of the queries, the keys and the values.",
            backward.gradients(),
        ),
        saved=heads.saved,
        scratch={"forward": heads.scratch, "backward": 2 * heads.scratch},
    )


@dataclass
class _Code:
    """A function, and the tiles that it has asked for."""

    heads: Heads
    suffix: str
    tiles: dict[str, str] = field(default_factory=dict)

    def function(self, parameters: tuple[str, ...], doc: str, body: str) -> Function:
        """Its text, for all heads."""
        tiles = "".join(self.tiles.values())
        return Function(self.suffix, parameters, doc, body, f"{tiles}\n\n")

    def mixtures(self) -> str:
        """y from x."""
        heads = self.heads
        kept = f"saved + (head * {heads.steps} + first) * {heads.row} if saved >= 0 else scratch"
        place = f"p = {kept}\n" if heads.keeps else ""

        def strip(size: int) -> str:
            body = self._scores(size, "q", "k", "p") + self._softmax(size)
            return place + self._rows(size, body + self._mixed(size, "v", "p", "y_head"))

        head = "" if heads.keeps else "p = scratch\n"
        clear = f"clear(arena, y, y + {heads.heads * heads.size})\n" if heads.text else ""
        places = f"y_head = y + head * {heads.size}\n"
        return self._begin() + clear + head + self._each_head(places + self._strips(strip))

    def gradients(self) -> str:
        """dx from dy."""
        heads = self.heads
        head = f"p = scratch\ns = scratch + {heads.scratch}\n"
        place = f"p = saved + (head * {heads.steps} + first) * {heads.row}\n"

        def strip(size: int) -> str:
            rows = ""
            if not heads.keeps:
                rows = self._scores(size, "q", "k", "p") + self._softmax_again(size)
            rows += self._scores(size, "dy_head", "v", "s") + self._slopes(size)
            rows += self._mixed(size, "k", "s", "dq")
            return (place if heads.keeps else "") + self._rows(size, rows) + self._summed(size)

        all_maps = heads.heads * heads.size
        places = (
            f"dy_head = dy + head * {heads.size}\ndq = dx + head * {heads.size}\n"
            f"dk = dq + {all_maps}\ndv = dk + {all_maps}\n"
        )
        clear = f"clear(arena, dx, dx + {3 * all_maps})\n" if self._adds else ""
        return self._begin() + clear + head + self._each_head(places + self._strips(strip))

    @property
    def _adds(self) -> bool:
        """Whether the gradients of keys and values are summed strip by strip."""
        return self.heads.strips > 1 or self.heads.text is not None

    # Loops.

    def _begin(self) -> str:
        """Constants, and of a text the steps that each lane has, and that any of them has."""
        text = self.heads.text
        numbers = f"{_NUMBERS}scale = splat({self.heads.scale})\n"
        if text is None:
            return numbers
        return numbers + (
            f"{text.known}reach = 1\nstore(arena, scratch, known)\n"
            f"for lane in range({LANES}):\n    reach = max(reach, int(arena[scratch + lane]))\n"
        )

    def _each_head(self, body: str) -> str:
        heads = self.heads
        all_maps = heads.heads * heads.size
        places = f"q = x + head * {heads.size}\nk = q + {all_maps}\nv = k + {all_maps}\n"
        return f"for head in range({heads.heads}):\n{indent(places + body, '    ')}"

    def _strips(self, strip: Callable[[int], str]) -> str:
        """`strip` of each size of tiles, for queries from `first` up to `last`."""
        body = ""
        for start, size, parts in self.heads.sides:
            end, together = start + size * parts, self.heads.together(size)
            inside = f"last = min({end}, first + {together})\n"
            if self.heads.text:
                inside += f"last = min(last, reach + (first - reach) % {size})\n"
            body += f"for first in range({start}, {self._known(str(end))}, {together}):\n"
            body += indent(inside + strip(size), "    ")
        return body

    def _known(self, end: str) -> str:
        """`end`, or where all texts of a block have ended before."""
        return f"min({end}, reach)" if self.heads.text else end

    def _rows(self, size: int, body: str) -> str:
        """`body` for each tile of queries, which see keys up to `limit`."""
        limit = f"row + {size}" if self.heads.causal else str(self.heads.steps)
        head = f"limit = {self._known(limit)}\n"
        return f"for row in range(first, last, {size}):\n{indent(head + body, '    ')}"

    # Tiles.

    def _tile(self, kind: str, lefts: int, rights: int, **steps: int) -> str:
        name = f"{NAME}_{self.suffix}_{kind}_{lefts}x{rights}"
        self.tiles[name] = lane_product_source(
            name, width=self.heads.target.width, lefts=lefts, rights=rights, **steps
        )
        return name

    def _scores(self, size: int, queries: str, keys: str, to: str) -> str:
        """Products of a tile of queries, or of what is one for each query, with keys."""
        heads, body = self.heads, ""
        for start, wide, parts in heads.sides:
            tile = self._tile(
                "scores", size, wide, a_left=LANES, a_n=heads.map, b_right=LANES, b_n=heads.map,
                y_left=heads.row, y_right=LANES,
            )  # fmt: skip
            end = f"min({start + wide * parts}, limit)"
            body += (
                f"for column in range({start}, {end}, {wide}):\n"
                f"    {tile}(arena, {queries} + row * {LANES}, {keys} + column * {LANES}, "
                f"{heads.width}, {to} + (row - first) * {heads.row} + column * {LANES})\n"
            )
        return body

    def _mixed(self, size: int, maps: str, weights: str, to: str) -> str:
        """For a tile of queries, the maps of keys or values mixed by their weights."""
        heads, body = self.heads, ""
        for start, high, parts in heads.channels(size):
            tile = self._tile(
                "mixed", high, size, a_left=heads.map, a_n=LANES, b_right=heads.row, b_n=LANES,
                y_left=heads.map, y_right=LANES,
            )  # fmt: skip
            body += (
                f"for channel in range({start}, {start + high * parts}, {high}):\n"
                f"    {tile}(arena, {maps} + channel * {heads.map}, "
                f"{weights} + (row - first) * {heads.row}, limit, "
                f"{to} + channel * {heads.map} + row * {LANES})\n"
            )
        return body

    def _summed(self, size: int) -> str:
        """For each key, the gradients of its value and of itself: sums over the queries of a strip
        that see it."""
        heads, body = self.heads, ""
        for start, wide, parts in heads.sides:
            end = self._known(str(start + wide * parts))
            begin = "first"
            if heads.causal:
                end = f"min({end}, last)"
                begin = f"first + max(0, (column - first) // {size}) * {size}"
            body += f"for column in range({start}, {end}, {wide}):\n    begin = {begin}\n"
            for low, high, more in heads.channels(wide):
                tile = self._tile(
                    "summed", high, wide, a_left=heads.map, a_n=LANES, b_right=LANES,
                    b_n=heads.row, y_left=heads.map, y_right=LANES, adds=self._adds,
                )  # fmt: skip
                body += f"    for channel in range({low}, {low + high * more}, {high}):\n"
                for maps, weights, to in (("dy_head", "p", "dv"), ("q", "s", "dk")):
                    body += (
                        f"        {tile}(arena, {maps} + channel * {heads.map} + begin * {LANES}, "
                        f"{weights} + (begin - first) * {heads.row} + column * {LANES}, "
                        f"last - begin, {to} + channel * {heads.map} + column * {LANES})\n"
                    )
        return body

    # Rows of probabilities.

    def _softmax(self, size: int) -> str:
        """Scores of a tile of queries become probabilities."""
        mask = "value = select_less(splat(np.float32(step)), known, value, {})\n"
        text, heads = self.heads.text is not None, self.heads
        larger = "value = load(arena, place)\n" + (mask.format("largest") if text else "")
        larger += "largest = maximum(largest, value)\n"
        add = f"{self._exponential()}total = total + value\nstore(arena, place, value)\n"
        divide = "store(arena, place, load(arena, place) * inverse)\n"
        body = "largest = load(arena, p + at)\n" + self._each_key("p", larger, first=1)
        body += "total = zero\n" + self._each_key("p", add) + "inverse = one / total\n"
        if text:
            body += "inverse = select_less(splat(np.float32(query)), known, inverse, zero)\n"
        body += self._each_key("p", divide)
        if not heads.keeps:
            keep = f"store(arena, {self._known_at}, largest)\n"
            keep += f"store(arena, {self._known_at} + {LANES}, inverse)\n"
            body += f"if saved >= 0:\n{indent(keep, '    ')}"
        return self._each_query(size, body, "p")

    def _softmax_again(self, size: int) -> str:
        """The same of scores, where forward has been."""
        known = f"largest = load(arena, {self._known_at})\n"
        known += f"inverse = load(arena, {self._known_at} + {LANES})\n"
        each = f"{self._exponential()}store(arena, place, value * inverse)\n"
        return self._each_query(size, known + self._each_key("p", each), "p")

    def _slopes(self, size: int) -> str:
        """The gradients of probabilities become those of products of queries and keys."""
        other = "(place - s + p)"
        total = f"total = fma(load(arena, {other}), load(arena, place), total)\n"
        slope = f"value = load(arena, {other}) * (load(arena, place) - total)\n"
        slope += "store(arena, place, value * scale)\n"
        body = "total = zero\n" + self._each_key("s", total) + self._each_key("s", slope)
        return self._each_query(size, body, "s")

    @property
    def _known_at(self) -> str:
        return f"saved + (head * {self.heads.steps} + query) * {2 * LANES}"

    def _exponential(self) -> str:
        value = "value = exp((load(arena, place) - largest) * scale)\n"
        if self.heads.text:
            value += "value = select_less(splat(np.float32(step)), known, value, zero)\n"
        return value

    def _each_key(self, array: str, body: str, first: int = 0) -> str:
        """`body` for each key that a query sees, whose `place` is in its row of `array`."""
        place = f"place = {array} + at + step * {LANES}\n"
        return f"for step in range({first}, seen):\n{indent(place + body, '    ')}"

    def _each_query(self, size: int, body: str, array: str) -> str:
        """`body` for each query of a tile, which sees keys up to `seen`; behind them zeros, as far
        as a tile of keys may read."""
        heads = self.heads
        head = f"at = (query - first) * {heads.row}\n"
        head += f"seen = {self._known('query + 1' if heads.causal else str(heads.steps))}\n"
        if heads.causal or heads.text:
            widest = max(size for _, size, _ in heads.sides)
            body += f"for step in range(seen, min({heads.steps}, limit + {widest})):\n"
            body += f"    store(arena, {array} + at + step * {LANES}, zero)\n"
        return f"for query in range(row, row + {size}):\n{indent(head + body, '    ')}"
