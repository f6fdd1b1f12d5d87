"""normal: weights from a normal distribution around 0."""

from lenet.dsl.initial import Initial
from lenet.dsl.vocabulary import Option

INITIAL = Initial(
    name="normal",
    summary="weights begin as numbers from a normal distribution around 0, with this deviation",
    example="conv 6x5x5 init normal 0.01",
    formula="N(0, deviation^2)",
    values=(Option("deviation", "its standard deviation", default=None, high=3e38),),
    aliases=("gaussian", "normal_", "randomnormal"),
)
