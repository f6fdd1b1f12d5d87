"""Where texts end, from layer to layer."""

from dataclasses import replace

from lenet.dsl.lengths import Length
from lenet.dsl.lower.state import State
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Context, Layer
from lenet.dsl.shapes import Shape


def follow_length(
    state: State, layer: Layer, name: str, inputs: tuple[str, ...], context: Context, shape: Shape
) -> tuple[str, ...]:
    """Keep what is known of the length of a sequence for the node `name`; the inputs, with that of
    the codes where the layer has to know it, which gets the argument `short` then."""
    if layer.reads_codes and context.codes is not None:
        if len(shape) == 2:
            state.lengths[name] = Length(inputs[0])
        return inputs
    lengths = {state.lengths.get(source) for source in inputs}
    length = lengths.pop() if len(lengths) == 1 else None
    if length is None:
        return inputs
    if layer.ends(context.arguments) and not (layer.pools and len(shape) > 1):
        context.arguments["short"] = length.short
        if len(shape) == 2:
            state.lengths[name] = length
        return (*inputs, length.codes)
    fewer = 0 if layer.elementwise or layer.joins else layer.shortens(context.arguments)
    if fewer is not None:
        state.lengths[name] = replace(length, short=length.short + fewer)
    elif len(shape) == 2:
        span = context.line.keyword.span
        context.warnings.append(messages.padding_mixed_in(span, layer.name, length.codes))
    return inputs
