"""dropout: a random part of the values becomes 0, in training only."""

from lenet.dsl.registry import Argument, Layer, kept

LAYER = Layer(
    name="dropout",
    summary="In training, each value is 0 with this probability, and the others grow to match; "
    "with `dropout channels 0.5`, whole channels are.",
    example="dropout 0.5",
    arguments=(Argument("probability", "the part that is dropped", "real", low=0.0, high=1.0),),
    options=(
        Argument(
            "channels", "all values of a channel are dropped together; it may stand first",
            "switch", optional=True,
        ),
    ),
    source="Srivastava et al. 2014, Dropout; for channels Tompson et al. 2015, Efficient object "
    "localization using convolutional networks",
    phrases=dict.fromkeys(
        ("dropout2d", "spatialdropout", "spatialdropout2d", "spatial_dropout"), "dropout channels"
    ),
    family="regularization",
    channels="kept",
    shortens=kept,
)  # fmt: skip
