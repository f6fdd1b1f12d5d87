"""Sizes that kernels and the passes before them share; without numba, which is slow to load."""

WINOGRAD = 6  # edge of a transformed tile: 4 x 4 outputs of a 3 x 3 kernel, 2 x 2 of a 5 x 5
