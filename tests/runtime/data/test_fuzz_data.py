"""A few of the mutants that bench/mutants.py makes by the thousand."""

from collections import Counter

from fuzz.data import run


def test_damaged_data() -> None:
    outcomes = Counter(run(seed) for seed in range(300))
    for kind in ("idx", "cifar10", "images", "parquet", "labels"):
        assert outcomes[f"{kind} refused"] and outcomes[f"{kind} read"], outcomes
