"""A folder for the search path of Spark's Python, with one module."""
