"""[dropout]: dropout."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import number


def read(section: Section, net: Net) -> int:
    """With its probability, which is one half if it is not said."""
    return net.draft.add(Head("dropout", (number(section.number("probability", 0.5)),)), net.last)
