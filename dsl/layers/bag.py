"""bag: how often each word stands in a text."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Context, Layer
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    codes = context.codes
    assert codes is not None
    if codes.entry is None or not codes.entry.many:
        span = context.line.keyword.span
        raise Refused(messages.only_for_kind(span, "bag", "texts", codes))
    return (codes.of,)


LAYER = Layer(
    name="bag",
    summary="How often each word stands in a text, wherever it stands: a vector as long as the "
    "list of words. Unknown words do not count.",
    example="bag",
    infer=_infer,
    aliases=("bagofwords", "bag_of_words", "bow", "countvectorizer"),
    family="shape",
    reads_codes=True,
)
