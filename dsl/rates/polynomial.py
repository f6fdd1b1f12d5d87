"""polynomial: the rate falls to 0 by a power of what is left of the training."""

from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

SCHEDULE = Schedule(
    name="polynomial",
    summary="the rate falls to 0 by this power of the part of the training that is left",
    example="rate 0.1 polynomial 2",
    formula="r * (1 - (t - W) / (T - W))^power",
    source="Caffe's and BigDL's policy `poly`; PyTorch's PolynomialLR",
    values=(Option("power", "of what is left", default=None, low=1e-3, high=1e3),),
    needs_an_end=True,
    aliases=("poly", "polylr", "polynomiallr", "polynomialdecay"),
)
