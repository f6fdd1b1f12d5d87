"""Weights from elsewhere: files of tensors, other names for them, and models made of both."""
