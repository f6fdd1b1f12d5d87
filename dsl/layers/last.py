"""last: the values of the last step of a sequence."""

from lenet.dsl.registry import Context, Layer, always
from lenet.dsl.sequences import steps_of
from lenet.dsl.shapes import Shape


def _infer(context: Context) -> Shape:
    channels, _ = steps_of(context)
    return (channels,)


LAYER = Layer(
    name="last",
    summary="The values of the last step of a sequence, a vector; of a text, of its last word.",
    example="last",
    infer=_infer,
    aliases=("laststep", "last_step", "selecttimestep"),
    family="shape",
    channels="kept",
    steps=True,
    ends=always,
)
