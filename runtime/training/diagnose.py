"""Where numbers first stopped to be finite, for who is told that a training diverged."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import load
from lenet.compiler.optimizers.exact import LIMIT
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.program import Program
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph, Node
from lenet.dsl.shapes import product
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import from_tensors, to_tensors
from lenet.runtime.training.predictor import Predictor

Floats = NDArray[np.float32]
_IMAGES = 64  # that are looked at


def first_bad(
    graph: Graph, program: Program, weights: Floats, gradients: Floats,
    pixels: NDArray[np.generic], normalization: Normalization,
) -> str:  # fmt: skip
    """A sentence about the first tensor of a net whose values are not finite: one of its weights,
    what a layer gives for some of these images (count, values of an image), or one of the gradients
    (slices, parameters); or else about the largest gradient or parameter."""
    for name, tensor in to_tensors(program, weights).items():
        if not np.isfinite(tensor).all():
            return f"The tensor {name} has values that are no finite numbers."
    try:
        node = _first_layer(graph, program, weights, pixels[:_IMAGES], normalization)
    except LenetError:  # what is said without it will do
        return ""
    if node is None:
        return _largest(program, weights, gradients)
    own = {n: t for n, t in to_tensors(program, weights).items() if n.startswith(f"{node.name}.")}
    largest = max((float(np.abs(tensor).max()) for tensor in own.values()), default=0.0)
    size = f", whose parameters go up to {largest:.3g}" if own else ""
    where = f" in line {node.line}" if node.line and not node.file else ""
    return f"The first values that are no finite numbers are what {node.name}{where} gives{size}."


def _largest(program: Program, weights: Floats, gradients: Floats) -> str:
    """The first gradient on the way back that is not finite; or the largest one, if that is beyond
    what a slice may have, or else the largest parameters, which make large values."""
    sizes = {}
    for slot in reversed([slot for slot in program.slots if slot.parameter.trained]):
        own = gradients[:, slot.offset : slot.offset + slot.size]
        if not np.isfinite(own).all():
            return f"The gradient of {slot.name} is the first with values that are not finite."
        sizes[slot.name] = float(np.abs(own).max(initial=0))
    name = max(sizes, key=lambda name: sizes[name])
    if sizes[name] >= LIMIT:
        return f"The largest gradient is that of {name}: up to {sizes[name]:.3g}."
    found = {n: float(np.abs(t).max(initial=0)) for n, t in to_tensors(program, weights).items()}
    name = max(found, key=lambda name: found[name])
    return f"The largest values of the net are in {name}: up to {found[name]:.3g}."


def _first_layer(
    graph: Graph, program: Program, weights: Floats, pixels: NDArray[np.generic],
    normalization: Normalization,
) -> Node | None:  # fmt: skip
    """By halves: what is not finite makes all that follows it so, or nearly."""
    tensors = to_tensors(program, weights)
    nodes = graph.nodes
    first, last = 0, len(nodes) - 1
    if _is_finite(graph, last, tensors, pixels, normalization):
        return None
    while last - first > 1:
        middle = (first + last) // 2
        if _is_finite(graph, middle, tensors, pixels, normalization):
            first = middle
        else:
            last = middle
    return nodes[last]


def _is_finite(
    graph: Graph, place: int, tensors: dict[str, Floats], pixels: NDArray[np.generic],
    normalization: Normalization,
) -> bool:  # fmt: skip
    """Whether all that the node at a place gives is: the net up to there predicts."""
    part = _up_to(graph, place)
    program = compile_graph(part)
    own = {slot.name: tensors[slot.name] for slot in program.slots}
    predictor = Predictor(load(program), 1).take(from_tensors(program, own))
    return bool(np.isfinite(predictor.outputs(pixels, normalization, in_blocks=True)).all())


def _up_to(graph: Graph, place: int) -> Graph:
    """The net whose last layer is the node at a place, with its values as a vector."""
    wanted, kept = {graph.nodes[place].name}, []
    for node in reversed(graph.nodes[: place + 1]):
        if node.name in wanted:
            wanted.update(node.inputs)
            kept.append(node)
    end = graph.nodes[place]
    if len(end.shape) > 1:
        flat = (product(end.shape),)
        kept.insert(0, Node("!flat", "flatten", (end.name,), (end.shape,), flat))
    return replace(graph, nodes=tuple(reversed(kept)), groups=(), train=None, augment=None)
