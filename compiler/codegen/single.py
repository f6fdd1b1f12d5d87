"""One image at a time: a program of its own, whose lanes are columns or channels.

In the layout for batches a single image would use one lane of sixteen. Here its maps are
[channel][row][column] and its sums have the same order, so that they are the same bits.
"""

from collections.abc import Mapping

from lenet.compiler.codegen.calls import Writer
from lenet.compiler.codegen.steps import Parts
from lenet.compiler.contract import Request, content_of
from lenet.compiler.function import Function, definition
from lenet.compiler.kernels import module_of
from lenet.compiler.kernels.shared.words import INTEGER
from lenet.compiler.memory.layout import Slot, bases_of, offsets_of
from lenet.compiler.memory.phase import Buffer, Call, Phase
from lenet.compiler.memory.plan import Plan, plan_memory
from lenet.compiler.single_contract import Single
from lenet.compiler.target import LANES, Target
from lenet.dsl.graph import Graph
from lenet.dsl.shapes import product

_HEAD = "predict_single(arena, weights, pixels, row, scale, shift, outputs)"
_DOC = """The net's outputs for the one image pixels[row], into outputs[row].

    False where the image has a value that is not a finite number. `arena` has {floats} floats.
    """


def value_of(node: str) -> str:
    """The name of the buffer that a layer writes. One that does nothing has none."""
    return f"value {node}"


def emit_single(
    graph: Graph, names: Mapping[str, str], slots: Mapping[str, Slot], target: Target,
    kept: bool = False,
) -> tuple[list[str], str, Plan]:  # fmt: skip
    """Sources, predict_single, and its memory plan. `graph` has nothing fused but bounds. With
    `kept`, what each layer has written stays in the arena until the end, to be looked at."""
    prefixes: dict[Function, str] = {}
    alike: dict[str, Single] = {}
    calls: list[Call] = []
    values: dict[str, Buffer] = {}
    for node in graph.nodes:
        if node.kind == "input":
            values[node.name] = value = Buffer(value_of(node.name), product(node.shape))
            arguments = ("arena", "pixels", "row", "scale", "shift", value)
            calls.append(Call("take_image", arguments, "block", checks=True))
            continue
        content = content_of(node)
        if content not in alike:
            request = Request(node, offsets_of(node), target)
            alike[content] = module_of(node.kind).emit_single(request)
        layer = alike[content]
        xs = [values[given] for given in node.inputs]
        if layer.function is None:
            values[node.name] = xs[0]
            continue
        prefix = prefixes.setdefault(layer.function, names[node.name])
        values[node.name] = y = Buffer(value_of(node.name), product(node.shape))
        known: dict[str, str | Buffer] = {
            "arena": "arena", "weights": "weights", "w": "0", "s": "0",
            **{base: str(offset) for base, offset in bases_of(node, slots).items()},
            "x": xs[0], **{f"x{k}": x for k, x in enumerate(xs)}, "y": y,
            "scratch": Buffer(f"scratch {node.name}", layer.scratch),
        }  # fmt: skip
        wanted = tuple(known[name] for name in layer.function.parameters)
        calls.append(Call(f"{prefix}_single", wanted, "block"))
    last = values[graph.nodes[-1].name]
    calls.append(Call("give_outputs", ("arena", last, "row", "outputs"), "block"))
    lasting = [Call("look", tuple(values.values()), "block")] if kept else []  # is not written
    plan = plan_memory((Phase((*calls, *lasting)),))
    parts = Parts("predict_single")
    steps = Writer(plan.places[0], parts, checks=True).steps(calls)
    body = "\n".join(map(str, ("finite = True", *steps, "return finite")))
    # Vectors at the end of the last buffer may reach beyond it, and words of columns further.
    beyond = 2 * LANES if any(INTEGER in node.arguments for node in graph.nodes) else LANES
    plan = Plan(plan.places, plan.floats + beyond)
    functions = [*(f.source(name) for f, name in prefixes.items()), *parts.sources]
    entry = definition(_HEAD, _DOC.format(floats=plan.floats), body, "bool", "Entry")
    return functions, entry, plan
