"""[shortcut]: add, of the value before and of another one."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net


def read(section: Section, net: Net) -> int:
    """Of the same shape, with an activation behind it."""
    others = [net.at(int(place)) for place in section.numbers("from")]
    x = net.draft.join("add", (net.last, *others))
    return net.activated(x, section, "linear")
