"""Sequences, channels x steps: a map of one row for the layers that slide over maps."""

from collections.abc import Callable
from dataclasses import replace

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context
from lenet.dsl.shapes import Shape, as_image
from lenet.dsl.windows import DILATE, PAD, STRIDE, WINDOW

CAUSAL = Argument(
    "causal", "of a sequence: each step sees itself and those before it, and none behind", "switch",
    optional=True,
)  # fmt: skip
# One number stands for the steps, this for the only row.
_OF_ROW = {WINDOW.name: 1, STRIDE.name: 1, DILATE.name: 1, PAD.name: 0, "factor": 1, "size": 1}


def steps_of(context: Context) -> tuple[int, int]:
    """The channels and steps of the input of a layer that is for sequences alone."""
    if len(context.input) != 2:
        keyword = context.line.keyword
        raise Refused(
            messages.needs_sequence(keyword.span, keyword.text, context.input, context.source)
        )
    return context.input[0], context.input[1]


def along(infer: Callable[[Context], Shape]) -> Callable[[Context], Shape]:
    """The shape rule of a layer of maps for sequences as well, whose arguments have one number
    along the steps; they are bound as those of a map of one row. Maps and vectors are `infer`'s."""

    def rule(context: Context) -> Shape:
        arguments = context.arguments
        if len(context.input) != 2:
            if arguments.get(CAUSAL.name):
                raise Refused(messages.causal_on_map(context.span(CAUSAL.name), context.input))
            return infer(context)
        for name, row in _OF_ROW.items():
            value = arguments.get(name)
            if isinstance(value, tuple) and name in context.spans:
                arguments[name] = _of_one_row(context, name, value, row)
        for side in ("top", "bottom"):
            if arguments.get(side) is not None:
                what = f"the {side} of `{context.line.keyword.text}`"
                limits = "left out: a sequence has no rows"
                value = arguments[side][0]
                raise Refused(messages.out_of_range(context.span(side), what, value, limits))
        if arguments.get(CAUSAL.name):
            arguments["left"] = (_reach_back(context),)
        shape = infer(replace(context, inputs=(as_image(context.input),)))
        return (shape[0], shape[2]) if len(shape) == 3 else shape

    return rule


def shortened(arguments: Arguments) -> int | None:
    """How many steps fewer a convolution gives that see no padding: None where it adds some, or
    leaves steps out."""
    reach = (arguments["size"][-1] - 1) * (arguments[DILATE.name] or (1,))[-1]
    if arguments[CAUSAL.name]:
        return 0 if arguments[STRIDE.name][-1] == 1 else None
    plain = not any(arguments[PAD.name]) and arguments[STRIDE.name][-1] == 1
    return reach if plain or reach == 0 else None


def _of_one_row(context: Context, name: str, value: Shape, row: int) -> Shape:
    """An argument's numbers for a map of one row; `size` may begin with the channels."""
    front = value[:-1] if name == "size" else ()
    if len(value) - len(front) != 1 or len(front) > 1:
        what = f"the {name} of `{context.line.keyword.text}`"
        expected = "channels x steps" if name == "size" else "one number, along the steps"
        got = "x".join(map(str, value))
        raise Refused(messages.wrong_value(context.span(name), what, expected, got))
    return (*front, row, value[-1])


def _reach_back(context: Context) -> int:
    """The steps that a causal kernel sees before its own."""
    for side in (PAD.name, "left", "right"):
        if side in context.spans:
            raise Refused(messages.causal_and_pad(context.span(side)))
    dilate = context.arguments[DILATE.name] or (1,)
    return int((context.arguments["size"][-1] - 1) * dilate[-1])
