"""[normalization]: lrn, whose alpha is of the mean of squares here, and of their sum there."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.draft import Head
from lenet.runtime.imports.lines import option, sizes
from lenet.runtime.imports.unread import Unread


def read(section: Section, net: Net) -> int:
    """Of an odd number of channels."""
    size = section.whole("size", 5)
    if size % 2 == 0:
        raise Unread(f"whose size is {size}, an even number")
    alpha, beta = section.number("alpha", 1e-4) * size, section.number("beta", 0.75)
    options = (
        *option("alpha", alpha, 1e-4),
        *option("beta", beta, 0.75),
        *option("k", section.number("kappa", 1), 1),
    )
    return net.draft.add(Head("lrn", (sizes("", (size,), "near"), *options)), net.last)
