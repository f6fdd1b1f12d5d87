"""Celu: elu, where alpha is 1."""

from lenet.runtime.imports.onnx.shared.simple import layer

read = layer("elu", alpha=1.0)
