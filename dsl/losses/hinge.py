"""hinge: the right class's score should be larger than each other one by a margin."""

from lenet.dsl.losses import WEIGHTS, Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="hinge",
    summary="the margins by which other classes' plain scores come nearer than 1 to the right "
    "class's, on the average of all classes (the multi-class margin of PyTorch and BigDL)",
    example="loss hinge",
    formula="sum of max(0, 1 - x[y] + x[k]) over k other than y, / classes",
    source="Weston and Watkins 1999, Support vector machines for multi-class pattern recognition",
    options=(WEIGHTS,),
    takes="scores",
    unfit=messages.takes_scores("hinge"),
    aliases=("hingeloss", "multimargin", "multimarginloss", "multimargincriterion"),
)
