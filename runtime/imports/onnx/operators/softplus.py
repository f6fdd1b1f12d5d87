"""Softplus: softplus."""

from lenet.runtime.imports.onnx.shared.simple import layer

read = layer("softplus")
