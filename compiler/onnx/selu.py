"""selu: Selu."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("Selu")
