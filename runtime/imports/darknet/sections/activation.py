"""[activation]: an activation by itself."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net


def read(section: Section, net: Net) -> int:
    """Of each value."""
    return net.activated(net.last, section, "linear")
