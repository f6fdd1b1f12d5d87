"""What the ways of runtime/compress have in common: the net that becomes smaller."""
