"""The shape rules of layers that join paths."""

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Context
from lenet.dsl.shapes import Shape


def equal_shapes(context: Context) -> Shape:
    """All paths give the same shape, and so does their sum or product."""
    _check(context, 0, "they must be the same")
    return context.input


def stacked_channels(context: Context) -> Shape:
    """The channels one after the other; height and width are the same."""
    _check(context, 1, "all but the channels must be the same")
    return (sum(shape[0] for shape in context.inputs), *context.input[1:])


def _check(context: Context, first: int, need: str) -> None:
    shape = context.input
    for number, (other, path) in enumerate(zip(context.inputs, context.paths, strict=True), 1):
        if other[first:] != shape[first:] or len(other) != len(shape):
            raise Refused(
                messages.paths_differ(
                    path.keyword.span,
                    context.line.keyword.text,
                    shape,
                    context.paths[0].keyword.span,
                    other,
                    number,
                    need,
                )  # fmt: skip
            )
