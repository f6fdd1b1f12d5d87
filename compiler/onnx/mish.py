"""mish: Mish."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("Mish")
