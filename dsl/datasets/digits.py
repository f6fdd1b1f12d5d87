"""digits: 1,797 small handwritten digits, which come with scikit-learn."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="digits",
    summary="scikit-learn's handwritten digits, at hand always",
    example="data digits",
    shape=(1, 8, 8),
    classes=10,
    white=16,
)
