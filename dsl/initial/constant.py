"""constant: all weights are the same number."""

from lenet.dsl.initial import Initial
from lenet.dsl.vocabulary import Option

INITIAL = Initial(
    name="constant",
    summary="every weight begins as the same number",
    example="linear 10 init constant 0",
    formula="value",
    values=(Option("value", "the number", default=None, low=-3e38, high=3e38),),
    aliases=("constant_", "fill"),
)
