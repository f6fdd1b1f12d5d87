"""[connected]: linear, with batchnorm and an activation."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.lines import linear


def read(section: Section, net: Net) -> int:
    """Of all values."""
    head = linear(section.whole("output", 1), not section.whole("batch_normalize"))
    return net.activated(net.computed(head, net.as_vector(), section), section, "logistic")
