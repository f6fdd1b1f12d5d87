"""One failing spec for each diagnostic in tests/bad, with the text that a user sees."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dsl import messages
from dsl.check import check
from dsl.diagnostics import read_source, render

FOLDER = Path(__file__).parent / "bad"
FILES = sorted(FOLDER.glob("*.lenet"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad(path: Path, golden: Callable[[str, str], None]) -> None:
    source = read_source(path)
    checked = check(source)
    code = path.stem.split("-")[0]
    assert [d.code for d in checked.diagnostics] == [code]
    assert (checked.graph is None) == code.startswith("E")
    text = "\n".join(render(d, path.name, source) for d in checked.diagnostics)
    golden(f"bad/{path.stem}.txt", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_place_is_in_the_file(path: Path) -> None:
    source = read_source(path)
    lines = source.split("\n")
    for diagnostic in check(source).diagnostics:
        for span in (diagnostic.span, *(related.span for related in diagnostic.related)):
            assert 1 <= span.line <= len(lines)
            assert 1 <= span.column < span.end_column <= len(lines[span.line - 1]) + 2


def test_every_code_has_a_file() -> None:
    codes = set(re.findall(r'"([EW]\d{3})"', Path(messages.__file__).read_text()))
    assert codes == {path.stem.split("-")[0] for path in FILES}


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
