"""What is added around a map: on each side, by numbers or by `pad same`."""

from lenet.dsl.shapes import Shape

Sides = tuple[tuple[int, int], tuple[int, int]]  # (above, below), (left, right)


def sides_of(pad: Shape | None) -> Sides:
    """Rows and columns on each side, of a `pad` that a shape rule has bound."""
    above, left, *others = pad or (0, 0)
    below, right = others or (above, left)
    return (above, below), (left, right)


def bound(sides: Sides) -> Shape:
    """The other way round: two numbers, or, where sides differ, above, left, below and right."""
    (above, below), (left, right) = sides
    return (above, left) if (above, left) == (below, right) else (above, left, below, right)


def same(size: int, reach: int, stride: int) -> tuple[int, int]:
    """Before and behind, with which a window that reaches over `reach` places has an output for
    every stride of `size`, the last one included; what is odd goes behind (as in TensorFlow)."""
    total = max(0, (-(-size // stride) - 1) * stride + reach - size)
    return total // 2, total - total // 2


def grown(reach: int, stride: int) -> tuple[tuple[int, int], int]:
    """What a transposed window leaves out before and behind, and what it adds behind, so that its
    output has `stride` places for each one of its input: the other way round of `same`."""
    total = max(0, reach - stride)
    return (total // 2, total - total // 2), max(0, stride - reach)
