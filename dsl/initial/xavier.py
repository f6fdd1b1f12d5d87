"""xavier: weights whose layer keeps the deviation of values and of gradients."""

from lenet.dsl.initial import Initial, drawn

INITIAL = Initial(
    name="xavier",
    summary="weights begin around 0 with the deviation sqrt(2 / (inputs + outputs)), so that "
    "values and gradients keep their size; between two bounds, or `xavier normal`",
    example="linear 84 init xavier",
    formula="U(-b, b) with b = sqrt(6 / (inputs + outputs)), or N(0, 2 / (inputs + outputs))",
    source="Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward nets",
    values=drawn("uniform"),
    aliases=("glorot", "glorotuniform", "glorotnormal", "xavieruniform", "xaviernormal"),
)
