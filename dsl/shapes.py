"""Shapes: channels x height x width, or one number."""

from collections.abc import Sequence

Shape = tuple[int, ...]


def show(shape: Sequence[int]) -> str:
    """A shape as the language writes it: 6x24x24."""
    return "x".join(str(size) for size in shape)


def product(shape: Sequence[int]) -> int:
    """How many values a shape has."""
    total = 1
    for size in shape:
        total *= size
    return total
