"""characters: a text, character by character."""

from lenet.dsl.inputs import InputKind

INPUT = InputKind(
    name="characters",
    summary="a text of at most so many characters, of which the most frequent are known; for "
    "`embed` or `onehot`",
    example="input 400 characters of 100",
    line="text",
    number="before",
    codes=True,
    many=True,
    usual=128,
    aliases=("chars", "character", "letters"),
)
