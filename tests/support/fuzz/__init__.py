"""Mutants of what the program reads: see bench/mutants.py."""
