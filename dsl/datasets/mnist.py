"""mnist: the handwritten digits that everybody begins with."""

from lenet.dsl.datasets import KnownDataset

DATASET = KnownDataset(
    name="mnist",
    summary="handwritten digits, 60,000 and 10,000 to test",
    example="data mnist",
    shape=(1, 28, 28),
    classes=10,
    drawn=20,
    source="LeCun, Cortes and Burges, The MNIST database of handwritten digits",
    aliases=("mnist784",),
)
