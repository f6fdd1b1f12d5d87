"""Each layer with a state goes one way, and is one."""

from dataclasses import replace

from lenet.dsl.graph import Graph, Node
from lenet.dsl.recurrent import WAYS, Part, parts_of
from lenet.dsl.registry import layers

_BACKWARD = "backward"  # what only a part's arguments have


def part_recurrent(graph: Graph) -> Graph:
    """lstm 64 both ways  =>  concat of an lstm 64 and of one that goes `backward`; and each of the
    `layers 2` reads the one before it. The parts' tensors keep their full names."""
    known, nodes, renamed = layers(), [], dict[str, str]()
    for node in graph.nodes:
        node = replace(node, inputs=tuple(renamed.get(name, name) for name in node.inputs))
        if node.kind not in known or not known[node.kind].recurrent or _BACKWARD in node.arguments:
            nodes.append(node)
            continue
        parts = _parts(node)
        nodes += parts
        if parts[-1].name != node.name:
            renamed[node.name] = parts[-1].name
    return graph.with_nodes(tuple(nodes))


def _parts(node: Node) -> list[Node]:
    """The last one gives what the node did."""
    parts = parts_of(node.given[0], dict(node.arguments))
    count = parts[-1].layer
    given, source, nodes = node.given, node.inputs[0], list[Node]()
    for layer in range(1, count + 1):
        ways = [_one_way(node, part, source, given, layer == count)
                for part in parts if part.layer == layer]  # fmt: skip
        nodes += ways
        if len(ways) > 1:
            name = f"{node.name}.{layer}" if layer < count else node.name
            shape = (sum(way.shape[0] for way in ways), *ways[0].shape[1:])
            nodes.append(
                replace(
                    node, kind="concat", name=name, inputs=tuple(way.name for way in ways),
                    input_shapes=tuple(way.shape for way in ways), shape=shape, arguments={},
                    parameters=(), macs=0,
                )
            )  # fmt: skip
        given, source = nodes[-1].shape, nodes[-1].name
    return nodes


def _one_way(node: Node, part: Part, source: str, given: tuple[int, ...], last: bool) -> Node:
    """`last` tells whether it is of the last layer, which alone may give one step."""
    units = int(node.arguments["size"][0])
    own_ending = node.arguments["last"] if last else None
    arguments = dict(node.arguments, both=None, layers=(1,), last=own_ending)
    arguments[_BACKWARD] = part.way == WAYS[1]
    shape = (units,) if own_ending else (units, *given[1:])
    own = (p for p in node.parameters if p.name.startswith(part.prefix))
    return replace(
        node,
        name=".".join(filter(None, (node.name, part.prefix.rstrip(".")))),
        inputs=(source, *node.inputs[1:]),
        input_shapes=(given, *node.input_shapes[1:]),
        shape=shape,
        arguments=arguments,
        parameters=tuple(replace(p, name=p.name.removeprefix(part.prefix)) for p in own),
        macs=layers()[node.kind].macs(given, shape, arguments),
    )
