"""The graph's invariants, asserted after each pass: a broken one is our bug, not the user's."""

from dsl.graph import Graph
from dsl.shapes import product


class CompilerBug(Exception):
    """An invariant of the compiler does not hold."""


def verify_graph(graph: Graph, after: str) -> None:
    names = [node.name for node in graph.nodes]
    if len(set(names)) != len(names):
        raise CompilerBug(f"after {after}: names are not unique: {names}")
    if not graph.nodes or graph.nodes[0].kind != "input" or graph.nodes[0].inputs:
        raise CompilerBug(f"after {after}: the first node is not the input")
    for before, node in zip(graph.nodes, graph.nodes[1:], strict=False):
        if node.inputs != (before.name,):
            raise CompilerBug(f"after {after}: {node.name} reads {node.inputs}, not {before.name}")
        if node.given != before.shape:
            raise CompilerBug(f"after {after}: {node.name} is given {node.given}")
        if not product(node.shape):
            raise CompilerBug(f"after {after}: {node.name} is empty")
