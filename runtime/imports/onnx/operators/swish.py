"""Swish: silu."""

from lenet.runtime.imports.onnx.shared.simple import layer

read = layer("silu", alpha=1.0)
