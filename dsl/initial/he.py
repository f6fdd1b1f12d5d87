"""he: weights whose layer keeps the deviation of what passes it and a relu."""

from lenet.dsl.initial import Initial, drawn

INITIAL = Initial(
    name="he",
    summary="weights begin around 0 with the deviation sqrt(2 / inputs), so that values keep their "
    "size through layers with `relu`; from a normal distribution, or `he uniform`",
    example="conv 6x5x5 init he",
    formula="N(0, 2 / inputs), or U(-b, b) with b = sqrt(6 / inputs)",
    source="He et al. 2015, Delving deep into rectifiers",
    values=drawn("normal"),
    aliases=("kaiming", "henormal", "heuniform", "kaimingnormal", "kaiminguniform", "msra"),
)
