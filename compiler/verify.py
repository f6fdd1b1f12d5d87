"""The graph's invariants, asserted after each pass: a broken one is our bug, not the user's."""

from lenet.dsl.graph import Graph
from lenet.dsl.shapes import product


class CompilerBug(Exception):
    """An invariant of the compiler does not hold."""


def verify_graph(graph: Graph, after: str) -> None:
    """CompilerBug, which blames the pass `after`, unless the graph is whole.

    Names are unique; the input comes first; every other node reads nodes before it, in the shapes
    that these have, and is not empty; the last one alone is not read.
    """
    names = [node.name for node in graph.nodes]
    if len(set(names)) != len(names):
        raise CompilerBug(f"after {after}: names are not unique: {names}")
    if not graph.nodes or graph.nodes[0].kind != "input" or graph.nodes[0].inputs:
        raise CompilerBug(f"after {after}: the first node is not the input")
    shapes = {graph.nodes[0].name: graph.input}
    for node in graph.nodes[1:]:
        unknown = [name for name in node.inputs if name not in shapes]
        if unknown or not node.inputs:
            raise CompilerBug(f"after {after}: {node.name} reads {unknown or 'nothing'}")
        if node.input_shapes != tuple(shapes[name] for name in node.inputs):
            raise CompilerBug(f"after {after}: {node.name} is given {node.input_shapes}")
        if not product(node.shape):
            raise CompilerBug(f"after {after}: {node.name} is empty")
        shapes[node.name] = node.shape
    unread = [name for name, readers in graph.consumers.items() if not readers]
    if unread != names[-1:]:
        raise CompilerBug(f"after {after}: nothing reads {unread}")
