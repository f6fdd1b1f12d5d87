"""Kernels of losses whose answers are numbers, or yes or no: place by place, sixteen images at a
time."""

from textwrap import indent

_KERNEL = '''@Kernel
def loss(arena, targets, {given}rows, first, count, y, dy, totals):
    """Adds the losses; dy is their gradient, 0 without an image."""
    zero, one = splat(np.float32(0)), splat(np.float32(1))
    for place in range({outputs}):
        for lane in range(count):
            arena[dy + place * 16 + lane] = targets[rows[first + lane], {answer}]
        for lane in range(count, 16):
            arena[dy + place * 16 + lane] = np.float32(0)
{before}    for place in range({outputs}):
        value, target = load(arena, y + place * 16), load(arena, dy + place * 16)
{each}        lost, slope = {lost}, {slope}
        store(arena, dy + place * 16, lost)
        for lane in range(count):
            totals[0] += {times}arena[dy + place * 16 + lane]
        store(arena, dy + place * 16, slope)
{weigh}        for lane in range(count, 16):
            arena[dy + place * 16 + lane] = np.float32(0)
'''
WEIGH = """\
        for lane in range(count):
            arena[dy + place * 16 + lane] *= importance[rows[first + lane]]
"""


def numeric_kernel(
    outputs: int, weighted: bool, lost: str, slope: str, each: str = "", before: str = "",
    per_answer: int = 1,
) -> str:  # fmt: skip
    """The source of `loss`. `lost` and `slope` are expressions of `value` (an output) and `target`
    (what it should be), after the lines `each`; `before` are lines for all places at once. Each
    answer has so many outputs."""
    named = {"given": "", "times": "", "weigh": ""}
    if weighted:
        named = {"given": "importance, ", "times": "importance[rows[first + lane]] * "}
        named["weigh"] = WEIGH
    return _KERNEL.format(
        **named, outputs=outputs, lost=lost, slope=slope, each=indent(each, " " * 8),
        before=indent(before, " " * 4), answer=_divided("place", per_answer),
    )  # fmt: skip


def number(value: float) -> str:
    """A constant for all lanes."""
    return f"splat(np.float32({value!r}))"


def _divided(name: str, by: int) -> str:
    return name if by == 1 else f"{name} // {by}"
