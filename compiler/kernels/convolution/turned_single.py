"""A transposed convolution of one image: the lanes are columns of its output, a stride apart."""

from dataclasses import dataclass, replace
from math import gcd
from textwrap import indent

from lenet.compiler.contract import Request
from lenet.compiler.function import NAME
from lenet.compiler.kernels.convolution.direct import in_tiles
from lenet.compiler.kernels.convolution.epilogue import Epilogue
from lenet.compiler.kernels.convolution.geometry import Geometry
from lenet.compiler.kernels.shared.tile_source import lines
from lenet.compiler.single_contract import Padded, Single, single_function, vectors_of
from lenet.compiler.target import split


@dataclass(frozen=True)
class _Phase:
    """Rows or columns of the output from `first` on, a stride apart, `count` of them: the `taps` of
    the kernel that reach them, and the `places` of the input that these take for the first.

    Of `alike` ones, each has its first place and its taps one further on.
    """

    first: int
    count: int
    taps: tuple[int, ...]
    places: tuple[int, ...]
    alike: int = 1


def _phases(g: Geometry, axis: int) -> list[_Phase]:
    """Those of the output's rows (axis 0) or columns (1)."""
    size, step, apart = (g.height, g.width)[axis], g.stride[axis], g.dilation[axis]
    found = []
    for first in range(min(step, size)):
        edge = first + g.padding[axis]
        each = step // gcd(step, apart)
        starts = (k for k in range(min(each, g.kernel[axis])) if (edge - k * apart) % step == 0)
        start = next(starts, g.kernel[axis])
        taps = tuple(range(start, g.kernel[axis], each))
        places = tuple((edge - k * apart) // step for k in taps)
        found.append(_Phase(first, -(-(size - first) // step), taps, places))
    return found


def _runs(phases: list[_Phase]) -> list[_Phase]:
    """Neighbours that are alike, as one."""
    runs: list[_Phase] = []
    for phase in phases:
        last = runs[-1] if runs else None
        if last is not None:
            taps = tuple(tap + last.alike for tap in last.taps)
            if (phase.count, phase.taps, phase.places) == (last.count, taps, last.places):
                runs[-1] = replace(last, alike=last.alike + 1)
                continue
        runs.append(phase)
    return runs


def _border(phases: list[_Phase], size: int) -> tuple[int, int]:
    """Places before and behind the input that some phase takes."""
    lowest = min((place for phase in phases for place in phase.places), default=0)
    highest = max((p + phase.count - 1 for phase in phases for p in phase.places), default=0)
    return max(0, -lowest), max(0, highest - size + 1)


def emit(request: Request, g: Geometry) -> Single:
    """`g` is the convolution's that goes back. For each phase of rows and columns, the sums of an
    ordinary convolution with its taps."""
    down, across = _phases(g, 0), _phases(g, 1)
    border = _border(down, g.out_height), _border(across, g.out_width)
    padded = Padded.of((g.outputs, g.out_height, g.out_width), border, "np.float32(0)")
    tiles = body = ""
    for rows in _runs(down):
        body += f"for turn in range({rows.count}):\n"
        body += f"    for phase in range({rows.alike}):\n"
        for columns in across:
            more, loops = _tiles(request, g, padded, (rows, columns), (border[0][0], border[1][0]))
            tiles += more
            body += indent(loops, "    ")
    doc = "y = x correlated with the turned weights; the lanes are columns."
    function = single_function(doc, padded.source + body, tiles=f"{tiles}\n\n")
    return Single(function, padded.scratch)


def _tiles(
    request: Request, g: Geometry, padded: Padded, phases: tuple[_Phase, _Phase],
    corner: tuple[int, int],
) -> tuple[str, str]:  # fmt: skip
    """The tiles of a phase of rows and one of columns, and the calls for the row `turn`."""
    target, (rows, columns) = request.target, phases
    weight, bias = request.offsets["weight"], request.offsets.get("bias")
    vectors = vectors_of(columns.count, target.width)
    high, wide = target.tile(g.inputs, min(8, len(vectors)))
    tap, place = (rows.taps[0], rows.places[0]) if rows.taps else (0, -corner[0])
    steps = (0, 0)
    if len(rows.taps) > 1:
        steps = rows.places[1] - place, rows.taps[1] - tap
    loops = (
        (g.outputs, padded.height * padded.width, 1),
        (len(rows.taps), steps[0] * padded.width, steps[1] * g.weight_row),
    )
    taps = tuple(
        (corner[1] + x, k * g.outputs) for x, k in zip(columns.places, columns.taps, strict=True)
    )
    source = body = ""
    for first, size, parts in split(g.inputs, high):
        body += f"    for output in range({first}, {first + size * parts}, {size}):\n"
        for start in range(0, len(vectors), wide):
            part = vectors[start : start + wide]
            tile = f"{NAME}_single_{size}_at_{rows.first}x{columns.first}_from_{part[0][0]}"
            settings: dict[str, object] = {
                "width": target.width,
                "vectors": tuple((at, at, count) for at, count in part),
                "scalars": tuple((o * g.weight_channel, o * g.height * g.width)
                                 for o in range(size)),
                "loops": loops,
                "bias": "none" if bias is None else "scalars",
                "scatter": g.stride[1],
                "taps": taps,
                **in_tiles(Epilogue.of(request.node))[0],
            }  # fmt: skip
            source += f"{tile} = single_tile(SingleTile(\n{lines(settings)}))\n"
            body += (
                f"        {tile}(arena, {padded.at} + (turn + {place + corner[0]}) * "
                f"{padded.width}, weights, {weight} + ({tap} + phase) * {g.weight_row} + "
                f"output * {g.weight_channel}, weights, {bias or 0} + output, arena, "
                f"y + (output * {g.height} + {rows.first} + phase + turn * {g.stride[0]}) * "
                f"{g.width} + {columns.first})\n"
            )
    return source, body
