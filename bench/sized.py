"""Nets of specs/ for images of another size than their file has."""

import re
from pathlib import Path

import lenet
from lenet.api import Network

ROOT = Path(__file__).parents[1]
TRAIN = "\ntrain\n  loss nll\n  optimizer sgd momentum 0.9\n  rate 0.01\n  batch {batch}\n"


def network_of(name: str, size: int, batch: int) -> Network:
    """The net for images of `size` x `size`, without what its file says of data and training."""
    text = (ROOT / "specs" / f"{name}.lenet").read_text().partition("\ndata ")[0]
    text = text.replace('import "', f'import "{ROOT / "specs"}/')
    text = re.sub(r" +-> \d+(x\d+)*", "", text)  # shapes of the original size
    text, found = re.subn(r"\ninput 3x\d+x\d+", f"\ninput 3x{size}x{size}", text)
    assert found == 1, name
    return lenet.load(text + TRAIN.format(batch=batch))
