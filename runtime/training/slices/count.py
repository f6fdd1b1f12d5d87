"""How many slices a batch is cut into, and the memory that this takes."""

from lenet.compiler.program import Program
from lenet.compiler.target import LANES
from lenet.dsl.graph import Graph
from lenet.runtime.training.slices.pieces import buffer_floats

ROWS = 32  # least rows of a full batch in a slice: two blocks
USUAL = 32  # slices, of which each then gets more rows; and beyond that more slices
MOST = 8192  # whose sums of gradients fit into 64 bits; see compiler/optimizers/exact.py
# A slice reads all parameters and writes a gradient for each. Where they are many, and few
# multiply-adds for each of them in an image, that takes longer than the multiply-adds, unless a
# slice has more rows.
_MANY, _FEW = 2**16, 2
# Multiply-adds of an image of which a block of sixteen is worth a thread of its own: such nets are
# trained in small batches.
_HEAVY = 2**26
KEPT = 2  # gradients that a thread keeps until they are added together
_EXCHANGED = 2**22  # sums that are on their way at once: larger nets send some after the others


def slice_count(batch: int, least: int = ROWS) -> int:
    """From the batch size and `least_rows` alone. It bounds how many threads of all workers can
    share the work."""
    return max(1, min(USUAL, batch // least), min(MOST, batch // (2 * ROWS)))


def least_rows(graph: Graph) -> int:
    """Least rows of a full batch in a slice."""
    parameters, macs = graph.parameter_count, sum(node.macs for node in graph.nodes)
    if macs >= _HEAVY:
        return LANES
    return 2 * ROWS if parameters > _MANY and macs < _FEW * parameters else ROWS


def training_bytes(
    program: Program, batch: int, slices: int, threads: int, states: int = 2, workers: int = 1
) -> int:  # fmt: skip
    """The memory that training needs in one of some workers, beside its images, with an optimizer
    of so many states: arenas, what they share, gradients, or what those that are late are made of,
    exact sums of those that are not kept, and of what others have, the weights and the
    optimizer's."""
    size, images, own = program.parameter_count, -(-batch // slices), -(-slices // workers)
    busy = min(threads, own)
    gradients, sums = own, 0
    late = sum(span.end - span.offset for span in program.late)
    if len(program.phases) > 1:
        arenas = own * program.slice_floats(images)
    else:
        arenas = busy * program.train_floats
        most = 1 if program.tables else KEPT
        gradients = busy * min(most, -(-own // busy))
        sums = busy if program.tables or own > busy * most else 0
    floats = arenas + gradients * (program.gradient_floats - late)
    floats += own * -(-images // LANES) * program.factor_floats + busy * buffer_floats(program, own)
    floats += states * size + program.weight_count + program.ready_floats
    exchanged = size + 2 * min(size, _EXCHANGED) if workers > 1 else 0
    return 4 * floats + 8 * ((size - late) * sums + exchanged)
