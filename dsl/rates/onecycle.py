"""onecycle: the rate climbs to its peak and falls to almost nothing."""

from dataclasses import replace

from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

_PART = Option("start", "what it begins with, as a part of the peak", default=0.04, high=1)

SCHEDULE = Schedule(
    name="onecycle",
    summary="the rate, its peak, is reached in half a cosine during the `warmup`, or else during "
    "30% of the training, and falls in another one to the end: for short trainings at high rates",
    example="rate 0.5 onecycle momentum 0.95 to 0.85 warmup 3 epochs",
    formula="r * (s + (1 - s) * (1 - cos(pi * t / W)) / 2) while t < W, then "
    "r * (e + (1 - e) * (1 + cos(pi * (t - W) / (T - W))) / 2), with s = start and e = end; the "
    "momentum a to b is a + (b - a) * (1 - cos(pi * t / W)) / 2, then "
    "b + (a - b) * (1 - cos(pi * (t - W) / (T - W))) / 2",
    source="Smith and Topin 2019, Super-convergence; with the cosines of fastai and PyTorch",
    options=(
        _PART,
        replace(_PART, name="end", summary="what it ends with, as a part of the peak",
                default=0.000004),
        Option("momentum", "what the momentum is at the beginning and at the end, and what it is "
               "at the peak, as in `momentum 0.95 to 0.85`: it goes the other way, whatever the "
               "optimizer's line says of it; that of adam and its kin is beta1",
               "fall", (), low=0.001, high=1, what="the momentum"),
    ),
    terms={"to": "between the momentum at the ends and that at the peak, as in `momentum 0.95 to "
           "0.85`"},
    needs_an_end=True,
    climbs=0.3,
    cycles="momentum",
    aliases=("onecyclelr", "one_cycle", "1cycle", "fit_one_cycle"),
)  # fmt: skip
