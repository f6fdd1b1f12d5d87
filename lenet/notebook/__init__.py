"""lenet in a notebook: the cell magic, completion in it, mistakes in place, and live progress."""
