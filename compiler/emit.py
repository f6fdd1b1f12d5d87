"""Graph to the source of one Python module: the kernels, and the two functions that run them."""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent

from compiler.kernel import Request, emit_layer, identifiers
from compiler.layout import Slot, lay_out, offsets_of
from compiler.plan import Place, Plan, plan_memory
from compiler.schedule import Call, schedule, segments
from compiler.single import emit_single
from compiler.target import BLOCKS, LANES, Target
from dsl.graph import Graph, Node
from dsl.shapes import product

_HEAD = '''"""Kernels for this net, written by the lenet compiler for {target}:

{net}
An array of activations is [channel][row][column][16 images]; weights of a convolution are
[in][row][column][out], of a linear layer [in][out]. Offsets count floats.
"""

import numpy as np
from numba import njit

from compiler.simd.clock import clock, probe
from compiler.simd.math import exp, log, random_bits, sigmoid, sum_all, tanh
from compiler.simd.pack import pack_channel
from compiler.simd.single import (
    SinglePool, SingleTile, load_any, single_pool, single_tile, store_first,
)
from compiler.simd.tiles import (
    Correlation, OuterProduct, Product, correlate, outer_product, product_of,
)
from compiler.simd.turn import turn
from compiler.simd.winograd import Tiles, transform_input, transform_output, transform_weights
from compiler.simd.vector import (
    choose_index, choose_value, fma, from_bits, kernel, lane_sum, load, load_bits, load_bytes,
    maximum, select_below, select_equal, select_greater, splat, splat_int, store, store_bytes,
)
from compiler.support import give_outputs, make_keys, take_image, unpack

'''

_LOSS = '''@kernel
def loss(arena, labels, rows, first, count, y, dy, totals):
    """Adds the negative log-likelihood and the hits; dy is its gradient, 0 without an image."""
    for place in range({classes}):
        for lane in range(16):
            arena[dy + place * 16 + lane] = np.float32(0)
    for lane in range(count):
        label = labels[rows[first + lane]]
        value = arena[y + label * 16 + lane]
        totals[0] -= value
        arena[dy + label * 16 + lane] = np.float32(-1)
        best = 0
        for place in range(1, {classes}):
            if arena[y + place * 16 + lane] > arena[y + best * 16 + lane]:
                best = place
        if best == label and value == value:
            totals[1] += 1
'''

_TRAIN = '''@njit(nogil=True, cache=True)
def train_slice(arena, weights, gradient, pixels, labels, rows, scale, shift, key, fresh, totals):
    """The sum of the loss's gradients over the images `rows`, into `gradient`.

    totals[0] gets the sum of the losses, totals[1] the number of right answers. `key` seeds
    what is random. `arena` has {floats} floats; `fresh` says that the weights have changed since
    it was last used.
    """
    for place in range({parameters}):
        gradient[place] = np.float32(0)
    totals[0] = 0.0
    totals[1] = 0.0
'''

_PREDICT = '''@njit(nogil=True, cache=True)
def predict_slice(arena, weights, pixels, rows, scale, shift, fresh, outputs):
    """The net's outputs for the images `rows`, one row of `outputs` each.

    `arena` has {floats} floats; `fresh` says that the weights have changed since it was last used.
    """
'''

_LOOP = """\
    for first in range(0, rows.size, {group}):
        blocks = min({blocks}, (rows.size - first + 15) // 16)
"""


@dataclass(frozen=True)
class Emitted:
    """The module's source and what its callers must know."""

    source: str
    slots: tuple[Slot, ...]
    train_plan: Plan | None
    predict_plan: Plan
    single_plan: Plan
    train_calls: tuple[Call, ...]
    predict_calls: tuple[Call, ...]


def emit(graph: Graph, plain: Graph, target: Target, probes: bool = False) -> Emitted:
    """`plain` is the same net with nothing fused, for single images.

    With `probes` train_slice and predict_slice take `times` as well, and add each call's
    nanoseconds to it.
    """
    slots = lay_out(graph)
    names = identifiers(plain)
    kernels = {}
    counter = 0
    for node in graph.nodes:
        offsets = offsets_of(node, slots)
        kernels[node.name] = emit_layer(Request(node, names[node.name], offsets, target, counter))
        counter += product(node.shape)
    trainable = graph.nodes[-1].kind == "logsoftmax" and bool(slots)
    train = schedule(graph, kernels, names, training=True) if trainable else ()
    predict = schedule(graph, kernels, names, training=False)
    train_plan, predict_plan = plan_memory(train), plan_memory(predict)
    called = {call.function for call in (*train, *predict)}
    parts = [_HEAD.format(target=target.name, net=indent(_net(graph), "    "))]
    for node in graph.nodes:
        code, name = kernels[node.name], names[node.name]
        wanted = [
            source
            for suffix, source in (
                ("pack", code.forward), ("forward", code.forward),
                ("spread", code.spread), ("gradient", code.gradient), ("backward", code.backward),
                *((f"{suffix}_prepare", source) for suffix, source in code.prepare.items()),
            )
            if f"{name}_{suffix}" in called
        ]  # fmt: skip
        if wanted:
            lines = "".join(f"\n# {_spec_line(graph, part)}" for part in _parts(node))
            parts.append(lines + "\n\n" + "\n\n".join(wanted) + "\n")
    requests = {
        node.name: Request(node, names[node.name], offsets_of(node, slots), target)
        for node in plain.nodes
    }
    singles, predict_single, single_plan = emit_single(plain, requests)
    parameters = sum(slot.size for slot in slots)
    if trainable:
        parts.append("\n" + _LOSS.format(classes=graph.output[0]))
        parts.append("\n\n" + _TRAIN.format(floats=train_plan.floats, parameters=parameters))
        parts.append(_body(train, train_plan.places, probes))
    parts.append("\n\n" + _PREDICT.format(floats=predict_plan.floats))
    parts.append(_body(predict, predict_plan.places, probes))
    parts.append("\n\n# One image, whose lanes are columns or channels.\n\n")
    parts += [source + "\n\n" for source in singles.values()]
    parts.append(predict_single)
    source = "".join(parts)
    if probes:
        source = source.replace("fresh, totals):", "fresh, totals, times):")
        source = source.replace("fresh, outputs):", "fresh, outputs, times):")
    return Emitted(
        source, slots, train_plan if trainable else None, predict_plan, single_plan,
        train, predict,
    )  # fmt: skip


def _net(graph: Graph) -> str:
    parts = [part for node in graph.nodes for part in _parts(node)]
    return "".join(_spec_line(graph, part) + "\n" for part in parts)


def _parts(node: Node) -> tuple[Node, ...]:
    """The layers of the file that a node stands for."""
    return node.fused if node.kind == "chain" else (node, *node.fused)


def _spec_line(graph: Graph, node: Node) -> str:
    """The layer's line as a comment: without anything that could end a comment or a string."""
    lines = graph.source.split("\n")
    text = lines[node.line - 1].split("#")[0].strip() if 0 < node.line <= len(lines) else ""
    harmless = "".join(c if c.isprintable() and c not in "\\\"'" else "?" for c in text)
    return f"{node.name}: line {node.line}: {harmless}"


def _body(calls: tuple[Call, ...], places: Mapping[str, Place], probes: bool) -> str:
    lines = ["    before = clock()"] if probes else []
    number = iter(range(len(calls)))

    def add(depth: int, call: Call) -> None:
        margin = "    " * depth
        lines.append(f"{margin}{call.function}({_arguments(call, places)})")
        if probes:
            lines.append(f"{margin}before = probe(times, {next(number)}, before)")

    once = [call for call in calls if call.scope == "once"]
    if once:
        lines.append("    if fresh:")
    for call in once:
        add(2, call)
    lines += _LOOP.format(group=BLOCKS * LANES, blocks=BLOCKS).splitlines()
    for run in segments(calls[len(once) :]):
        depth = 2
        if run[0].scope == "block":
            lines.append(" " * 8 + "for block in range(blocks):")
            depth = 3
            if any("images" in call.arguments for call in run):
                lines.append(" " * 12 + "images = min(16, rows.size - first - block * 16)")
        for call in run:
            add(depth, call)
    return "\n".join(lines) + "\n"


def _arguments(call: Call, places: Mapping[str, Place]) -> str:
    return ", ".join(
        a if isinstance(a, str) else _offset(places[a.name], call.scope) for a in call.arguments
    )


def _offset(place: Place, scope: str) -> str:
    if scope == "block" and place.step:
        return f"{place.offset} + block * {place.step}"
    return str(place.offset)
