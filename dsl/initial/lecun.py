"""lecun: weights whose layer keeps the deviation of what passes it."""

from lenet.dsl.initial import Initial, drawn

INITIAL = Initial(
    name="lecun",
    summary="weights begin around 0 with the deviation sqrt(1 / inputs), so that values keep their "
    "size through a layer; from a normal distribution, or `lecun uniform`",
    example="linear 84 init lecun",
    formula="N(0, 1 / inputs), or U(-b, b) with b = sqrt(3 / inputs)",
    source="LeCun et al. 1998, Efficient backprop",
    values=drawn("normal"),
    aliases=("lecunnormal", "lecununiform"),
)
