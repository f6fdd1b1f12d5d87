"""For single images, convolutions add another path to what they make."""

from dataclasses import replace

from lenet.compiler.kernels import module_of
from lenet.compiler.kernels.shared.elementwise import activation_of
from lenet.compiler.kernels.shared.joins import ADDEND
from lenet.compiler.kernels.shared.words import INTEGER
from lenet.dsl.graph import Graph, Node


def fuse_addends(graph: Graph) -> Graph:
    """add of (other, conv)  =>  conv of (its input, other) with addend=True, where the convolution
    is the last of the two and nothing else reads it: what it makes is not read from memory again.
    """
    consumers, nodes = graph.consumers, {node.name: node for node in graph.nodes}
    places = {name: number for number, name in enumerate(nodes)}
    adds: dict[str, Node] = {}  # by the names of the convolutions that do their work
    for node in graph.nodes:
        asked = getattr(module_of(node.kind), "is_addend", None)
        if asked is None or not asked(node):
            continue
        other, last = sorted(node.inputs, key=places.__getitem__)
        if other != last and _can_add(nodes[last], node) and len(consumers[last]) == 1:
            adds[last] = node
    renamed = {node.name: name for name, node in adds.items()}
    made = []
    for node in graph.nodes:
        if node.name in renamed:
            continue
        add = adds.get(node.name)
        if add is not None:
            (other,) = set(add.inputs) - {node.name}
            node = replace(
                node, inputs=(*node.inputs, other), input_shapes=(*node.input_shapes, add.shape),
                arguments={**node.arguments, ADDEND: True}, fused=add.fused,
            )  # fmt: skip
        made.append(replace(node, inputs=tuple(renamed.get(name, name) for name in node.inputs)))
    return graph.with_nodes(tuple(made))


def _can_add(node: Node, add: Node) -> bool:
    """Whether a layer can do the work of a sum behind it."""
    asked = getattr(module_of(node.kind), "takes_addend", None)
    if asked is None or node.fused or INTEGER in node.arguments:
        return False
    activations = [activation_of(part) for part in add.fused]
    clips = [found is not None and found.clips is not None for found in activations]
    return bool(asked(node)) and clips in ([], [True])
