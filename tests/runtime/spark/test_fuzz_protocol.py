"""Hostile connections, of every kind at least once: see tests/support/fuzz/protocol.py."""

from fuzz import protocol


def test_hostile_connections_change_no_sum() -> None:
    found = {protocol.run(seed) for seed in range(100)}
    assert found == {f"right sums: {kind}" for kind in protocol._KINDS}
