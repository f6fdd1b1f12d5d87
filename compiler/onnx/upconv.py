"""upconv: ConvTranspose."""

from lenet.compiler.onnx.shared.windows import pads_of
from lenet.compiler.onnx.shared.writing import Layer


def export(layer: Layer) -> str:
    """With the tensors as they are in the model's file."""
    arguments = layer.node.arguments
    _, *kernel = map(int, arguments["size"])
    return layer.op(
        "ConvTranspose", layer.x, *layer.tensors(), kernel_shape=kernel, pads=pads_of(layer.node),
        strides=list(arguments["stride"]), dilations=list(arguments["dilate"] or (1, 1)),
        output_padding=list(arguments["extra"] or (0, 0)),
    )  # fmt: skip
