"""Nets of Darknet: a file net.cfg, and perhaps its weights."""
