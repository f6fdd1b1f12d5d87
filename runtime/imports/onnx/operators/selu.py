"""Selu: selu."""

from lenet.runtime.imports.onnx.shared.simple import layer

read = layer("selu", alpha=1.67326319, gamma=1.05070102)
