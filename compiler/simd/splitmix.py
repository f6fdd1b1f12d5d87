"""The constants of splitmix64 (G. Steele, D. Lea, C. Flood: Fast Splittable Pseudorandom Number
Generators, 2014): what a state grows by, and what its bits are mixed with."""

import numpy as np

STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
