"""softsign: Softsign."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("Softsign")
