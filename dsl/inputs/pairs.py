"""pairs: a text, by its pairs of neighbouring words."""

from lenet.dsl.inputs import InputKind

INPUT = InputKind(
    name="pairs",
    summary="at most so many pairs of neighbouring words of a text (bigrams), of which the most "
    "frequent are known, such as `not good`; for `embed` or `bag`, beside an input of words that "
    "takes the same column",
    example="input 59 pairs of 20000",
    line="text",
    number="before",
    codes=True,
    many=True,
    usual=20_000,
    aliases=("pair", "bigrams", "bigram", "ngrams", "ngram"),
    source="Wang and Manning 2012, Baselines and bigrams: simple, good sentiment and topic "
    "classification",
)
