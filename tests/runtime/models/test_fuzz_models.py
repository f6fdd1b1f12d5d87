"""Two hundred damaged models; bench/mutants.py tries any number of them."""

from collections import Counter

from fuzz import models


def test_mutants() -> None:
    found = Counter(models.run(seed) for seed in range(200))
    assert found["right answer"] > 5
    assert sum(count for outcome, count in found.items() if outcome.startswith("refused")) > 100
