"""[logistic]: sigmoid."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.draft import Head


def read(section: Section, net: Net) -> int:
    """Of each value."""
    return net.draft.add(Head("sigmoid"), net.last)
