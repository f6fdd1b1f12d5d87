"""softmax: Softmax."""

from lenet.compiler.onnx.shared.simple import over_channels

export = over_channels("Softmax")
