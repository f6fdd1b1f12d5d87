"""One image at a time: a program of its own, whose lanes are columns or channels.

In the layout for batches a single image would use one lane of sixteen. Here its maps are
[channel][row][column] and its sums have the same order, so that they are the same bits.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from compiler.kernel import Request, function
from compiler.plan import Plan, plan_memory
from compiler.schedule import Buffer, Call
from compiler.target import LANES
from dsl.graph import Graph
from dsl.shapes import Shape, product

ARGUMENTS = "arena, weights, x, y, scratch"

_PREDICT = '''@njit(nogil=True, cache=True)
def predict_single(arena, weights, pixels, row, scale, shift, outputs):
    """The net's outputs for the one image pixels[row], into outputs[row].

    `arena` has {floats} floats.
    """
'''


@dataclass(frozen=True)
class Single:
    """NAME_single(arena, weights, x, y, scratch) as source, and the floats it needs meanwhile."""

    source: str
    scratch: int = 0


def emit_single(graph: Graph, requests: Mapping[str, Request]) -> tuple[dict[str, str], str, Plan]:
    """Sources by layer, predict_single, and its memory plan. `graph` has nothing fused."""
    sources: dict[str, str] = {}
    calls: list[Call] = []
    value = Buffer("image", product(graph.input))
    for node in graph.nodes:
        request = requests[node.name]
        if node.kind == "input":
            arguments = ("arena", "pixels", "row", "scale", "shift", value)
            calls.append(Call("take_image", arguments, "block"))
            continue
        layer = importlib.import_module(f"compiler.kernels.{node.kind}").emit_single(request)
        if not layer.source:
            continue
        sources[node.name] = layer.source
        y = Buffer(f"value {node.name}", product(node.shape))
        scratch = Buffer(f"scratch {node.name}", layer.scratch)
        function = f"{request.name}_single"
        calls.append(Call(function, ("arena", "weights", value, y, scratch), "block"))
        value = y
    calls.append(Call("give_outputs", ("arena", value, "row", "outputs"), "block"))
    plan = plan_memory(tuple(calls))
    lines = []
    for call in calls:
        offsets = [
            a if isinstance(a, str) else str(plan.places[a.name].offset) for a in call.arguments
        ]
        lines.append(f"    {call.function}({', '.join(offsets)})\n")
    # Vectors at the end of the last buffer may reach beyond it.
    plan = Plan(plan.places, plan.floats + LANES)
    return sources, _PREDICT.format(floats=plan.floats) + "".join(lines), plan


def single_function(request: Request, doc: str, body: str) -> str:
    return function(f"{request.name}_single", ARGUMENTS, doc, body)


@dataclass(frozen=True)
class Padded:
    """A map with a border around it, which `source` copies to `at`; without one, the map itself."""

    at: str
    height: int
    width: int
    source: str
    scratch: int

    @classmethod
    def of(cls, given: Shape, padding: tuple[int, int], fill: str) -> "Padded":
        channels, height, width = given
        rows, columns = height + 2 * padding[0], width + 2 * padding[1]
        if not any(padding):
            return cls("x", height, width, "", 0)
        size = channels * rows * columns
        source = (
            f"arena[scratch : scratch + {size}] = {fill}\n"
            f"for channel in range({channels}):\n"
            f"    for row in range({height}):\n"
            f"        place = scratch + (channel * {rows} + row + {padding[0]}) * {columns}"
            f" + {padding[1]}\n"
            f"        first = x + (channel * {height} + row) * {width}\n"
            f"        for column in range({width}):\n"
            f"            arena[place + column] = arena[first + column]\n"
        )
        return cls("scratch", rows, columns, source, size)


def vectors_of(count: int, width: int) -> list[tuple[int, int]]:
    """(start, floats) of the vectors that hold `count` floats."""
    return [(start, min(width, count - start)) for start in range(0, count, width)]
