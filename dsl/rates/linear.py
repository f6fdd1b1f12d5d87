"""linear: the rate goes in a straight line to another one."""

from lenet.dsl.rates import Schedule
from lenet.dsl.vocabulary import Option

SCHEDULE = Schedule(
    name="linear",
    summary="the rate goes in a straight line to this one, from where it begins to the end of the "
    "training",
    example="rate 0.1 linear to 0",
    formula="r + (end - r) * (t - W) / (T - W)",
    source="PyTorch's LinearLR; transformers' linear schedule",
    values=(Option("end", "the rate at the end", default=None, high=3e38, before="to"),),
    terms={"to": "the rate at the end, as in `linear to 0`"},
    needs_an_end=True,
    aliases=("linearlr", "lineardecay"),
)
