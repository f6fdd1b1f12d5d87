"""Nets in ONNX files: a module in `operators` for each operation that is read."""
