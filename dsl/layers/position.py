"""position: what tells the steps of a sequence from each other."""

from math import cos, sin

from lenet.dsl.initial import INITIAL
from lenet.dsl.registry import Argument, Arguments, Context, Layer, Parameter, kept
from lenet.dsl.sequences import steps_of
from lenet.dsl.shapes import Shape
from lenet.dsl.weights import REGULARIZED


def _infer(context: Context) -> Shape:
    steps_of(context)
    return context.input


def waves(channels: int, steps: int) -> tuple[float, ...]:
    """Channel by channel, the sine or, in each second channel, the cosine of each step's number
    over a power of 10,000 (Vaswani et al. 2017, section 3.5)."""
    values = []
    for channel in range(channels):
        length = 10000.0 ** ((channel - channel % 2) / channels)
        wave = cos if channel % 2 else sin
        values += [wave(step / length) for step in range(steps)]
    return tuple(values)


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    if arguments["values"] == "waves":
        return (Parameter("weight", given, initial=waves(*given), trained=False),)
    return (Parameter("weight", given, initial=INITIAL["normal"].use(deviation=0.02)),)


LAYER = Layer(
    name="position",
    summary="Adds a trained vector to each step of a sequence, so that layers which look at all "
    "steps alike, such as `attention`, know where each one stands. `position waves` adds sines and "
    "cosines of many lengths, which are not trained.",
    example="position",
    arguments=(
        Argument("values", "trained vectors, or sines and cosines of the step's number", "choice",
                 words=("trained", "waves"), default="trained"),
    ),
    options=REGULARIZED,
    source="Vaswani et al. 2017, Attention is all you need",
    infer=_infer,
    parameters=_parameters,
    aliases=("positionalencoding", "positional_encoding", "positionalembedding", "posembed",
             "positionembedding", "position_embedding", "positionencoding"),
    family="dense",
    steps=True,
    shortens=kept,
)  # fmt: skip
