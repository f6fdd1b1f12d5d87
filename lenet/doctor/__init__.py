"""What a machine has that lenet needs, and what is odd about it."""

from lenet.doctor.finding import Finding

__all__ = ["Finding"]
