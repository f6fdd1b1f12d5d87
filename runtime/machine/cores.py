"""Whether this machine has what a training needs."""

from lenet.compiler.machine import available_cores, available_memory, total_memory
from lenet.dsl.errors import LenetError

__all__ = ["available_cores", "available_memory", "check_memory", "total_memory"]


def check_memory(needed: int) -> None:
    """LenetError where a net's buffers, in bytes, are more than this process may have."""
    memory = total_memory()
    if memory and needed > memory:
        raise LenetError(
            "the training would not fit into this machine's memory",
            f"Its buffers need {needed / 2**30:,.1f} GiB, the machine or its container has "
            f"{memory / 2**30:,.1f}.",
            "make the net smaller, or use fewer threads",
        )
