"""Activations that follow each other become one loop, which reads and writes memory once."""

from dataclasses import replace

from lenet.compiler.kernels.shared.elementwise import activation_of
from lenet.dsl.graph import Graph, Node


def fuse_activations(graph: Graph) -> Graph:
    """tanh, relu  =>  chain of (tanh, relu), where nothing else reads what lies between."""
    consumers = graph.consumers
    nodes: list[Node] = []
    run: list[Node] = []

    def close() -> None:
        if len(run) == 1:
            nodes.append(run[0])
        elif run:
            last = run[-1]
            chain = replace(last, kind="chain", arguments={}, fused=tuple(run))
            nodes.append(replace(chain, inputs=run[0].inputs, input_shapes=run[0].input_shapes))
        run.clear()

    for node in graph.nodes:
        if activation_of(node) is None:
            close()
            nodes.append(node)
            continue
        if run and consumers[run[-1].name] != (node,):
            close()
        run.append(node)
    close()
    return graph.with_nodes(tuple(nodes))
