"""reshape: Reshape."""

from lenet.compiler.onnx.shared.simple import same_values

export = same_values
