"""rank: a wide linear layer as two, with fewer units between them."""

from lenet.dsl.compress import Way

WAY = Way(
    name="rank",
    summary="each linear layer whose weights get fewer by it becomes two, with this share of its "
    "rank left out between them",
    example="lenet compress model.safetensors --rank 0.8",
    source="Xue, Li and Gong 2013, Restructuring of deep neural network acoustic models with "
    "singular value decomposition; Denton et al. 2014, Exploiting linear structure within "
    "convolutional networks",
    turn=2,
)
