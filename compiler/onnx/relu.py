"""relu: Relu."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("Relu")
