"""cifar10: 50,000 training and 10,000 test photographs of 10 classes, 3x32x32 bytes.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from lenet.runtime.data.dataset import Dataset
from lenet.runtime.data.formats.cifar import Cifar
from lenet.runtime.datasets import Wanted

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load(wanted: Wanted) -> Dataset:
    """See the package."""
    archive, test = "cifar-10-binary.tar.gz", "test_batch.bin"
    return Cifar("cifar10", "CIFAR-10", archive, "data_batch_*.bin", test, 1, CLASSES).load(
        wanted.folder
    )
