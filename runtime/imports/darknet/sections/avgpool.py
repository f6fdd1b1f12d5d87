"""[avgpool]: avgpool all."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.draft import Head


def read(section: Section, net: Net) -> int:
    """One number a channel."""
    return net.draft.add(Head("avgpool", ("all",)), net.as_map())
