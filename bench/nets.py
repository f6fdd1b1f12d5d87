"""The nets that are measured, with their images."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import lenet
from lenet.api import Network
from lenet.dsl.losses import LOSSES
from lenet.dsl.training.values import Rate, Train
from lenet.runtime.data.dataset import Dataset, Images
from lenet.runtime.resolve import resolve_data

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Net:
    """A spec, and how many images an epoch of it has: those of its data, or made-up ones."""

    spec: Path
    images: int
    made_up: bool = False

    def load(self, batch: int) -> Network:
        """The net with another batch size."""
        network = lenet.load(self.spec)
        train = network.graph.train or Train(loss=LOSSES["nll"].use(), rate=Rate((0.01,)))
        graph = replace(network.graph, train=replace(train, batch=batch))
        return replace(network, graph=graph)

    def dataset(self, network: Network, data: Path | None) -> Dataset:
        if not self.made_up:
            return resolve_data(network.graph, network.path, data, None)
        rng = np.random.default_rng(1)
        pixels = rng.integers(0, 256, (self.images, *network.graph.input), np.uint8)
        images = Images(pixels, np.arange(self.images, dtype=np.int32) % 10)
        few = Images(pixels[:16], images.labels[:16])
        return Dataset("made up", images, few, tuple("0123456789"), 1 / 255)


NETS = {
    "lenet5": Net(HERE.parent / "specs" / "lenet5.lenet", 60_000),
    "mlp": Net(HERE / "mlp.lenet", 60_000),
    "vgg": Net(HERE / "vgg.lenet", 1_280, made_up=True),
    "resnet20": Net(HERE / "resnet20.lenet", 1_280, made_up=True),
}


def epoch_operations(name: str) -> int:
    """Floating-point operations of the multiply-adds in one epoch, as direct sums need them.

    Forward, to the weights and to the input cost the same; the images need no gradient.
    """
    net = NETS[name]
    macs = [node.macs for node in lenet.load(net.spec).graph.nodes if node.macs]
    return 2 * net.images * (3 * sum(macs) - macs[0])
