"""The docs say what is so."""

import re
from pathlib import Path

import pytest

from dsl.check import check
from dsl.registry import layers
from lenet.api import load
from lenet.draw import draw_svg
from lenet.reference import language_reference

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_language_page_is_generated(golden) -> None:
    golden("../docs/language.md", language_reference())


def test_every_layer_is_on_the_page() -> None:
    page = language_reference()
    assert all(f"### {name}\n" in page for name in layers())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), target


def test_whole_nets_in_the_docs_are_right() -> None:
    blocks = [
        block
        for page in PAGES
        for block in re.findall(r"```\n((?:input|block) .*?)```", page.read_text(), re.DOTALL)
        if "linear" in block and "\ninput" in f"\n{block}"
    ]
    assert len(blocks) >= 2
    for block in blocks:
        checked = check(block)
        assert checked.graph is not None and not checked.diagnostics, checked.diagnostics


def test_the_picture_is_that_of_the_net(golden) -> None:
    path = ROOT / "specs" / "resnet20.lenet"
    golden("../docs/resnet20.svg", draw_svg(load(path).graph, path.name))


def test_the_readme_shows_the_heart_of_resnet() -> None:
    """Line by line, but for comments."""
    spec = {
        line.split("#")[0].rstrip()
        for line in (ROOT / "specs" / "resnet20.lenet").read_text().splitlines()
    }
    shown = re.search(r"```\n(block basic.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown is not None
    assert {line.rstrip() for line in shown[1].splitlines()} - spec == {"…"}


def test_the_readme_shows_the_reference_spec() -> None:
    def lines(text: str) -> list[str]:
        return [line.split("#")[0].rstrip() for line in text.splitlines() if line.split("#")[0]]

    spec = lines((ROOT / "specs" / "lenet5.lenet").read_text())
    shown = re.search(r"```\n(input 1x28x28.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown is not None
    assert [line for line in spec if line] == [line for line in lines(shown[1]) if line]
