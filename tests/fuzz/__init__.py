"""Mutants of what the program reads: see bench/fuzz.py."""
