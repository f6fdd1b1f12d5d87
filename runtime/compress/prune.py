"""prune: weights of small size become 0, and stay so while the others are trained on."""

from lenet.runtime.compressing.net import Net


def shrink(net: Net, share: float, each: bool) -> Net:
    """See runtime/compress."""
    line = f"prune {share:g}" + (" each" if each else "")
    return net.trained_with(line).telling(f"{share:.0%} of the weights become 0, and stay so")
