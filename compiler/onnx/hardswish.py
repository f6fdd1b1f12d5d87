"""hardswish: HardSwish."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("HardSwish")
