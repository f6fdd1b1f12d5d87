"""The typed graph: what a checked file means. Frozen; passes take one and return another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lenet.dsl.answers import Answers
from lenet.dsl.inputs import Input
from lenet.dsl.registry import Parameter
from lenet.dsl.sections.augment import Augment
from lenet.dsl.sections.data import Data
from lenet.dsl.sections.search import Search
from lenet.dsl.shapes import Shape, show
from lenet.dsl.training.answered import answers_of
from lenet.dsl.training.values import Train


@dataclass(frozen=True)
class Node:
    """One layer with everything inferred. Where it stood in the file does not make it another.

    `inputs` name the nodes that it reads, `input_shapes` are their shapes; the input has one empty
    shape. `fused` are the layers behind it that a pass has put into it; `shape` is then the last
    one's. `folded` are normalizations between them that its own tensors do the work of. `file` is
    "" but for a line of an imported file. `written` is the name that the line gives, if any.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    arguments: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    macs: int = 0
    line: int = field(default=0, compare=False)
    file: str = field(default="", compare=False)
    written: str = field(default="", compare=False, repr=False)
    folded: tuple["Node", ...] = ()
    fused: tuple["Node", ...] = ()

    @property
    def given(self) -> Shape:
        """The shape of the only input, or of the first one."""
        return self.input_shapes[0]

    @property
    def bare_shape(self) -> Shape:
        """What the layer itself gives, before those that were fused into it."""
        return self.fused[0].given if self.fused else self.shape

    @property
    def parameter_count(self) -> int:
        """Of trained values."""
        return sum(p.count for p in self.parameters)


@dataclass(frozen=True)
class Group:
    """The nodes first … behind, which one line has made: a repeat, a block's use, a join or a path.

    `text` are the line's words, `times` how often a repeat has done it, `depth` the number of
    groups around it, `written` the name that the line gives, if any.
    """

    kind: str
    name: str
    text: str
    first: int
    behind: int
    times: int
    line: int
    file: str
    depth: int
    written: str = ""


@dataclass(frozen=True)
class Graph:
    """The layers, each behind those that it reads; the first is the input, the last the output.

    `source` is the text of the file, `imports` those of the files that it imports, by path. The
    `groups` are those of the checked file's nodes, in the order in which they begin, outer ones
    first; passes do not keep them. What `search` says is no part of the
    net, nor of how it is trained.
    """

    nodes: tuple[Node, ...]
    data: Data | None
    train: Train | None
    source: str = field(repr=False)
    augment: Augment | None = None
    imports: Mapping[str, str] = field(default_factory=dict, repr=False)
    groups: tuple[Group, ...] = field(default=(), compare=False, repr=False)
    search: Search | None = field(default=None, compare=False, repr=False)

    @property
    def input(self) -> Shape:
        return self.nodes[0].shape

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What a row holds, one input after the other."""
        inputs: tuple[Input, ...] = self.nodes[0].arguments["inputs"]
        return inputs

    @property
    def output(self) -> Shape:
        return self.nodes[-1].shape

    @property
    def answers(self) -> Answers:
        """What the net answers: its loss tells, or what the data predict."""
        loss = self.train.loss if self.train is not None else None
        return answers_of(loss, self.data, self.output)

    @property
    def gives_images(self) -> bool:
        """Whether it answers with the image that it sees."""
        return self.data is not None and self.data.itself

    @property
    def parameter_count(self) -> int:
        return sum(node.parameter_count for node in self.nodes)

    @property
    def consumers(self) -> dict[str, tuple[Node, ...]]:
        """For each node, those that read it."""
        found: dict[str, tuple[Node, ...]] = {node.name: () for node in self.nodes}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found[name] = (*found[name], node)
        return found

    def text_of(self, node: Node) -> str:
        """The line that a node stands for, without its comment."""
        lines = (self.imports[node.file] if node.file else self.source).split("\n")
        return lines[node.line - 1].split("#")[0].strip() if 0 < node.line <= len(lines) else ""

    def with_nodes(self, nodes: tuple[Node, ...]) -> "Graph":
        return replace(self, nodes=nodes, groups=())


def bare_shape(graph: Graph) -> Shape:
    """The shape of the data's images: the input without the `pad` of the data section. A vector
    that takes pictures of one size has their shape."""
    return bare_input(graph.input, graph.data)


def bare_input(shape: Shape, data: Data | None) -> Shape:
    """The same for an input of a shape."""
    if data is None:
        return shape
    if len(shape) == 1 and data.resize is not None:
        height, width = data.resize
        channels = shape[0] // (height * width)
        exact = channels in (1, 3) and shape[0] == channels * height * width
        return (channels, height, width) if exact else shape
    if len(shape) != 3:
        return shape
    return shape[0], shape[1] - 2 * data.pad[0], shape[2] - 2 * data.pad[1]


def draw(graph: Graph) -> str:
    """The graph as text, one node a line, for `lenet compile --emit graph`."""
    lines = []
    for node in graph.nodes:
        known = {k: v for k, v in node.arguments.items() if k != "inputs"}
        arguments = " ".join(f"{k}={_show(v)}" for k, v in known.items() if v is not None)
        arguments += _show_inputs(node.arguments.get("inputs", ()))
        inputs = f"({', '.join(node.inputs)})"
        lines.append(f"{node.name} = {node.kind}{inputs} {arguments}".rstrip())
        if node.folded:
            lines[-1] += f" folding ({', '.join(part.name for part in node.folded)})"
        if node.fused:
            lines[-1] += f" with ({', '.join(part.name for part in node.fused)})"
        lines[-1] += f" -> {show(node.shape)}"
        for p in node.parameters:
            fixed = "" if p.trained else ", not trained"
            fixed += "" if p.mask is None else f", {p.count} trained"
            lines.append(f"    {node.name}.{p.name}: {show(p.shape)}{fixed}")
    for section in (graph.data, graph.augment, graph.train):
        if section is not None:
            lines.append(str(section))
    return "\n".join(lines) + "\n"


def _show_inputs(inputs: tuple[Input, ...]) -> str:
    """Those that are more than plain sizes."""
    told = [i for i in inputs if i.kind or len(inputs) > 1]
    return "".join(
        f" {i.name or 'input'}:{i.kind or show(i.shape)}{f' of {i.of}' if i.of else ''}"
        for i in told
    )


def _show(value: Any) -> str:
    if isinstance(value, tuple):
        return show(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
