"""Sizes that kernels and the passes before them share; without numba, which is slow to load."""

from lenet.compiler.target import LANES

WINOGRAD = 6  # edge of a transformed tile: 4 x 4 outputs of a 3 x 3 kernel, 2 x 2 of a 5 x 5
_CACHE = 2**20  # bytes: half of a second-level cache
_LEAST = 4  # tiles for which the transformed weights are read once
_MANY = 2**18  # products of the gradient that a cache does not hold


def winograd_tiles(height: int, width: int, kernel: int) -> tuple[int, int]:
    """Rows and columns of the tiles that cover an output of `height` x `width`."""
    step = WINOGRAD - kernel + 1
    return -(-height // step), -(-width // step)


def winograd_strip(rows: int, columns: int, channels: int) -> int:
    """How many of the `rows` of tiles are transformed and multiplied at a time.

    As many as a cache holds, of all `channels`, inputs and outputs, but at least some tiles: for
    each strip the transformed weights are read again, which costs what the strips gain with 512
    channels. All strips have the same height.
    """
    heights = [n for n in range(1, rows + 1) if rows % n == 0]
    enough = [n for n in heights if n * columns >= _LEAST or n == rows]
    return max((n for n in enough if winograd_bytes(n * columns, channels) <= _CACHE),
               default=enough[0])  # fmt: skip


def winograd_gradient_strip(rows: int, columns: int, inputs: int, outputs: int) -> int:
    """The same for the gradient, which reads and writes all its products for each strip."""
    if winograd_products_are_many(inputs, outputs):
        return rows
    return winograd_strip(rows, columns, inputs + outputs)


def winograd_products_are_many(inputs: int, outputs: int) -> bool:
    """Whether a cache does not hold the products of the gradient, 36 for each pair of channels."""
    return WINOGRAD**2 * inputs * outputs > _MANY


def winograd_bytes(tiles: int, channels: int) -> int:
    """What a block's transformed tiles take, of so many channels."""
    return tiles * channels * WINOGRAD**2 * LANES * 4
