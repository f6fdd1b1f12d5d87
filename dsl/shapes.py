"""Shapes: channels x height x width, channels x steps of a sequence, or one number."""

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


def channels_of(shape: Shape) -> int:
    """How many channels it has; a vector has one."""
    return shape[0] if len(shape) > 1 else 1


def as_image(shape: Shape) -> tuple[int, int, int]:
    """As a map: a sequence and a vector have one row."""
    if len(shape) == 3:
        return shape[0], shape[1], shape[2]
    return (shape[0], 1, shape[1]) if len(shape) == 2 else (1, 1, shape[0])
