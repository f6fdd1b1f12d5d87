"""cosine: the rate falls to 0 in half a cosine."""

from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

SCHEDULE = Schedule(
    name="cosine",
    summary="the rate falls to 0 in half a cosine, from where it begins to the end of the "
    "training; or again and again, `restarts every 10 epochs times 2`",
    example="rate 0.1 cosine",
    formula="r * (1 + cos(pi * (t - W) / (T - W))) / 2; with restarts, t - W counts from the last "
    "one, and T - W is the distance to the next one",
    source="Loshchilov and Hutter 2017, SGDR",
    options=(
        Option("restarts", "how often it begins anew, as in `restarts every 10 epochs`",
               "duration", "", before="every"),
        Option("times", "with restarts, each is so many times as far away as the one before",
               default=1.0, low=0.01),
    ),
    fits=lambda use: bool(use["restarts"]) or use["times"] == 1,
    needs_an_end=True,
    endless="restarts",
    aliases=("sgdr", "cosinerestarts", "warmrestarts", "cosineannealingwarmrestarts",
             "cosineannealing", "cosineannealinglr", "cosinedecay"),
)  # fmt: skip
