"""rank: a wide linear layer as two, with fewer units between them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Node
from lenet.dsl.messages.diagnostics import Edit
from lenet.dsl.registry import layers
from lenet.dsl.shapes import show
from lenet.dsl.syntax.tree import Line
from lenet.dsl.syntax.write import show_head, show_sizes
from lenet.runtime.compressing.net import Floats, Net

_ALLOWED = "# allow W002"  # two linear layers in a row, which is what is wanted here


def shrink(net: Net, share: float, each: bool) -> Net:
    """See runtime/compress."""
    graph, lines = net.graph, net.checked.lowered.lines
    wide: dict[int, list[Node]] = {}
    for node in graph.nodes:
        if layers()[node.kind].channels == "own" and len(_weight(node)) == 2 and not node.file:
            wide.setdefault(node.line, []).append(node)
    by_line = dict(zip((node.name for node in graph.nodes), lines, strict=True))
    ranks: dict[str, int] = {}
    edits: list[Edit] = []
    end = next((node for node in reversed(graph.nodes) if node.parameters), None)
    for nodes in wide.values():
        if end in nodes:
            continue  # what tells the classes apart
        outputs, inputs = _weight(nodes[0])
        rank = max(1, round((1 - share) * min(outputs, inputs)))
        alike = all(_weight(node) == (outputs, inputs) for node in nodes)
        if not alike or rank * (outputs + inputs) >= outputs * inputs:
            continue
        largest = max(float(np.linalg.norm(_matrix(net, node), 2)) for node in nodes)
        edits.append(_two_lines(net, by_line[nodes[0].name], nodes[0], rank, largest))
        ranks.update({node.name: rank for node in nodes})
    if not ranks:
        raise LenetError(
            f"no linear layer becomes smaller with a rank of {share:g}",
            "Two layers with r units between them have r * (inputs + outputs) weights, which has "
            "to be less than inputs * outputs.",
            "leave out more, such as --rank 0.8; or make other layers smaller: --channels 0.5",
            "leave out more, such as rank=0.8; or make other layers smaller: channels=0.5",
        )
    text = net.edited(edits)
    smaller = replace(net, text=text, tensors=_factors(net, ranks))
    for name, rank in ranks.items():
        outputs, inputs = _weight(next(node for node in graph.nodes if node.name == name))
        shape = f"{show((outputs, inputs))} of rank {min(outputs, inputs)}"
        smaller = smaller.telling(f"{name}: {shape} as two of rank {rank}")
    return replace(smaller, tensors=_renamed(smaller, graph.nodes, ranks))


def _weight(node: Node) -> tuple[int, ...]:
    """The shape of a layer's weights, () without any."""
    shapes = [p.shape for p in node.parameters if p.trained and len(p.shape) > 1]
    return shapes[0] if shapes else ()


def _matrix(net: Net, node: Node) -> NDArray[np.float64]:
    return net.tensors[f"{node.name}.weight"].astype(np.float64)


def _two_lines(net: Net, line: Line, node: Node, rank: int, largest: float) -> Edit:
    """The layer's line with a name, and above it one with fewer units.

    A step that changes two factors changes their product by up to their singular value times what
    it would change a single matrix by; so the rate of both is divided by the `largest`.
    """
    own = node.name.rpartition(".")[2]
    taken = {other.name.rpartition(".")[2] for other in net.graph.nodes}
    low = f"{own}_low"
    while low in taken:
        low += "_"
    source = net.text.split("\n")[line.span.line - 1]
    indent, comment = source[: len(source) - len(source.lstrip())], source.partition("#")[2]
    shape = f" -> {show_sizes(line.shape)}" if line.shape is not None else ""
    slower = f" rate x {1 / largest:.2g}" if largest > 1 and not node.arguments["rate"] else ""
    first = f"{line.keyword.text} {rank} bias no{slower} as {low}"
    second = f"{show_head(line)}{slower} as {own}{shape}  {f'#{comment}' if comment else _ALLOWED}"
    number = line.span.line
    return Edit(number, 1, number, len(source) + 1, f"{indent}{first}\n{indent}{second}")


def _factors(net: Net, ranks: dict[str, int]) -> dict[str, Floats]:
    """The tensors, with the two best factors of each layer's weights in their place: those of its
    singular values that are largest (Eckart and Young 1936), whose roots go to both."""
    found = dict(net.tensors)
    for name, rank in ranks.items():
        weight = f"{name}.weight"
        left, values, right = np.linalg.svd(found.pop(weight).astype(np.float64), False)
        roots = np.sqrt(values[:rank])
        found[f"{name} low"] = (roots[:, None] * right[:rank]).astype(np.float32)
        found[f"{name} high"] = (left[:, :rank] * roots).astype(np.float32)
    return found


def _renamed(net: Net, old: tuple[Node, ...], ranks: dict[str, int]) -> dict[str, Floats]:
    """The tensors under the names that the layers have in the new file: they stand in the same
    order, with one more before each that was cut."""
    found: dict[str, Floats] = {}
    new = iter(net.graph.nodes)
    for node in old:
        if node.name in ranks:
            found[f"{next(new).name}.weight"] = net.tensors[f"{node.name} low"]
        now = next(new)
        for parameter in node.parameters:
            name = f"{node.name}.{parameter.name}"
            cut = node.name in ranks and f"{node.name} high"
            tensor = net.tensors[cut if cut and name not in net.tensors else name]
            found[f"{now.name}.{parameter.name}"] = tensor
    return found
