"""cosine: the angle between the net's numbers and the right ones."""

from lenet.dsl.losses import Loss
from lenet.dsl.messages import wording as messages

LOSS = Loss(
    name="cosine",
    summary="one minus the cosine of the angle between the net's numbers and the right ones, for "
    "vectors whose length does not matter",
    example="loss cosine",
    formula="1 - sum(x * y) / (max(|x|, 1e-8) * max(|y|, 1e-8))",
    source="PyTorch's CosineEmbeddingLoss with target 1; Keras' CosineSimilarity is -1 less",
    answers="numbers",
    takes="scores",
    unfit=messages.takes_numbers("cosine"),
    aliases=("cosinesimilarity", "cosine_similarity", "cosineembeddingloss", "cosineproximity",
             "cosinedistance", "cosinedistancecriterion"),
)  # fmt: skip
