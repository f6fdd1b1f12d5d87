"""cosine: the rate falls to 0 in half a cosine."""

from lenet.dsl.rates import Schedule

SCHEDULE = Schedule(
    name="cosine",
    summary="the rate falls to 0 in half a cosine, from where it begins to the end of the training",
    example="rate 0.1 cosine",
    formula="r * (1 + cos(pi * (t - W) / (T - W))) / 2",
    source="Loshchilov and Hutter 2017, SGDR",
    needs_an_end=True,
)
