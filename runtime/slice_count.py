"""How many slices a batch is cut into, and the memory that this takes."""

from compiler.program import Program

ROWS = 32  # least rows of a full batch in a slice: two blocks
MOST = 32


def slice_count(batch: int) -> int:
    """From the batch size alone."""
    return max(1, min(MOST, batch // ROWS))


def training_bytes(program: Program, batch: int, threads: int) -> int:
    """The memory that training needs beside its images."""
    count = slice_count(batch)
    return program.planned_bytes(threads, count, -(-batch // count))
