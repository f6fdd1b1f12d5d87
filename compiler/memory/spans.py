"""Parts of a flat array: (first, last) each, where the last is no longer in it."""

from collections.abc import Iterable
from itertools import pairwise

Spans = tuple[tuple[int, int], ...]


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """The same, in order and as few as can be."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


def between(spans: Iterable[tuple[int, int]], size: int) -> Spans:
    """What of 0 … size is in none of the spans."""
    bounds = [0, *(bound for span in sorted(spans) for bound in span), size]
    return tuple((first, last) for first, last in list(pairwise(bounds))[::2] if first < last)


def both(spans: Iterable[tuple[int, int]], others: Spans) -> Spans:
    """What is in both."""
    found = [(max(a, c), min(b, d)) for a, b in spans for c, d in others]
    return tuple((first, last) for first, last in found if first < last)


def cut(spans: Iterable[tuple[int, int]], most: int) -> Spans:
    """The same in parts that are no longer than that."""
    return tuple(
        (first, min(first + most, end)) for start, end in spans for first in range(start, end, most)
    )
