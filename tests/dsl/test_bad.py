"""One failing spec for each diagnostic in tests/bad, with the text that a user sees."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lenet.dsl.check import check
from lenet.dsl.messages import wording
from lenet.dsl.messages.diagnostics import imports_of, read_source, render
from lenet.dsl.messages.wording import CODES
from lenet.dsl.syntax.fix import fix
from lenet.editor.explain import explain

FOLDER = Path(__file__).parents[1] / "bad"
FILES = sorted(FOLDER.glob("*.lenet"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad(path: Path, golden: Callable[[str, str], None]) -> None:
    source = read_source(path)
    checked = check(source, read=imports_of(path))
    code = path.stem.split("-")[0]
    assert [d.code for d in checked.diagnostics] == [code]
    assert (checked.graph is None) == code.startswith("E")
    text = "\n".join(
        render(d, path.name, source, imports=checked.imports) for d in checked.diagnostics
    )
    golden(f"bad/{path.stem}.txt", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_place_is_in_the_file(path: Path) -> None:
    source = read_source(path)
    lines = source.split("\n")
    for diagnostic in check(source, read=imports_of(path)).diagnostics:
        for span in (diagnostic.span, *(related.span for related in diagnostic.related)):
            assert 1 <= span.line <= len(lines)
            assert 1 <= span.column < span.end_column <= len(lines[span.line - 1]) + 2


def test_every_code_has_a_file() -> None:
    subjects = Path(wording.__file__).parent.glob("*.py")
    codes = {code for path in subjects for code in re.findall(r'"([EW]\d{3})"', path.read_text())}
    assert codes == set(CODES)
    # What does not fit into memory depends on the machine: tests/lenet/test_cli_check.py. A teacher
    # is another file: tests/lenet/test_cli_compress.py.
    assert codes - {"W008", "E097"} == {path.stem.split("-")[0] for path in FILES}


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str) -> None:
    entry = CODES[code]
    assert entry.title[0].islower() and not entry.title.endswith(".")
    assert entry.story.endswith(".")
    if entry.example:
        assert [d.code for d in check(entry.example).diagnostics] == [code]
    assert explain(code).startswith(f"{code}: {entry.title}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_fixes_fix(path: Path) -> None:
    """What `check --fix` makes of the file has the mistake no longer, and is fixed for good."""
    source, read = read_source(path), imports_of(path)
    (found,) = check(source, read=read).diagnostics
    fixed, count = fix(source, lambda text: check(text, read=read).diagnostics)
    assert (count > 0) == bool(found.edits) == (fixed != source)
    left = check(fixed, read=read).diagnostics
    if found.edits:
        assert found.code not in [d.code for d in left], fixed
        assert not any(d.edits for d in left), fixed


def test_every_text_has_a_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in FILES}


def test_colour_changes_nothing_but_colour() -> None:
    for path in FILES:
        source = read_source(path)
        for diagnostic in check(source).diagnostics:
            coloured = render(diagnostic, path.name, source, colour=True)
            assert "\033[" in coloured
            plain = re.sub(r"\033\[[\d;]*m", "", coloured)
            assert plain == render(diagnostic, path.name, source)
