"""stochasticdepth: a path is left out for random images, in training only."""

from lenet.dsl.registry import Argument, Layer

LAYER = Layer(
    name="stochasticdepth",
    summary="In training, all values of an image are 0 with this probability, and else grow to "
    "match: at the end of a `path` of an `add`, it leaves the path out for random images.",
    example="stochasticdepth 0.2",
    arguments=(
        Argument("probability", "the part of the images that is dropped", "real", high=1.0),
    ),
    source="Huang et al. 2016, Deep networks with stochastic depth",
    aliases=("droppath", "drop_path", "stochastic_depth"),
    family="regularization",
    channels="kept",
    in_paths=True,
)
