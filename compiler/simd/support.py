"""Kernels that are the same for every net: lanes to rows, images to values, random keys."""

import numpy as np

from lenet.compiler.simd.anywhere import load_any, store_any
from lenet.compiler.simd.kernel import linked
from lenet.compiler.simd.splitmix import FIRST, SECOND
from lenet.compiler.simd.transpose import turn_any
from lenet.compiler.simd.vector import load, splat, store


@linked
def unpack(arena, outputs, first, count, y):
    """The lanes of a block's output vector as rows of `outputs`."""
    for place in range(outputs.shape[1]):
        for lane in range(count):
            outputs[first + lane, place] = arena[y + place * 16 + lane]


@linked
def take_slopes(arena, slopes, first, count, dy):
    """Rows of `slopes`, gradients of the outputs, into a block's lanes; lanes without one are 0."""
    for place in range(slopes.shape[1]):
        for lane in range(16):
            value = slopes[first + lane, place] if lane < count else np.float32(0)
            arena[dy + place * 16 + lane] = value


@linked
def add_maps(arena, total, one, other, places):
    """The sum of two gradients of the same output, from two layers that read it."""
    for place in range(0, places * 16, 16):
        store(arena, total + place, load(arena, one + place) + load(arena, other + place))


@linked
def copy(arena, to, start, floats):
    """Some floats at `start` to `to`; sixteen divides all three."""
    for place in range(0, floats, 16):
        store(arena, to + place, load(arena, start + place))


@linked
def copy_any(arena, to, start, floats):
    """Any number of floats at `start` to `to`, wherever these are."""
    whole = floats - floats % 16
    for place in range(0, whole, 16):
        store_any(arena, to + place, load_any(arena, start + place))
    for place in range(whole, floats):
        arena[to + place] = arena[start + place]


@linked
def fill_any(arena, to, floats, value):
    """The value, any number of times, at `to`, wherever that is."""
    whole = floats - floats % 16
    for place in range(0, whole, 16):
        store_any(arena, to + place, splat(value))
    for place in range(whole, floats):
        arena[to + place] = value


@linked
def turn_map(arena, x, y, x_row, y_row, columns, first, end):
    """y[column, row] = x[row, column] for the rows from `first` up to `end`, sixteen by sixteen;
    rows lie `x_row` and `y_row` floats apart."""
    for row in range(first, end, 16):
        for column in range(0, columns, 16):
            if row + 16 <= end and column + 16 <= columns:
                turn_any(arena, x + row * x_row + column, x_row, y + column * y_row + row, y_row)
            else:
                for r in range(row, min(row + 16, end)):
                    for c in range(column, min(column + 16, columns)):
                        arena[y + c * y_row + r] = arena[x + r * x_row + c]


@linked
def clear(values, first, last):
    """Zeros from `first` up to `last`."""
    for place in range(first, last):
        values[place] = 0


@linked
def clear_rows(values, first, rows, width, marks):
    """Zeros in those of a table's rows that are marked, and no marks."""
    for row in range(rows):
        if values[marks + row] != 0:
            values[marks + row] = 0
            for place in range(first + row * width, first + row * width + width):
                values[place] = 0


@linked
def take_image(arena, pixels, row, scale, shift, x, unit, each):
    """pixels[row] * scale + shift at arena[x:], of the unit with that number, which has `each`
    values; whether all is finite."""
    finite = True
    size = pixels.shape[1] // scale.size
    first, end = unit * each, min(unit * each + each, pixels.shape[1])
    for channel in range(first // size, (end + size - 1) // size):
        for place in range(max(first, channel * size), min(end, channel * size + size)):
            value = np.float32(pixels[row, place]) * scale[channel] + shift[channel]
            finite &= value - value == np.float32(0)
            arena[x + place] = value
    return finite


@linked
def give_outputs(arena, y, row, outputs):
    """One image's outputs at arena[y:], as the row `row` of `outputs`."""
    for place in range(outputs.shape[1]):
        outputs[row, place] = arena[y + place]


@linked
def make_keys(arena, first, count, key, keys):
    """A random number a lane, from the key of its image."""
    view = arena[keys : keys + 16].view(np.uint32)
    for lane in range(16):
        h = key[first + lane] if lane < count else np.uint64(0)
        h = (h ^ (h >> np.uint64(30))) * FIRST
        h = (h ^ (h >> np.uint64(27))) * SECOND
        view[lane] = np.uint32((h ^ (h >> np.uint64(31))) & np.uint64(0xFFFFFFFF))
