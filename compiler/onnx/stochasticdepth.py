"""stochasticdepth: nothing, in prediction."""

from lenet.compiler.onnx.shared.simple import nothing

export = nothing
