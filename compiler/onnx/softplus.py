"""softplus: Softplus."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("Softplus")
