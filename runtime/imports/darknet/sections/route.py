"""[route]: concat of other values, or one of them, or a part of its channels."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import sizes
from lenet.runtime.imports.unread import Unread


def read(section: Section, net: Net) -> int:
    """By the numbers of their sections."""
    values = [net.at(int(place)) for place in section.numbers("layers")]
    groups, number = section.whole("groups", 1), section.whole("group_id")
    if groups > 1:
        values = [_part(net, value, groups, number) for value in values]
    if not values:
        raise Unread("of no layers")
    return net.draft.join("concat", values) if len(values) > 1 else values[0]


def _part(net: Net, value: int, groups: int, number: int) -> int:
    size, rest = divmod(net.draft.shape(value)[0], groups)
    if rest or not 0 <= number < groups:
        raise Unread(f"whose groups are {groups}")
    to = () if number == groups - 1 else (sizes("to", ((number + 1) * size,), "number"),)
    return net.draft.add(Head("slice", (sizes("", (number * size,), "number"), *to)), value)
