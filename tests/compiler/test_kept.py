"""Under which digest the machine code of a function is kept."""

from pathlib import Path

from lenet.compiler.jit import kept


def test_modules_beside_count_since_they_are_linked_in(tmp_path: Path) -> None:
    def digest() -> str:
        kept._place_of.cache_clear()
        return kept._place_of(str(tmp_path / "one.py"))[0]

    (tmp_path / "one.py").write_text("x = 1\n")
    alone = digest()
    (tmp_path / "two.py").write_text("x = 2\n")
    together = digest()
    (tmp_path / "two.py").write_text("x = 3\n")
    changed = digest()
    assert len({alone, together, changed}) == 3
    (tmp_path / "notes.txt").write_text("anything\n")
    assert digest() == changed
    other = kept._place_of(str(tmp_path / "two.py"))[0]
    assert other != changed
