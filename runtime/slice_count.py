"""How many slices a batch is cut into, and the memory that this takes."""

from compiler.program import Program

ROWS = 32  # least rows of a full batch in a slice: two blocks
USUAL = 32  # slices, of which each then gets more rows; and beyond that more slices
MOST = 1024


def slice_count(batch: int) -> int:
    """From the batch size alone. It bounds how many threads of all workers can share the work."""
    return max(1, min(USUAL, batch // ROWS), min(MOST, batch // (2 * ROWS)))


def training_bytes(program: Program, batch: int, threads: int) -> int:
    """The memory that training needs beside its images."""
    count = slice_count(batch)
    return program.planned_bytes(threads, count, -(-batch // count))
