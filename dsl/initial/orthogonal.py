"""orthogonal: rows of weights that are perpendicular to each other."""

from lenet.dsl.initial import Initial
from lenet.dsl.vocabulary import Option

INITIAL = Initial(
    name="orthogonal",
    summary="the weights of the outputs begin perpendicular to each other and of length 1, or "
    "those of the inputs where there are fewer; `orthogonal gain 2` makes them twice as long",
    example="linear 84 init orthogonal",
    formula="gain * Q, of the decomposition Q R of a matrix of N(0, 1), the diagonal of R positive",
    source="Saxe et al. 2014, Exact solutions to the nonlinear dynamics of learning in deep linear "
    "neural networks",
    options=(Option("gain", "the length of the rows", default=1.0, high=3e38),),
    aliases=("orthogonal_",),
)
