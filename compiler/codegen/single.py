"""One image at a time: a program of its own, whose lanes are columns or channels.

In the layout for batches a single image would use one lane of sixteen. Here its maps are
[channel][row][column] and its sums have the same order, so that they are the same bits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lenet.compiler.codegen.calls import Writer
from lenet.compiler.codegen.steps import Parts
from lenet.compiler.contract import NEUTRAL, Request, arguments_of, content_of, function
from lenet.compiler.kernels import module_of
from lenet.compiler.memory.layout import Slot, bases_of, offsets_of
from lenet.compiler.memory.phase import Buffer, Call, Phase
from lenet.compiler.memory.plan import Plan, plan_memory
from lenet.compiler.target import LANES, Target
from lenet.dsl.graph import Graph
from lenet.dsl.shapes import Shape, product

ARGUMENTS = "arena, weights, w, s, x, y, scratch"

_PREDICT = '''@Entry
def predict_single(arena, weights, pixels, row, scale, shift, outputs) -> bool:
    """The net's outputs for the one image pixels[row], into outputs[row].

    False where the image has a value that is not a finite number. `arena` has {floats} floats.
    """
    finite = True
'''


@dataclass(frozen=True)
class Single:
    """NAME_single as source, whose arguments are those that it names, and the floats that it needs
    meanwhile."""

    source: str
    scratch: int = 0


def emit_single(
    graph: Graph, names: Mapping[str, str], slots: Mapping[str, Slot], target: Target
) -> tuple[list[str], str, Plan]:
    """Sources, predict_single, and its memory plan. `graph` has nothing fused."""
    sources: dict[str, str] = {}  # by their text under a neutral name: alike ones are shared
    prefixes: dict[str, str] = {}
    alike: dict[str, tuple[Single, str, tuple[str, ...]]] = {}
    calls: list[Call] = []
    values: dict[str, Buffer] = {}
    for node in graph.nodes:
        if node.kind == "input":
            values[node.name] = value = Buffer("image", product(node.shape))
            arguments = ("arena", "pixels", "row", "scale", "shift", value)
            calls.append(Call("take_image", arguments, "block", checks=True))
            continue
        content = content_of(node)
        if content not in alike:
            request = Request(node, NEUTRAL, offsets_of(node), target)
            layer = module_of(node.kind).emit_single(request)
            if layer.source not in sources:
                own = replace(request, name=names[node.name])
                sources[layer.source] = module_of(node.kind).emit_single(own).source
                prefixes[layer.source] = own.name
            wanted = arguments_of(layer.source, f"{NEUTRAL}_single") if layer.source else ()
            alike[content] = layer, prefixes[layer.source], wanted
        layer, prefix, wanted = alike[content]
        xs = [values[given] for given in node.inputs]
        if not layer.source:
            values[node.name] = xs[0]
            continue
        values[node.name] = y = Buffer(f"value {node.name}", product(node.shape))
        known: dict[str, str | Buffer] = {
            "arena": "arena", "weights": "weights", "w": "0", "s": "0",
            **{base: str(offset) for base, offset in bases_of(node, slots).items()},
            "x": xs[0], **{f"x{k}": x for k, x in enumerate(xs)}, "y": y,
            "scratch": Buffer(f"scratch {node.name}", layer.scratch),
        }  # fmt: skip
        calls.append(Call(f"{prefix}_single", tuple(known[n] for n in wanted), "block"))
    last = values[graph.nodes[-1].name]
    calls.append(Call("give_outputs", ("arena", last, "row", "outputs"), "block"))
    plan = plan_memory((Phase(tuple(calls)),))
    parts = Parts("predict_single")
    steps = Writer(plan.places[0], parts, checks=True).steps(calls)
    lines = "".join(f"    {step}\n" for step in (*steps, "return finite"))
    # Vectors at the end of the last buffer may reach beyond it.
    plan = Plan(plan.places, plan.floats + LANES)
    functions = [*filter(None, sources.values()), *parts.sources]
    return functions, _PREDICT.format(floats=plan.floats) + lines, plan


def single_function(request: Request, doc: str, body: str, arguments: str = ARGUMENTS) -> str:
    return function(f"{request.name}_single", arguments, doc, body)


def each_value(request: Request, doc: str, value: str) -> Single:
    """y = `value`, an expression of x0[place], x1[place], …, written as {x0}, {x1}."""
    count = len(request.node.inputs)
    size = product(request.node.shape)
    places = {f"x{k}": f"arena[x{k} + place]" for k in range(count)}
    body = f"for place in range({size}):\n    arena[y + place] = {value.format(**places)}\n"
    names = ", ".join(f"x{k}" for k in range(count))
    return Single(single_function(request, doc, body, f"arena, {names}, y"))


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
