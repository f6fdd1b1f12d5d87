"""pieces: a text, by the parts of its words."""

from lenet.dsl.inputs import InputKind

INPUT = InputKind(
    name="pieces",
    summary="at most so many pieces of a text's words, of which the most frequent are known, so "
    "that words of one stem are alike: all that stands in three to six characters of a word, "
    "where `<` is its beginning and `>` its end; for `embed` or `bag`, beside an input of words "
    "that takes the same column",
    example="input 400 pieces of 50000",
    line="text",
    number="before",
    codes=True,
    many=True,
    usual=50_000,
    aliases=("piece", "subwords", "subword", "wordpieces", "wordpiece"),
    source="Bojanowski et al. 2017, Enriching word vectors with subword information",
)
