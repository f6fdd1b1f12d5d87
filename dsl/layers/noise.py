"""noise: random numbers are added to the values, in training only."""

from lenet.dsl.registry import Argument, Layer, kept

LAYER = Layer(
    name="noise",
    summary="In training, a random number is added to each value, from a normal distribution with "
    "mean 0 and this deviation.",
    example="noise 0.1",
    arguments=(Argument("deviation", "the size of what is added", "real", high=1e6),),
    source="Bishop 1995, Training with noise is equivalent to Tikhonov regularization",
    aliases=("gaussiannoise", "gaussian_noise"),
    family="regularization",
    channels="kept",
    shortens=kept,
)
