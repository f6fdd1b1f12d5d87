"""cifar100: small photographs of a hundred kinds of things."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="cifar100",
    summary="photographs of a hundred classes, 50,000 and 10,000 to test",
    example="data cifar100",
    shape=(3, 32, 32),
    classes=100,
    source="Krizhevsky 2009, Learning multiple layers of features from tiny images",
    aliases=("cifar-100",),
)
