"""fashion-mnist: clothes, in files of the same form as MNIST."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="fashion-mnist",
    summary="clothes, in the form of MNIST",
    example="data fashion-mnist",
    shape=(1, 28, 28),
    classes=10,
    source="Xiao, Rasul and Vollgraf 2017, Fashion-MNIST",
    aliases=(
        "fashionmnist",
        "fashion_mnist",
    ),
)
