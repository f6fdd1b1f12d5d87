"""conv: forward, backward to its input and to its weights, all by register tiles."""

from dataclasses import dataclass
from textwrap import indent
from typing import Any

from compiler import conv_single
from compiler.epilogue import Epilogue
from compiler.kernel import BACKWARD, FORWARD, GRADIENT, Kernels, Request, function
from compiler.single import Single
from compiler.target import LANES, split
from compiler.tile_source import correlation_source, outer_product_source
from compiler.winograd import Transformed, convolution, preparation

Taps = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Geometry:
    """Sizes of a convolution; memory is [channel][row][column][lane], [in][row][column][out]."""

    inputs: int
    height: int
    width: int
    outputs: int
    out_height: int
    out_width: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @property
    def weight_row(self) -> int:
        return self.kernel[1] * self.outputs

    @property
    def weight_channel(self) -> int:
        return self.kernel[0] * self.weight_row


def geometry(request: Request) -> Geometry:
    node = request.node
    _, kernel_height, kernel_width = node.arguments["size"]
    inputs, height, width = node.given
    outputs, out_height, out_width = node.bare_shape
    return Geometry(
        inputs,
        height,
        width,
        outputs,
        out_height,
        out_width,
        (int(kernel_height), int(kernel_width)),
        node.arguments["stride"],
        node.arguments["pad"],
    )


def emit_single(request: Request) -> Single:
    return conv_single.emit(request)


@dataclass(frozen=True)
class _Direction:
    """A function, the floats that it needs meanwhile, and what has to be prepared for it."""

    source: str
    scratch: int = 0
    prepare: str = ""
    prepared: int = 0


def emit(request: Request) -> Kernels:
    g = geometry(request)
    epilogue = Epilogue.of(request)
    algorithm = request.node.arguments["algorithm"]
    turned = algorithm in ("winograd", "winograd-forward")
    forward = (_forward_by_winograd if turned else _forward)(request, g, epilogue)
    turned = algorithm in ("winograd", "winograd-backward")
    backward = (_backward_by_winograd if turned else _backward)(request, g)
    both = {"forward": forward, "backward": backward}
    return Kernels(
        forward=forward.source,
        backward=backward.source,
        gradient=_gradient(request, g),
        mask=_mask(request, g),
        scratch={name: d.scratch for name, d in both.items() if d.scratch},
        prepare={name: d.prepare for name, d in both.items() if d.prepare},
        prepared={name: d.prepared for name, d in both.items() if d.prepared},
        **_fused(epilogue),
    )


def _mask(request: Request, g: Geometry) -> str:
    """A connection table leaves weights at 0; so their gradients have to be."""
    table = request.node.arguments["connect"]
    if table is None:
        return ""
    rows = ", ".join(repr(tuple(int(seen) for seen in row)) for row in table.seen)
    source = f"{request.name}_seen = np.array([{rows}], np.uint8)\n\n\n"
    body = (
        f"for channel in range({g.inputs}):\n"
        f"    for tap in range({g.kernel[0] * g.kernel[1]}):\n"
        f"        for output in range({g.outputs}):\n"
        f"            if not {request.name}_seen[channel, output]:\n"
        f"                gradient[{request.offsets['weight']} + channel * {g.weight_channel} + "
        f"tap * {g.outputs} + output] = np.float32(0)\n"
    )
    doc = "No gradient for weights that the connection table leaves at 0."
    return source + function(f"{request.name}_mask", "gradient, w", doc, body)


def _fused(epilogue: Epilogue | None) -> dict[str, Any]:
    """What Kernels need beside the convolution's own."""
    if epilogue is None:
        return {}
    return {
        "spread": epilogue.spread(),
        "saved": epilogue.saved,
    }


def _forward_by_winograd(request: Request, g: Geometry, epilogue: Epilogue | None) -> _Direction:
    t = Transformed(
        g.inputs, (g.height, g.width), g.outputs, (g.out_height, g.out_width), g.kernel[0],
        g.padding, f"{request.offsets['weight']} + channel * {g.weight_channel} + output",
        g.weight_row, g.outputs, 1, request.offsets.get("bias"),
    )  # fmt: skip
    source = convolution(request, "forward", t, FORWARD, "x", "y", epilogue)
    prepare = preparation(request, "forward", t)
    return _Direction(source, t.scratch_with(epilogue), prepare, t.prepared)


def _backward_by_winograd(request: Request, g: Geometry) -> _Direction:
    edge = g.kernel[0] - 1
    # The kernel is turned around.
    last = f"{request.offsets['weight']} + {edge * (g.weight_row + g.outputs)}"
    t = Transformed(
        g.outputs, (g.out_height, g.out_width), g.inputs, (g.height, g.width), g.kernel[0],
        (edge - g.padding[0], edge - g.padding[1]),
        f"{last} + channel + output * {g.weight_channel}", -g.weight_row, -g.outputs,
        g.weight_channel,
    )  # fmt: skip
    source = convolution(request, "backward", t, BACKWARD, "dy", "dx")
    return _Direction(source, t.scratch, preparation(request, "backward", t), t.prepared)


@dataclass(frozen=True)
class _Run:
    """`count` tiles side by side, alike in their taps; each step moves both starts on."""

    columns: int
    taps: Taps
    count: int
    start: int
    step: int
    source: int
    source_step: int


def _runs(tiles: list[tuple[int, int, int, Taps]]) -> list[_Run]:
    """Tiles (start, columns, source, taps) with equal neighbours put into loops."""
    runs: list[_Run] = []
    for start, columns, source, taps in tiles:
        last = runs[-1] if runs else None
        if last and (last.columns, last.taps) == (columns, taps):
            step = start - last.start - last.step * (last.count - 1)
            source_step = source - last.source - last.source_step * (last.count - 1)
            if last.count == 1 or (step, source_step) == (last.step, last.source_step):
                runs[-1] = _Run(
                    columns, taps, last.count + 1, last.start, step, last.source, source_step
                )
                continue
        runs.append(_Run(columns, taps, 1, start, 0, source, 0))
    return runs


def _column_tiles(width: int, most: int, stride: int = 1) -> list[tuple[int, int]]:
    """(start, columns) of tiles; with a stride, tiles repeat only if it divides their width."""
    if stride > 1:
        most = max(stride, most - most % stride)
        return [(start, min(most, width - start)) for start in range(0, width, most)]
    return [
        (start + part * size, size)
        for start, size, parts in split(width, most)
        for part in range(parts)
    ]


def _correlation(
    request: Request, suffix: str, doc: str, arguments: str, head: str, tiles: list[_Run],
    outputs: int, steps: dict[str, object], call: str, rows: int,
) -> _Direction:  # fmt: skip
    """A function that loops tiles over rows, output channels and columns."""
    name = f"{request.name}_{suffix}"
    source, body = "", f"for row in range({rows}):\n" + indent(head, "    ")
    for start, size, parts in _output_runs(request, outputs, tiles):
        body += f"    for output in range({start}, {start + size * parts}, {size}):\n"
        more, loops = _tile_loops(request, name, size, tiles, steps, call)
        source += more
        body += indent(loops, " " * 8)
    return _Direction(source + "\n\n" + function(name, arguments, doc, body))


def _finished_correlation(
    request: Request, epilogue: Epilogue, head: str, tiles: list[_Run], outputs: int,
    steps: dict[str, object], call: str, columns: int,
) -> _Direction:  # fmt: skip
    """The same, where an epilogue takes some rows of some channels at a time."""
    name = f"{request.name}_forward"
    source, body = "", f"for turn_row in range({epilogue.out[1]}):\n"
    runs = _output_runs(request, outputs, tiles)
    for start, size, parts in runs:
        body += f"    for output in range({start}, {start + size * parts}, {size}):\n"
        body += f"        for z_row in range({epilogue.rows}):\n"
        body += f"            row = turn_row * {epilogue.step} + z_row\n"
        more, loops = _tile_loops(request, name, size, tiles, steps, call)
        source += more
        body += indent(head + loops, " " * 12)
        body += (
            f"        {request.name}_finish(arena, scratch, {epilogue.rows * columns}, y, saved, "
            f"output, {size}, turn_row, 1)\n"
        )
    doc = "x correlated with the weights, plus the bias, then pooled and activated."
    text = source + "\n\n" + epilogue.finish() + "\n\n"
    text += function(name, f"{FORWARD}, saved, scratch", doc, body)
    most = max(size for _, size, _ in runs)
    return _Direction(text, most * epilogue.rows * columns * LANES)


def _output_runs(request: Request, outputs: int, tiles: list[_Run]) -> list[tuple[int, int, int]]:
    widest = max(run.columns for run in tiles)
    return split(outputs, request.target.tile(outputs, widest)[0])


def _tile_loops(
    request: Request, name: str, size: int, tiles: list[_Run], steps: dict[str, object], call: str
) -> tuple[str, str]:
    """The tiles of one row for `size` output channels, and the loops over them."""
    source = body = ""
    for run in tiles:
        tile = f"{name}_{size}x{run.columns}_at_{run.start}"
        source += correlation_source(
            tile, width=request.target.width, outputs=size, columns=run.columns, taps=run.taps,
            **steps,
        )  # fmt: skip
        margin, column, at = "", str(run.start), str(run.source)
        if run.count > 1:
            body += f"for tile in range({run.count}):\n"
            margin = "    "
            column = f"({run.start} + tile * {run.step})"
            at = f"({run.source} + tile * {run.source_step})"
        body += margin + call.format(tile=tile, column=column, source=at) + "\n"
    return source, body


def _forward(request: Request, g: Geometry, epilogue: Epilogue | None) -> _Direction:
    (kh, kw), (sh, sw), (ph, pw) = g.kernel, g.stride, g.padding
    tiles = []
    most = request.target.tile(g.outputs, g.out_width)[1]
    for start, columns in _column_tiles(g.out_width, most):
        left = start * sw - pw
        taps = tuple(
            (j, j * sw + k, k)
            for k in range(kw)
            for j in range(columns)
            if 0 <= left + j * sw + k < g.width
        )
        tiles.append((start, columns, left, taps))
    if ph:
        head = (
            f"top = row * {sh} - {ph}\n"
            f"first = max(0, -top)\n"
            f"rows = min({kh}, {g.height} - top) - first\n"
        )
    else:
        head = f"top = row * {sh}\nfirst = 0\nrows = {kh}\n"
    bias = request.offsets.get("bias")
    weight = request.offsets["weight"]
    steps: dict[str, object] = {
        "x_channel": g.height * g.width * LANES,
        "x_row": g.width * LANES,
        "x_column": LANES,
        "w_channel": g.weight_channel,
        "w_row": g.weight_row,
        "w_tap": g.outputs,
        "w_output": 1,
        "y_output": (epilogue.rows if epilogue else g.out_height) * g.out_width * LANES,
        "y_column": LANES,
        "start": "zero" if bias is None else "bias",
    }
    call = (
        f"{{tile}}(arena, x + ((top + first) * {g.width} + {{source}}) * {LANES}, {g.inputs}, "
        f"rows, weights, {weight} + first * {g.weight_row} + output, {bias or 0} + output, "
    )
    if epilogue:
        call += f"arena, scratch + (z_row * {g.out_width} + {{column}}) * {LANES})"
        return _finished_correlation(
            request, epilogue, head, _runs(tiles), g.outputs, steps, call, g.out_width
        )
    call += f"arena, y + ((output * {g.out_height} + row) * {g.out_width} + {{column}}) * {LANES})"
    doc = "y = x correlated with the weights, plus the bias."
    return _correlation(
        request, "forward", doc, FORWARD, head, _runs(tiles), g.outputs, steps, call, g.out_height
    )


def _backward(request: Request, g: Geometry) -> _Direction:
    (kh, kw), (sh, sw), (ph, pw) = g.kernel, g.stride, g.padding
    tiles = []
    most = request.target.tile(g.inputs, g.width, sw)[1]
    for start, columns in _column_tiles(g.width, most, sw):
        base = (start + pw) // sw
        taps = tuple(
            (j, (start + j + pw - k) // sw - base, k)
            for k in range(kw)
            for j in range(columns)
            if (start + j + pw - k) % sw == 0 and 0 <= (start + j + pw - k) // sw < g.out_width
        )
        tiles.append((start, columns, base, taps))
    head = f"bottom = row + {ph}\nfirst = max(0, bottom - {(g.out_height - 1) * sh})\n"
    if sh > 1:
        head += f"first += (bottom - first) % {sh}\n"
    head += f"rows = max(0, (min({kh - 1}, bottom) - first) // {sh} + 1)\n"
    head += f"top = (bottom - first) // {sh}\n"
    steps: dict[str, object] = {
        "x_channel": g.out_height * g.out_width * LANES,
        "x_row": -g.out_width * LANES,
        "x_column": LANES,
        "w_channel": 1,
        "w_row": sh * g.weight_row,
        "w_tap": g.outputs,
        "w_output": g.weight_channel,
        "y_output": g.height * g.width * LANES,
        "y_column": LANES,
    }
    weight = request.offsets["weight"]
    call = (
        f"{{tile}}(arena, dy + (top * {g.out_width} + {{source}}) * {LANES}, {g.outputs}, rows, "
        f"weights, {weight} + first * {g.weight_row} + output * {g.weight_channel}, 0, "
        f"arena, dx + ((output * {g.height} + row) * {g.width} + {{column}}) * {LANES})"
    )
    return _correlation(
        request, "backward", "dx = dy correlated with the turned weights.", BACKWARD, head,
        _runs(tiles), g.inputs, steps, call, g.height,
    )  # fmt: skip


def _gradient(request: Request, g: Geometry) -> str:
    (kh, kw), sh, (ph, pw) = g.kernel, g.stride[0], g.padding
    name = f"{request.name}_gradient"
    weight = request.offsets["weight"]
    source = ""
    body = f"for kernel_row in range({kh}):\n"
    if ph:
        body += (
            f"    first = max(0, ({ph} - kernel_row + {sh - 1}) // {sh})\n"
            f"    last = min({g.out_height}, ({g.height - 1 + ph} - kernel_row) // {sh} + 1)\n"
            f"    rows = max(0, last - first)\n"
        )
    else:
        body += f"    first = 0\n    rows = {g.out_height}\n"
    body += f"    top = first * {sh} - {ph} + kernel_row\n"
    for start, taps, tap_parts in split(kw, request.target.lefts):
        most_channels = max(1, request.target.lefts // taps)
        for first_channel, channels, channel_parts in split(g.inputs, most_channels):
            body += (
                f"    for channel in range({first_channel}, "
                f"{first_channel + channels * channel_parts}, {channels}):\n"
            )
            lefts = tuple(
                (
                    (c * g.height * g.width + k) * LANES,
                    c * g.weight_channel + k * g.outputs,
                )
                for c in range(channels)
                for k in range(taps)
            )
            rights_most = request.target.rights(len(lefts))
            for first_output, rights, output_parts in split(g.outputs, rights_most):
                body += (
                    f"        for output in range({first_output}, "
                    f"{first_output + rights * output_parts}, {rights}):\n"
                )
                for part in range(tap_parts):
                    tap = start + part * taps
                    tile = f"{name}_{len(lefts)}x{rights}_at_{tap}"
                    source += _outer_source(
                        tile, g, request.target.width, lefts, rights, tap, taps, channels
                    )
                    body += (
                        f"            {tile}(arena, x + ((channel * {g.height} + top) * "
                        f"{g.width} + {tap - pw}) * {LANES}, arena, dy + (output * "
                        f"{g.out_height} + first) * {g.out_width * LANES}, rows, gradient, "
                        f"{weight} + channel * {g.weight_channel} + kernel_row * "
                        f"{g.weight_row} + {tap * g.outputs} + output)\n"
                    )
    if "bias" in request.offsets:
        size = g.out_height * g.out_width
        body += (
            f"for output in range({g.outputs}):\n"
            f"    gradient[{request.offsets['bias']} + output] += "
            f"sum_all(arena, dy + output * {size * LANES}, {size})\n"
        )
    doc = "The gradients of the weights and the bias, added to those so far."
    return source + "\n\n" + function(name, GRADIENT, doc, body)


def _outer_source(
    tile: str, g: Geometry, width: int, lefts: tuple[tuple[int, int], ...], rights: int, tap: int,
    taps: int, channels: int,
) -> str:  # fmt: skip
    """The tile for kernel columns [tap, tap + taps) of some input channels."""
    stride, padding = g.stride[1], g.padding[1]

    def inside(column: int, k: int) -> bool:
        return 0 <= column * stride - padding + tap + k < g.width

    edges, whole = [], []
    for column in range(g.out_width):
        counted = [k for k in range(taps) if inside(column, k)]
        if len(counted) == taps:
            whole.append(column)
        elif counted:
            members = tuple(c * taps + k for c in range(channels) for k in counted)
            edges.append((column * stride * LANES, column * LANES, members))
    first = whole[0] if whole else 0
    values = {
        "width": width,
        "lefts": lefts,
        "rights": rights,
        "edges": tuple(edges),
        "columns": len(whole),
        "x_start": first * stride * LANES,
        "dy_start": first * LANES,
        "x_row": g.stride[0] * g.width * LANES,
        "x_column": stride * LANES,
        "dy_row": g.out_width * LANES,
        "dy_column": LANES,
        "dy_right": g.out_height * g.out_width * LANES,
    }
    return outer_product_source(tile, **values)
