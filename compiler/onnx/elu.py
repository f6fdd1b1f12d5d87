"""elu: Elu."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("Elu", alpha="alpha")
