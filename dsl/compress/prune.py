"""prune: weights of small size become 0, and stay so while the others are trained on."""

from lenet.dsl.compress import Way

WAY = Way(
    name="prune",
    summary="this share of the weights, the smallest ones, becomes 0; the file and its speed stay "
    "as they are",
    example="lenet compress model.safetensors --prune 0.5",
    source="Han, Pool, Tran and Dally 2015, Learning both weights and connections for efficient "
    "neural networks",
    turn=3,
)
