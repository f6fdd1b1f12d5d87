"""leakyrelu: LeakyRelu."""

from lenet.compiler.onnx.shared.simple import operation

export = operation("LeakyRelu", alpha="slope")
