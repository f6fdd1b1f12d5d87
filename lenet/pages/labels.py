"""What a picture says of a layer."""

from lenet.dsl.graph import Node
from lenet.dsl.lower.values import Size
from lenet.dsl.registry import layers
from lenet.dsl.shapes import show

# What a box says of a layer: its values, and options.
_VALUES = ("size", "window", "width", "factor", "method", "first", "groups", "probability")
_NAMED = ("to", "top", "bottom", "left", "right")


def label(node: Node) -> str:
    """A layer in a few words, as in the file, with numbers in place of constants."""
    arguments = node.arguments
    words = [(f"{node.written}: " if node.written else "") + node.kind]
    entry = layers()[node.kind]
    places = {argument.name for argument in entry.arguments}
    for name in (*_VALUES, *(("shape",) if node.inputs else ())):
        if name not in places:
            continue
        value = arguments.get(name)
        if value is None:
            continue
        text = f"{value:g}" if isinstance(value, float) else str(value)
        text = _sizes(value) if isinstance(value, tuple) else text
        square = isinstance(value, tuple) and name in ("window", "factor") and len(set(value)) == 1
        if name == "window" and len(node.shape) == 1:
            words.append("all")  # of the map, which becomes a vector
        else:
            words.append(str(value[0]) if square else text)
    words += [f"{name} {_sizes(arguments[name])}" for name in _NAMED if arguments.get(name)]
    usual = arguments["window"] if entry.family == "pooling" else (1, 1)
    stride, pad = arguments.get("stride"), arguments.get("pad")
    dilate = arguments.get("dilate")
    if stride and tuple(stride) != tuple(usual):
        words.append("stride " + _pair(stride))
    if pad and any(pad):
        sides = zip(("top", "left", "bottom", "right"), pad, strict=False)
        each = [f"{side} {size}" for side, size in sides if size]
        words += each if len(pad) > 2 else ["pad " + _pair(pad)]
    if arguments.get("round") == "up":
        words.append("round up")
    if dilate:
        words.append("dilate " + _pair(dilate))
    for name in ("groups", "multiplier"):
        if arguments.get(name) and name not in places:
            words.append(f"{name} {arguments[name]}")
    return " ".join(words)


def _sizes(value: tuple[int, ...]) -> str:
    """With the factors that were written: 12*4*4."""
    texts = [size.text if isinstance(size, Size) else str(size) for size in value]
    return "x".join(f"({text})" if "*" in text and len(texts) > 1 else text for text in texts)


def _pair(value: tuple[int, ...]) -> str:
    return str(value[0]) if len(set(value)) == 1 else show(value)
