"""upsample: Resize."""

from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """The nearest value, or mixtures of four by the distances of the pixels' middles."""
    down, across = layer.node.arguments["factor"]
    nearest = layer.node.arguments["method"] == "nearest"
    how = {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    }
    if not nearest:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    scales = layer.floats((1.0, 1.0, down, across), "scales")
    return layer.op("Resize", layer.x, "", scales, **how)
