"""uniform: weights between two bounds, all as likely."""

from lenet.dsl.initial import Initial
from lenet.dsl.vocabulary import Option

INITIAL = Initial(
    name="uniform",
    summary="weights begin between minus and plus this number, all as likely; without a number, "
    "this is 1 / sqrt(inputs), as without `init`",
    example="conv 6x5x5 init uniform 0.1",
    formula="U(-bound, bound), with 1 / sqrt(inputs) for a bound of 0",
    source="LeCun et al. 1998, Efficient backprop; Torch's and so BigDL's default",
    values=(Option("bound", "the largest weight", high=3e38),),
    aliases=("uniform_", "randomuniform"),
)
