"""[upsample]: upsample, of the nearest values."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import sizes
from lenet.runtime.imports.unread import Unread


def read(section: Section, net: Net) -> int:
    """By a whole factor."""
    factor = section.whole("stride", 2)
    if section.number("scale", 1) != 1 or factor < 1:
        raise Unread(f"whose scale is {section.text('scale')} and stride {factor}")
    return net.draft.add(Head("upsample", (sizes("", (factor, factor), "factor"),)), net.as_map())
