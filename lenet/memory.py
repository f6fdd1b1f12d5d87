"""Whether this machine has the memory that a net's training needs."""

from lenet.dsl.check import Checked
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.shapes import product
from lenet.dsl.syntax.tree import Line, Span
from lenet.runtime.machine.cores import total_memory
from lenet.shapes import memory

_LEAST = 16  # images of a batch that is proposed


def memory_warnings(checked: Checked) -> list[Diagnostic]:
    """A warning at the section `train` of a net that is too large for this machine."""
    graph, statements = checked.graph, checked.tree.statements
    section = next(
        (s for s in statements if isinstance(s, Line) and s.keyword.text == "train"), None
    )
    available = total_memory()
    if graph is None or section is None or graph.train is None or not available:
        return []
    batch = graph.train.batch
    values = sum(product(node.shape) for node in graph.nodes)
    # More than a training can need, without asking the compiler for its plan.
    if 64 * graph.parameter_count + 16 * values * (batch + 1024) < available:
        return []
    _, training, _ = memory(graph)  # since it computes again what it has to
    needed = training(1)
    smaller = [batch // 2**k for k in range(1, batch.bit_length()) if batch // 2**k >= _LEAST]
    fits = next((other for other in smaller if training(1, other) < available), None)
    span = Span(section.span.line, section.span.column, section.span.end_column)
    less = (fits, training(1, fits)) if fits is not None else None
    warning = messages.too_much_memory(span, needed, available, less)
    return [warning] if needed > available and not checked.allows(warning) else []
