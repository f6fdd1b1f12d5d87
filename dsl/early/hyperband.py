"""hyperband: successive halving, from several first steps."""

from lenet.dsl.early import FACTOR, Early

EARLY_STOP = Early(
    name="hyperband",
    summary="successive halving of several kinds at once, whose first stop comes after the first "
    "validation, later, or never: for trials that begin badly and end well",
    example="early hyperband",
    source="Li et al. 2018, Hyperband",
    aliases=("bohb", "hyperbandpruner"),
    options=(FACTOR,),
)
