"""batchnorm: each channel brought to mean 0 and variance 1, then scaled and shifted."""

from lenet.dsl.registry import Argument, Arguments, Layer, Parameter
from lenet.dsl.shapes import Shape
from lenet.dsl.weights import TRAINED


def _parameters(given: Shape, arguments: Arguments) -> tuple[Parameter, ...]:
    shape = given[:1]
    return (
        Parameter("scale", shape, initial=1.0, pytorch="weight"),
        Parameter("shift", shape, initial=0.0, pytorch="bias"),
        Parameter("mean", shape, initial=0.0, trained=False, pytorch="running_mean"),
        Parameter("variance", shape, initial=1.0, trained=False, pytorch="running_var"),
    )


LAYER = Layer(
    name="batchnorm",
    summary="Each channel to mean 0 and variance 1 over the whole batch, on all workers together, "
    "then times a trained scale plus a trained shift; in prediction with running statistics.",
    example="batchnorm",
    options=(
        Argument(
            "momentum", "the part of a new batch in the running statistics", "real",
            low=0.0, high=1.0001, default=0.1,
        ),
        Argument(
            "epsilon", "is added to the variance", "real", low=1e-8, high=1.0, default=1e-5,
            aliases=("eps",),
        ),
        *TRAINED,
    ),
    parameters=_parameters,
    normalizes=True,
    aliases=("batchnorm2d", "batchnorm1d", "batch_norm", "batchnormalization", "bn",
             "spatialbatchnormalization", "batch_normalize"),
    family="normalization",
    channels="kept",
    takes_in=True,
)  # fmt: skip
