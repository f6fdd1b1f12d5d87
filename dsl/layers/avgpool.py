"""avgpool: the mean of each window."""

from lenet.dsl.registry import Layer, always
from lenet.dsl.sequences import along
from lenet.dsl.windows import ROUND, STRIDE, WINDOW, pool

LAYER = Layer(
    name="avgpool",
    summary="The mean of each window; `avgpool all` gives one number a channel, a vector. A window "
    "that reaches beyond the border, by `round up`, has the mean of its values in the map.",
    example="avgpool 2",
    arguments=(WINDOW,),
    options=(STRIDE, ROUND),
    infer=along(pool),
    aliases=("avgpool2d", "averagepooling2d", "avg_pool", "meanpool", "spatialaveragepooling"),
    phrases={
        "globalavgpool2d": "avgpool all",
        "globalaveragepooling2d": "avgpool all",
        "adaptiveavgpool2d": "avgpool all",
    },
    family="pooling",
    ends=always,
    pools="mean",
)
