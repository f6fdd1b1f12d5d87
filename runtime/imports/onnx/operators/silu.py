"""Silu: silu, of a pattern."""

from lenet.runtime.imports.onnx.shared.simple import layer

read = layer("silu")
