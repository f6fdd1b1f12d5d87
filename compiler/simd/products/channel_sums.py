"""Register tiles of one image's depthwise convolutions: the lanes are channels."""

from dataclasses import dataclass
from typing import Any

from numba.core import types
from numba.extending import intrinsic

from lenet.compiler.simd.content import described
from lenet.compiler.simd.lanes import (
    INT64,
    constant,
    data_pointer,
    fused_multiply_add,
    load_lanes,
    store_lanes,
)
from lenet.compiler.simd.loops import Carried, loop
from lenet.compiler.simd.vector import clipped
from lenet.compiler.target import Bounds


@dataclass(frozen=True)
class ChannelSums:
    """Each channel by itself, at neighbouring places of a row; maps are [row][column][channel].

    y[place, channel] = bias[channel] + sum over rows, taps of x[row, column, channel] *
    weights[row, tap, channel]

    `columns` are, for each place, those of its taps, as seen from the first one's first; None for
    one beside the map. `place` are the floats from one place to the next, `row` those from one row
    of x to that of the next tap. Sums start at 0 without `bias`. What y gets is kept within the
    bounds that `clips` has.
    """

    width: int
    channels: int
    columns: tuple[tuple[int | None, ...], ...]
    place: int
    row: int
    bias: bool = True
    clips: Bounds | None = None


@described
def channel_sums(tile: ChannelSums) -> Any:
    """An intrinsic `(w, w0, x, x0, b, b0, y, y0, first, end)`: the kernel's rows from `first` up to
    `end` lie on the map."""
    taps = len(tile.columns[0])

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        w, x, b, y = (data_pointer(context, builder, sig.args[k], args[k]) for k in (0, 2, 4, 6))
        w0, x0, b0, y0, first, end = (args[k] for k in (1, 3, 5, 7, 8, 9))

        def some(channel: Any, count: int) -> None:
            """The sums of `count` channels from `channel` on."""

            def vector(data: Any, offset: Any) -> Any:
                place = builder.add(offset, channel)
                return load_lanes(builder, data, place, count, aligned=False)

            def add_row(index: Any, sums: Carried) -> Carried:
                row = builder.add(index, first)
                x_row = builder.add(x0, builder.mul(row, INT64(tile.row)))
                w_row = builder.add(w0, builder.mul(row, INT64(taps * tile.channels)))
                loaded: dict[int, Any] = {}
                for tap in range(taps):
                    factor = vector(w, builder.add(w_row, INT64(tap * tile.channels)))
                    for place, columns in enumerate(tile.columns):
                        column = columns[tap]
                        if column is None:
                            continue
                        if column not in loaded:
                            at = builder.add(x_row, INT64(column * tile.place))
                            loaded[column] = vector(x, at)
                        sums[place] = fused_multiply_add(
                            builder, loaded[column], factor, sums[place]
                        )
                return sums

            start = vector(b, b0) if tile.bias else constant(0.0, count)
            sums = [start] * len(tile.columns)
            sums = loop(builder, builder.sub(end, first), sums, add_row, fills_registers=True)
            for place, value in enumerate(sums):
                at = builder.add(builder.add(y0, channel), INT64(place * tile.place))
                value = clipped(builder, value, tile.clips)
                store_lanes(builder, value, y, at, aligned=False)

        def whole(index: Any, carried: Carried) -> Carried:
            some(builder.mul(index, INT64(tile.width)), tile.width)
            return carried

        vectors, rest = divmod(tile.channels, tile.width)
        loop(builder, INT64(vectors), [], whole, fills_registers=True)
        at = INT64(vectors * tile.width)
        while rest:  # fewer lanes, as many as there are
            count = 1 << (rest.bit_length() - 1)
            some(at, count)
            at, rest = builder.add(at, INT64(count)), rest - count
        return context.get_dummy_value()

    @intrinsic
    def sums(
        typing_context: Any, w: Any, w0: Any, x: Any, x0: Any, b: Any, b0: Any, y: Any, y0: Any,
        first: Any, end: Any,
    ) -> Any:  # fmt: skip
        i = types.int64
        return types.void(w, i, x, i, b, i, y, i, i, i), generate

    return sums
