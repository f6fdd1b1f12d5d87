"""[convolutional]: conv or depthwise, with batchnorm and an activation."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.lines import convolution
from lenet.runtime.imports.unread import Unread


def read(section: Section, net: Net) -> int:
    """`pad=1` is half of the kernel, whatever `padding` says."""
    for name in ("binary", "xnor", "flipped", "antialiasing", "assisted_excitation", "share_index"):
        if section.whole(name):
            raise Unread(f"whose {name} is {section.text(name)}")
    width, size = section.whole("filters", 1), section.whole("size", 1)
    stride, groups = section.whole("stride", 1), max(1, section.whole("groups", 1))
    both = section.whole("stride_y", stride), section.whole("stride_x", stride)
    pad = section.whole("padding")
    if section.whole("pad"):
        pad = size // 2
    x = net.as_map()
    apart = section.whole("dilation", 1)
    head = convolution(
        net.draft.shape(x), width, (size, size), both, (pad,) * 4, (apart, apart), groups,
        not section.whole("batch_normalize"),
    )  # fmt: skip
    return net.activated(net.computed(head, x, section), section, "logistic")
