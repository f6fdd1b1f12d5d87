"""Sizes that kernels and the passes before them share; without numba, which is slow to load."""

WINOGRAD = 6  # edge of a transformed tile: 4 x 4 outputs of a 3 x 3 kernel, 2 x 2 of a 5 x 5


def winograd_tiles(height: int, width: int, kernel: int) -> tuple[int, int]:
    """Rows and columns of the tiles that cover an output of `height` x `width`."""
    step = WINOGRAD - kernel + 1
    return -(-height // step), -(-width // step)
