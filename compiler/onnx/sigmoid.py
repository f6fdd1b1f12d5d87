"""sigmoid: Sigmoid."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("Sigmoid")
