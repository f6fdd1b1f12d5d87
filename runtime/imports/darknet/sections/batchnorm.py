"""[batchnorm]: batchnorm by itself."""

import numpy as np

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.draft import Head


def read(section: Section, net: Net) -> int:
    """Without a shift, as Darknet keeps it."""
    tensors = None
    if net.weights is not None:
        channels = net.draft.shape(net.last)[0]
        tensors = {**net.weights.norms(channels), "shift": np.zeros(channels, np.float32)}
    return net.draft.add(Head("batchnorm", ("epsilon 0.000001",)), net.last, tensors)
