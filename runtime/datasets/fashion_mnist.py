"""fashion-mnist: 60,000 training and 10,000 test images of clothes, 1x28x28 bytes.

H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", 2017; its files have the names of MNIST's.
"""

import os
from pathlib import Path

from lenet.runtime.data.dataset import FOLDER_ARGUMENTS, DataError, Dataset
from lenet.runtime.data.formats.idx import read_pairs
from lenet.runtime.datasets import Wanted
from lenet.runtime.datasets.mnist import FILES, find_files, where_to_put

CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                   "Sneaker", "Bag", "Ankle boot")  # fmt: skip


def load(wanted: Wanted) -> Dataset:
    """The files lie in the wanted folder or in its folder fashion-mnist, else in
    $LENET_DATA/fashion-mnist. They are not downloaded. Raises DataError."""
    folder = wanted.folder
    local = os.environ.get("LENET_DATA")
    place = folder or (Path(local).expanduser() / "fashion-mnist" if local else None)
    if place is None:
        fix = "get its four files from https://github.com/zalandoresearch/fashion-mnist, and name "
        raise DataError(
            "I do not know where Fashion-MNIST is.",
            "",
            f"{fix}the folder with --data",
            f"{fix}the folder with {FOLDER_ARGUMENTS}",
        )
    if (place / "fashion-mnist").is_dir():
        place = place / "fashion-mnist"
    found = list(find_files(place).values())
    if len(found) < len(FILES):
        raise DataError(f"{place} does not hold Fashion-MNIST.", "", *where_to_put(place))
    train, test = read_pairs((found[0], found[1]), (found[2], found[3]), len(CLASSES))
    return Dataset("fashion-mnist", train, test, CLASSES, 1 / 255)
