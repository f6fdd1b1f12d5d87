"""How many slices a batch is cut into, and the memory that this takes."""

from lenet.compiler.program import Program
from lenet.dsl.graph import Graph

ROWS = 32  # least rows of a full batch in a slice: two blocks
USUAL = 32  # slices, of which each then gets more rows; and beyond that more slices
MOST = 1024
# A slice reads all parameters and writes a gradient for each. Where they are many, and few
# multiply-adds for each of them in an image, that takes longer than the multiply-adds, unless a
# slice has more rows.
_MANY, _FEW = 2**16, 2


def slice_count(batch: int, least: int = ROWS) -> int:
    """From the batch size and `least_rows` alone. It bounds how many threads of all workers can
    share the work."""
    return max(1, min(USUAL, batch // least), min(MOST, batch // (2 * ROWS)))


def least_rows(graph: Graph) -> int:
    """Least rows of a full batch in a slice."""
    parameters, macs = graph.parameter_count, sum(node.macs for node in graph.nodes)
    return 2 * ROWS if parameters > _MANY and macs < _FEW * parameters else ROWS


def training_bytes(
    program: Program, batch: int, slices: int, threads: int, states: int = 2
) -> int:  # fmt: skip
    """The memory that training needs beside its images, with an optimizer of so many states."""
    more = 4 * program.parameter_count * max(0, states - 2)
    return program.planned_bytes(threads, slices, -(-batch // slices)) + more
