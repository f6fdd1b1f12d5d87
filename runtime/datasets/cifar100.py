"""cifar100: 50,000 training and 10,000 test photographs of 100 classes, 3x32x32 bytes.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. A record has two
labels, the coarse one of 20 superclasses, which is not used, and the fine one.
"""

from lenet.runtime.data.dataset import Dataset
from lenet.runtime.data.formats.cifar import Cifar
from lenet.runtime.datasets import Wanted

_NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile
cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp
lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree
orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum
rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train
trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
CLASSES = tuple(_NAMES.split())


def load(wanted: Wanted) -> Dataset:
    """See the package."""
    archive = "cifar-100-binary.tar.gz"
    return Cifar("cifar100", "CIFAR-100", archive, "train.bin", "test.bin", 2, CLASSES).load(
        wanted.folder
    )
