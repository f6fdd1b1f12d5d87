"""A few mutants of specs; `bench/mutants.py specs` tries as many as there is time for."""

import pytest
from fuzz import specs


def test_mutants_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "SECONDS", 2 * specs.SECONDS)  # other tests run at the same time
    outcomes = {specs.run(seed) for seed in range(250)}
    assert "sound" in outcomes and len(outcomes) > 10, outcomes
