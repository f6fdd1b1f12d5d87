"""channels: whole channels and units leave, so that the file becomes that of a smaller net."""

from lenet.dsl.compress import Way

WAY = Way(
    name="channels",
    summary="this share of all channels and units leaves, those whose weights are smallest: the "
    "file becomes that of a smaller net",
    example="lenet compress model.safetensors --channels 0.5",
    source="Li et al. 2017, Pruning filters for efficient convnets; Fang et al. 2023, DepGraph: "
    "towards any structural pruning",
    turn=1,
)
