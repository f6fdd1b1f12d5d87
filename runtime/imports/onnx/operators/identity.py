"""Identity: nothing."""

from lenet.runtime.imports.onnx.shared.simple import nothing

read = nothing
