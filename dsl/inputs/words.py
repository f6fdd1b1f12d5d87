"""words: a text, word by word."""

from lenet.dsl.inputs import InputKind

INPUT = InputKind(
    name="words",
    summary="a text of at most so many words, of which the most frequent are known; for `embed` or "
    "`bag`",
    example="input 60 words of 10000",
    line="text",
    number="before",
    codes=True,
    many=True,
    usual=10_000,
    aliases=("word", "tokens", "token"),
)
