"""Numbers in as few bytes as they need, there and back."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lenet.compiler.optimizers.packed import most_bytes, packed, unpacked


def there_and_back(values: np.ndarray) -> int:
    """The bytes that they took."""
    space = np.full(most_bytes(values.size), 0xAB, np.uint8)
    data = packed(values, space)
    found = np.full(values.size, 7, np.int64)
    assert unpacked(data, found, adds=False)
    assert (found == values).all()
    with np.errstate(over="ignore"):
        assert unpacked(data, found, adds=True)
        assert (found == values + values).all()
    return int(data.size)


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 1023, 1024, 1025, 5000])
def test_numbers_of_each_size(count: int) -> None:
    random = np.random.default_rng(count)
    for bits in range(64):
        values = random.integers(-(2**bits), 2**bits - 1, count, np.int64, endpoint=True)
        values[:1], values[1:2] = -(2**bits), 2**bits - 1
        if count < 16:
            assert there_and_back(values) == 8 * count
            continue
        rest, blocks = count % 16, -(-(count - count % 16) // 1024)
        width = (bits + 8) // 8  # with a sign
        # The first block has the largest numbers; others may have smaller ones only.
        assert there_and_back(values) <= blocks + (count - rest) * width + 8 * rest
        if count <= 1025:
            assert there_and_back(values) == blocks + (count - rest) * width + 8 * rest


# The first numbers may have to wait for the compiler.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=70))
def test_any_numbers(numbers: list[int]) -> None:
    there_and_back(np.array(numbers, np.int64))


def test_nothing_takes_no_bytes() -> None:
    """Of layers that are not trained, say; and each block has its own."""
    values = np.zeros(4 * 1024, np.int64)
    assert there_and_back(values) == 4
    values[3000] = -1
    assert there_and_back(values) == 4 + 1024


def test_what_is_not_so_many_numbers_is_seen() -> None:
    values = np.arange(-2000, 3003)
    data = packed(values, np.zeros(most_bytes(values.size), np.uint8)).copy()
    found = np.zeros(values.size, np.int64)
    for wrong in (data[:-1], data[:0], data[:3], np.append(data, data[:1]), data[: data.size // 2]):
        assert not unpacked(wrong, found, adds=False)
    for width in (9, 255):
        data[2] = width
        assert not unpacked(data, found, adds=True)
