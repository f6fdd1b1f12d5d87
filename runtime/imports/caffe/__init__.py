"""Nets of Caffe: files net.prototxt, of a training or of a deployment."""
