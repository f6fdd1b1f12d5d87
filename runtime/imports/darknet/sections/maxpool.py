"""[maxpool]: maxpool; padding, which is one less than the window if it is not said, is of both
sides together."""

from lenet.runtime.imports.darknet.cfg import Section
from lenet.runtime.imports.darknet.net import Net
from lenet.runtime.imports.lines import pool


def read(section: Section, net: Net) -> int:
    """With as little padding as has the same windows."""
    stride = section.whole("stride", 1)
    size = section.whole("size", stride)
    total = section.whole("padding", size - 1)
    x = net.as_map()
    shape = net.draft.shape(x)
    before = total // 2
    behind = []
    for axis in (1, 2):
        windows = (shape[axis] + total - size) // stride
        fewest = windows * stride + size - before - shape[axis]
        even = (shape[axis] + 2 * before - size) // stride == windows
        behind.append(before if even else max(0, fewest))
    pads = (before, before, behind[0], behind[1])
    return net.draft.add(pool("maxpool", shape, (size, size), (stride, stride), pads, False), x)
