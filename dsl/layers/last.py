"""last: the values of the last step of a sequence."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Arguments, Context, Layer
from lenet.dsl.shapes import Shape


def _always(arguments: Arguments) -> bool:
    return True


def _infer(context: Context) -> Shape:
    if len(context.input) != 2:
        span, name = context.line.keyword.span, context.line.keyword.text
        raise Refused(messages.needs_sequence(span, name, context.input, context.source))
    return context.input[:1]


LAYER = Layer(
    name="last",
    summary="The values of the last step of a sequence, a vector; of a text, of its last word.",
    example="last",
    infer=_infer,
    aliases=("laststep", "last_step", "selecttimestep"),
    family="shape",
    steps=True,
    ends=_always,
)
