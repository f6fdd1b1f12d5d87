"""lrn: the mean of squares by AveragePool, then Pow and Div."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """Channels are rows here, and ones beyond the first and the last are 0. ONNX's own LRN takes
    maps only, and of an even number of channels others than we do."""
    node, size = layer.node, int(layer.node.arguments["size"][0])
    alpha, beta, k = (float(node.arguments[name]) for name in ("alpha", "beta", "k"))
    rows = layer.reshaped(layer.op("Mul", layer.x, layer.x), (1, node.given[0], -1))
    squares = layer.op(
        "AveragePool", rows, kernel_shape=[size, 1], pads=[size // 2, 0, (size - 1) // 2, 0],
        count_include_pad=1,
    )  # fmt: skip
    scaled = layer.op("Mul", layer.reshaped(squares, node.shape), layer.floats(alpha, "alpha"))
    divisor = layer.op(
        "Pow", layer.op("Add", scaled, layer.floats(k, "k")), layer.floats(beta, "beta")
    )
    return layer.op("Div", layer.x, divisor)
