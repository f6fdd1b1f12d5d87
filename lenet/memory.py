"""Whether this machine has the memory that a net's training needs."""

from dsl import messages
from dsl.diagnostics import Diagnostic
from dsl.graph import Graph
from dsl.shapes import product
from dsl.syntax import Line, Span, Tree
from lenet.shapes import memory
from runtime.cores import total_memory

_LANES = 16


def memory_warnings(graph: Graph, tree: Tree) -> list[Diagnostic]:
    """A warning at the section `train` of a net that is too large for this machine."""
    section = next(
        (s for s in tree.statements if isinstance(s, Line) and s.keyword.text == "train"), None
    )
    available = total_memory()
    if section is None or graph.train is None or not available:
        return []
    batch = graph.train.batch
    values = sum(product(node.shape) for node in graph.nodes)
    # More than a training can need, without asking the compiler for its plan.
    if 64 * graph.parameter_count + 16 * values * (batch + 64 * _LANES) < available:
        return []
    needed, _ = memory(graph)
    span = Span(section.span.line, section.span.column, section.span.end_column)
    return [messages.too_much_memory(span, needed, available)] if needed > available else []
