"""logsoftmax: LogSoftmax."""

from lenet.compiler.onnx.shared.simple import over_channels

export = over_channels("LogSoftmax")
