"""cifar10: small photographs of ten kinds of things."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="cifar10",
    summary="photographs, 50,000 and 10,000 to test",
    example="data cifar10",
    shape=(3, 32, 32),
    classes=10,
    source="Krizhevsky 2009, Learning multiple layers of features from tiny images",
    aliases=(
        "cifar",
        "cifar-10",
    ),
)
