"""What a teacher says, mixed into the kernel of a loss of classes: distillation.

Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a neural network", section 2. With z the
logarithms of the student's probabilities, v those of the teacher's, and T the temperature,
s = softmax(z / T) and q = softmax(v / T), and the loss of an image is

    (1 - share) * hard + share * T² * sum(q * (log q - log s))

whose slope by z is (1 - share) * the hard one's + share * T * (s - q). The factor T² keeps both
parts as large as they are without a temperature. No exponent can overflow, since logarithms of
probabilities are at most 0, and the largest at least minus that of the number of classes.
"""

from lenet.dsl.training.values import Teach

_SOFT = """
    # The teacher's part: its logarithms lie in dy while they are needed.
    totals[0] = hard_before + {hard!r} * (totals[0] - hard_before)
    cooled = splat(np.float32({cooled!r}))
    own_total, taught_total = splat(np.float32(0)), splat(np.float32(0))
    for place in range({classes}):
        hard_slope = load(arena, dy + place * 16)
        for lane in range(count):
            arena[dy + place * 16 + lane] = soft[rows[first + lane], place]
        taught_total = taught_total + exp(load(arena, dy + place * 16) * cooled)
        store(arena, dy + place * 16, hard_slope)
        own_total = own_total + exp(load(arena, y + place * 16) * cooled)
    own_total, taught_total = log(own_total), log(taught_total)
    divergence = splat(np.float32(0))
    for place in range({classes}):
        hard_slope = load(arena, dy + place * 16)
        for lane in range(count):
            arena[dy + place * 16 + lane] = soft[rows[first + lane], place]
        taught = load(arena, dy + place * 16) * cooled - taught_total
        own = load(arena, y + place * 16) * cooled - own_total
        likely = exp(taught)
        divergence = divergence + likely * (taught - own)
        store(arena, dy + place * 16, splat(np.float32({slope!r})) * (exp(own) - likely))
{weigh}        soft_slope = load(arena, dy + place * 16)
        store(arena, dy + place * 16, splat(np.float32({hard!r})) * hard_slope + soft_slope)
    hard_slope = load(arena, dy)
    store(arena, dy, divergence)
    for lane in range(count):
        totals[0] += {factor!r} * {times}arena[dy + lane]
    store(arena, dy, hard_slope)
    for place in range({classes}):
        for lane in range(count, 16):
            arena[dy + place * 16 + lane] = np.float32(0)
"""
_WEIGH = """\
        for lane in range(count):
            arena[dy + place * 16 + lane] *= {counts}
"""


def taught_kernel(source: str, classes: int, teach: Teach, counts: str) -> str:
    """The `source` of a loss, with the teacher's part behind it; `counts` is an expression of how
    much the image of a lane counts, "" where all count the same."""
    head, doc, body = source.split('"""', 2)
    head = head.replace("rows, first, count", "soft, rows, first, count")
    doc = f"{doc} Both as one of two parts: the other one is a teacher's."
    part = _SOFT.format(
        classes=classes, hard=1 - teach.share, cooled=1 / teach.temperature,
        slope=teach.share * teach.temperature, factor=teach.share * teach.temperature**2,
        times=f"{counts} * " if counts else "",
        weigh=_WEIGH.format(counts=counts) if counts else "",
    )  # fmt: skip
    return f'{head}"""{doc}"""\n    hard_before = totals[0]{body.rstrip()}\n{part}'
