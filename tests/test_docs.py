"""The docs say what is so."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from pages import Command, steps

from lenet.api import load
from lenet.cli import program
from lenet.dsl.augmentations import AUGMENTATIONS
from lenet.dsl.check import check, check_graph, reader_of
from lenet.dsl.messages.diagnostics import render
from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.sections import SECTIONS
from lenet.editor.faces import commands_reference, python_reference
from lenet.editor.reference import language_reference
from lenet.pages.draw import draw_svg

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_reference_is_generated(golden) -> None:
    golden("../docs/language.md", language_reference())
    golden("../docs/commands.md", commands_reference())
    golden("../docs/python.md", python_reference())


def test_every_layer_is_on_the_page() -> None:
    page = language_reference()
    assert all(f"### {name}\n" in page for name in layers())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = page.parent / path if path else page
        assert there.exists(), target
        assert not anchor or anchor in _anchors(there), target


def _anchors(page: Path) -> set[str]:
    """Of its headings, as repositories' pages and mkdocs make them alike."""
    headings = re.findall(r"^#+ (.*)", page.read_text(), re.MULTILINE)
    kept = (re.sub(r"[^\w -]", "", heading).strip().lower() for heading in headings)
    return {text.replace(" ", "-") for text in kept}


def _named_in(nav: Any) -> list[str]:
    """The pages of a navigation, however deep."""
    if isinstance(nav, str):
        return [nav]
    return [name for part in (nav.values() if isinstance(nav, dict) else nav)
            for name in _named_in(part)]  # fmt: skip


def test_each_page_is_led_to() -> None:
    """By the navigation of the site, mkdocs.yml, and by the list of docs/index.md."""
    pages = {path.name for path in PAGES} - {"README.md"}
    named = _named_in(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])
    outside = {"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}
    assert sorted(named) == sorted(pages | outside), "mkdocs.yml, `nav`"
    listed = re.findall(
        r"\]\((?:\.\./)?(\w[\w-]*\.md)[#)]", (ROOT / "docs" / "index.md").read_text()
    )
    assert set(listed) == (pages | outside) - {"index.md"}, "docs/index.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_of_the_docs_are_commands(page: Path) -> None:
    """With options that there are, and as many arguments as they take."""
    root: Any = program()
    for step in steps(page):
        if not isinstance(step, Command) or not step.text.startswith("lenet "):
            continue
        words = shlex.split(step.text.partition("|")[0].partition(">")[0], comments=True)[1:]
        command = root.commands[words.pop(0)]
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        command.make_context(step.text, [word for word in words if word != "…"])


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


_PAIRS = "input u one of 3\ninput i one of 4\ndot\n  path from u\n    embed 2\n  path from i\n" \
    "    embed 2\n"  # fmt: skip
_AHEAD = "input past 1x8\ninput coming 2x4\nconcat\n  path from past\n    last\n" \
    "  path from coming\n    flatten\nlinear 4\n"  # fmt: skip
# Of the lines of tables, a net that they fit, and what has to stand beside them.
TABLES = {
    "category": ("input cut one of 2\ninput color one of 2\nconcat\n  path from cut\n    onehot\n"
                 "  path from color\n    onehot\nlinear 2\n", ""),
    "number": ("input measures 2 numbers\nlinear 2\n", ""),
    "text": ("input review 5 words of 9\nbag\nlinear 2\n", ""),
    "missing": ("input 2 numbers\nlinear 2\n", "  number a b\n"),
    "series": ("input 1x72\nlast\nlinear 24\n", "  window 72 ahead 24\n"),
    "window": ("input 1x72\nlast\nlinear 24\n", "  series temp\n"),
    "known": (_AHEAD, "  series temp by place ordered by time as past\n  window 8 ahead 4\n"),
    "liked": (_PAIRS, ""),
    "negatives": (_PAIRS, "  liked u i\n"),
}  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_every_line_of_a_section_is_written_as_the_page_says(section: str) -> None:
    for key, line in SECTIONS[section].lines.items():
        usage = line.example
        end = "logsoftmax\n" if "nll" in usage else ""
        rate = "" if key == "rate" else "  rate 0.1\n"
        tables = ("image", "label", "predict", "weight", "resize", "background", "invert", "skip")
        source = 'parquet "x"' if key in tables else "mnist"
        data = f"data {source}\n" + (f"  {usage}\n" if section == "data" else "")
        data = data.replace("pad 2", "pad 0")  # else the net would need another input
        data = data.replace("resize 32x32", "resize 28x28")
        rest = {"augment": f"augment\n  {usage}\n", "train": f"train\n{rate}  {usage}\n"}
        if key == "prune":  # which goes with weights that have been trained
            rest["train"] += '  start from "base.safetensors"\n'
        if section == "search":
            data += "  validate 20 percent\n"
            rest[section] = f"train\n  rate 0.1\nsearch\n  rate 0.1 to 1 steps 4\n  {usage}\n"
        before = "input 1x28x28\nreshape 784\nlinear 20\ntanh\nlinear 10\n"
        if section == "augment" and AUGMENTATIONS[key].of_colours:
            before, data = (
                before.replace("1x28x28\nreshape 784", "3x32x32\nflatten"),
                "data cifar10\n",
            )
        if section == "data" and key in TABLES:
            before, beside = TABLES[key]
            data = f'data csv "t.csv"\n{beside}  {usage}\n'
        checked = check(before + end + data + rest.get(section, ""))
        errors = [d.title for d in checked.diagnostics if d.severity == "error"]
        assert checked.graph is not None and not errors, (usage, errors)


@pytest.mark.parametrize("word", STRUCTURE)
def test_every_word_of_the_structure_is_written_as_the_page_says(word: str) -> None:
    usage = STRUCTURE[word][0]
    net = {
        "block": f"{usage}\n  linear width*step\ninput 8\nNAME 3\n",
        "repeat": f"input 8\n{usage}\n  relu\n",
        "path": f"input 8\nadd\n  {usage}\n    relu\n  {usage}\n",
        "table": f"{usage}\n  X .\n  X X\ninput 2x8x8\nconv 2x3x3 connect NAME\n",
        "let": f"{usage}\ninput 8\nlinear width\n",
        "import": f"{usage}\ninput 8\nsquash\n",
        "expect": f"input 8\nlinear 3\n{usage.replace('22278', '27')}\n",
    }[word]
    checked = check(net, read=reader_of({"blocks.lenet": "block squash\n  tanh\n"}))
    assert checked.graph is not None and not checked.diagnostics


def test_the_mistakes_of_the_readme() -> None:
    """A file that has them gives exactly the text that is shown."""
    text = (
        "input 1x28x28\nconv2d 6x5x5\ntanh\nreshape 6*24*24\nlinear 10\nlogsoftmax\n"
        "expect 34726 parameters\ndata mnist\ntrain\n  rate 0.1\n  stop after 5\n"
    )
    shown = re.search(
        r"\$ lenet check typo.lenet\n(.*?)\ntypo.lenet: 2 errors", (ROOT / "README.md").read_text(),
        re.DOTALL,
    )  # fmt: skip
    assert shown is not None
    found = [render(d, "typo.lenet", text) for d in check(text).diagnostics]
    assert "\n".join(found) == shown[1]


def test_pictures_are_those_of_their_nets(golden) -> None:
    for name in ("lenet5", "resnet20"):
        path = ROOT / "specs" / f"{name}.lenet"
        golden(f"../docs/{name}.svg", draw_svg(load(path).graph, path.name))


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


def test_paths_with_dots_in_their_names_are_drawn() -> None:
    text = "input 1x4x4\nadd\n  path as a.b\n    conv 1x1x1\n    tanh\n  path\n    relu\n"
    text = text.replace(
        "  path\n    relu", "  path as c\n    add\n      path\n        relu\n      path"
    )
    drawn = draw_svg(check_graph(text, "t"), "t")
    assert all(f">{word}" in drawn for word in ("conv", "tanh", "relu"))


def test_every_environment_variable_stands_in_the_table() -> None:
    """Those that the source reads or sets, and no other."""
    table = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs" / "environment.md").read_text()))
    found: set[str] = set()
    for package in ("dsl", "compiler", "runtime", "lenet"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                found |= {name for name in _variables(node) if name.isupper()}
    assert {"LENET_DATA", "LENET_CACHE", "HADOOP_USER_NAME", "NO_COLOR"} <= found
    assert found - table == set(), "docs/environment.md lacks them"
    # Read for us: by Python's tempfile and pathlib, by Java and the shell.
    assert table - found <= {"TMPDIR", "HOME", "PATH"}


def _variables(node: ast.AST) -> list[str]:
    """Names in os.environ[…], os.environ.get(…), .setdefault(…), .pop(…), in tuples of such names,
    which are looked up there one by one, and of options that may stand there."""
    if isinstance(node, ast.keyword) and node.arg == "envvar":
        return [node.value.value] if isinstance(node.value, ast.Constant) else []
    if isinstance(node, ast.Subscript) and "environ" in ast.unparse(node.value):
        return [node.slice.value] if isinstance(node.slice, ast.Constant) else []
    if isinstance(node, ast.Call) and re.search(r"environ\.\w+$", ast.unparse(node.func)):
        return [a.value for a in node.args[:1] if isinstance(a, ast.Constant)]
    if isinstance(node, ast.Tuple):
        names = [a.value for a in node.elts if isinstance(a, ast.Constant)]
        if all(isinstance(n, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)*", n) for n in names):
            return [name for name in names if "_" in name]
    return []
