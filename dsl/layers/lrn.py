"""lrn: local response normalization across channels (Krizhevsky et al. 2012)."""

from lenet.dsl.registry import Argument, Layer

LAYER = Layer(
    name="lrn",
    summary="Each value times (k + alpha / size * the sum of the squares of `size` neighbouring "
    "channels at its place) to the power -beta, as in PyTorch and Caffe. In AlexNet's paper alpha "
    "is not divided: its layer is `lrn 5 alpha 0.0005 k 2`.",
    example="lrn 5",
    arguments=(Argument("size", "how many channels, its own in the middle", default=(5,)),),
    options=(
        Argument("alpha", "factor of the mean of squares", "real", low=1e-12, high=1e6,
                 default=1e-4),
        Argument("beta", "the power", "real", low=1e-6, high=100.0, default=0.75),
        Argument("k", "is added to the squares", "real", low=1e-6, high=1e6, default=1.0,
                 aliases=("bias",)),
    ),
    source="Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural "
    "networks, section 3.3",
    aliases=("localresponsenorm", "localresponsenormalization", "local_response_norm",
             "crosschannellrn", "spatialcrossmaplrn"),
    family="normalization",
    channels="kept",
)  # fmt: skip
