"""top: how often the right class is one of the likeliest."""

from lenet.dsl.metrics import Metric
from lenet.dsl.vocabulary import Option

FIRST = Option(
    "first",
    "among so many likeliest classes",
    kind="whole",
    default=None,
    low=1,
    what="the number of likeliest classes",
)
METRIC = Metric(
    name="top",
    summary="the part of the images whose right class is among so many likeliest ones, as in "
    "`top 3`",
    example="validate top 3 every epoch",
    formula="the mean of 1 where fewer than so many of p lie before p[y], and of 0 else",
    values=(FIRST,),
    below_classes=FIRST.name,
    aliases=("topk", "topkaccuracy", "top_k_categorical_accuracy", "top_k_accuracy"),
    phrases={f"top{count}": f"top {count}" for count in (2, 3, 4, 10)},
)
