"""What the layers share that go along a sequence with a state: `lstm` and `gru`.

Such a layer may be several: `layers N` of them one behind the other, and `both ways` two side by
side, each with tensors of its own. A tensor's name begins with the number of its layer and with its
way, where there are several: `2.backward.recurrent_weight`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lenet.dsl.initial import INITIAL
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Argument, Arguments, Context, Parameter
from lenet.dsl.shapes import Shape
from lenet.dsl.vocabulary import Use
from lenet.dsl.weights import INIT, REGULARIZED

UNITS = Argument("size", "the number of units: of the values at each step, for each way")
OPTIONS = (
    Argument(
        "both", "a second one goes along the steps from the last to the first: the values of both, "
        "the first one's in front", "switch", optional=True, second="ways",
        aliases=("bidirectional", "bidir", "direction"),
    ),
    Argument(
        "last", "a vector, of what each way gives at the end of its way: of a text, behind its "
        "last word, and going backward, behind its first", "switch", optional=True,
        aliases=("last_step", "return_last"),
    ),
    Argument(
        "layers", "so many, each of which takes what the one before it gives", default=(1,),
        aliases=("num_layers", "stacked", "depth"),
    ),
    INIT,
    *REGULARIZED,
)  # fmt: skip
WAYS = ("forward", "backward")
Bias = tuple[str, int, float | tuple[float, ...]]  # its name, how many numbers, what they are first


def always(arguments: Arguments) -> bool:
    """It needs to know where a text ends, whatever its arguments are."""
    return True


def infer(context: Context) -> Shape:
    """units x steps, or units alone of the last one; twice as many `both ways`."""
    if len(context.input) != 2:
        span, name = context.line.keyword.span, context.line.keyword.text
        raise Refused(messages.needs_sequence(span, name, context.input, context.source))
    values = _values(context.arguments)
    return (values,) if context.arguments["last"] else (values, context.input[1])


@dataclass(frozen=True)
class Part:
    """One way of one layer: what the names of its tensors begin with, and how many values it is
    given at each step."""

    layer: int
    way: str
    prefix: str
    inputs: int


def parts_of(channels: int, arguments: Arguments) -> tuple[Part, ...]:
    """All of a line's, in the order of their tensors."""
    layers, parts = int(arguments["layers"][0]), []
    for layer in range(1, layers + 1):
        inputs = channels if layer == 1 else _values(arguments)
        number = f"{layer}." if layers > 1 else ""
        for way in WAYS if arguments["both"] else WAYS[:1]:
            prefix = number + (f"{way}." if arguments["both"] else "")
            parts.append(Part(layer, way, prefix, inputs))
    return tuple(parts)


def tensors(
    gates: int, biases: Callable[[int], tuple[Bias, ...]]
) -> Callable[[Shape, Arguments], tuple[Parameter, ...]]:
    """The tensors of a layer of so many gates, with the `biases` for a number of units."""

    def parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
        units = int(arguments["size"][0])
        wide = gates * units
        found: list[Parameter] = []
        for part in parts_of(given[0], arguments):
            inputs, initial = part.inputs, arguments["init"]
            found += [
                Parameter(f"{part.prefix}{name}", (wide, count), count, initial or usual,
                          fan_out=wide)
                for name, count, usual in (("input_weight", inputs, _ACROSS),
                                           ("recurrent_weight", units, _ALONG))
            ]  # fmt: skip
            found += [
                Parameter(part.prefix + name, (count,), initial=values)
                for name, count, values in biases(units)
            ]
        return tuple(found)

    return parameters


def macs(gates: int) -> Callable[[Shape, Shape, Arguments], int]:
    """The multiply-adds of a layer of so many gates; what it is given is a sequence, or the same as
    a map of one row."""

    def count(given: Shape, shape: Shape, arguments: Arguments) -> int:
        units = int(arguments["size"][0])
        inputs = sum(part.inputs + units for part in parts_of(given[0], arguments))
        return int(given[-1] * gates * units * inputs)

    return count


def _values(arguments: Arguments) -> int:
    return int(arguments["size"][0]) * (2 if arguments["both"] else 1)


_ACROSS: Use = INITIAL["xavier"].use(distribution="uniform")
_ALONG: Use = INITIAL["orthogonal"].use()
