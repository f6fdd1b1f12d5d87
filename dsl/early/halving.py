"""halving: twice on its way, only the best third go on."""

from lenet.dsl.early import FACTOR, Early

EARLY_STOP = Early(
    name="halving",
    summary="after a ninth of its validations, and again after a third, a trial goes on if it is "
    "among the best third of those that came so far: successive halving",
    example="early halving",
    source="Li et al. 2020, A system for massively parallel hyperparameter tuning",
    aliases=("asha", "successive_halving", "successivehalving", "successivehalvingpruner"),
    options=(FACTOR,),
    usual=True,
)
