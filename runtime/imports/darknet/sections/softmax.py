"""[softmax]: logsoftmax, with which nets are trained; predictions are its probabilities."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.unread import Unread


def read(section: Section, net: Net) -> int:
    """Of all values."""
    for name in ("groups", "temperature"):
        if section.number(name, 1) != 1:
            raise Unread(f"whose {name} is {section.text(name)}")
    section.text("tree")
    if "tree" in section.values:
        raise Unread("of a tree of classes")
    return net.draft.add(Head("logsoftmax"), net.as_vector())
