"""map: maximum a posteriori, with a rubbish class at the distance j."""

from lenet.dsl.losses import WEIGHTS, Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="map",
    summary="maximum a posteriori: the distance to the right class should be small and the others "
    "large, for a net that ends in `rbf` (LeCun et al. 1998, equation 9)",
    example="loss map",
    formula="x[y] + log(exp(-j) + sum(exp(-x))), with j = 0.1",
    options=(WEIGHTS,),
    takes="distances",
    unfit=messages.map_needs_rbf,
    usual_for=("distances",),
    source="LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document "
    "recognition, equation 9",
)
