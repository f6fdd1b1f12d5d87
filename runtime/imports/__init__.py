"""Nets of other programs: read into a draft, and written as a spec."""
