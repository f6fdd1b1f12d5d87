"""Activations that follow each other become one loop, which reads and writes memory once."""

from dataclasses import replace

from compiler.elementwise import activation_of
from dsl.graph import Graph, Node


def fuse_activations(graph: Graph) -> Graph:
    """tanh, relu  =>  chain of (tanh, relu)."""
    nodes: list[Node] = []
    run: list[Node] = []

    def close() -> None:
        if len(run) == 1:
            nodes.append(run[0])
        elif run:
            last = run[-1]
            nodes.append(replace(last, kind="chain", inputs=run[0].inputs, fused=tuple(run)))
        run.clear()

    for node in graph.nodes:
        if activation_of(node) is None:
            close()
            nodes.append(node)
        else:
            run.append(node)
    close()
    return graph.with_nodes(tuple(nodes))
