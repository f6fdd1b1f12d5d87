"""Exact sums over slices, threads and workers, and what happens where they leave their range."""

from dsl.errors import LenetError

# The mean loss is summed in fixed point too: 1,024 slices of less than 2**13 fit into 63 bits.
LOSS_UNIT = 2.0**40
_LOSS_LIMIT = 2.0**13


def diverged(detail: str) -> LenetError:
    fix = "lower the `rate`, or add `normalize` to the data section"
    return LenetError("the training diverged", detail, fix)


def check_range(in_range: bool) -> None:
    if not in_range:
        raise diverged("A gradient or the loss is not a finite number, or beyond all reason.")


def exact_loss(loss: float) -> int:
    """A slice's part of the mean loss in fixed point."""
    check_range(abs(loss) < _LOSS_LIMIT)
    return round(loss * LOSS_UNIT)
