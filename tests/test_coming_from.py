"""The pages for those who come from elsewhere say what is so: of their nets, and of our words."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lenet.cli import app, program
from lenet.dsl.check import check, check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.sections import SECTIONS
from lenet.editor.explain import explain

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.glob("from-*.md"))
# The same net in each of them, but for Darknet's normalizations, BigDL's own net, and tables.
PARAMETERS = {"bigdl": 22_278, "darknet": 46_778, "ludwig": 4_693}
# What is before a line of ours, by where it may stand.
_NET = "input 1x28x28\nconv 10x28x28\nflatten\nlogsoftmax\n"
LAYER = ("", "input 16x16x16\n", "input 192\n", "input 64x12\n", "input 60 words of 10000\n")
SECTION = {
    "train": (
        f"{_NET}data mnist\ntrain\n  rate 0.1\n  ", f"{_NET}data mnist\ntrain\n  ",
        "input 8\nlinear 1\ntrain\n  rate 0.1\n  ",
        "input 8\nlinear 10\ndata frame\ntrain\n  rate 0.1\n  ",
    ),
    "augment": ("input 3x32x32\nflatten\nlinear 10\naugment\n  ",),
    "data": ('input 3x32x32\nflatten\nlinear 10\ndata images "photos"\n  resize 32x32\n  ',
             'input 1x72\nlast\nlinear 24\ndata csv "t.csv"\n  series temp\n  '),
    "search": (f"{_NET}data mnist\n  validate 20 percent\ntrain\n  rate 0.1\nsearch\n  ",),
}  # fmt: skip
LINES = {name: {"rate", *section.lines} for name, section in SECTIONS.items()}
COMMANDS = program().commands
SEVERAL = {("Eltwise", "multiply"), ("Pooling", "avgpool")}
# Lines that say which column an input takes, which have to fit each other.
TABLE = {
    "number carat": "carat 1 numbers",
    "category cut": "cut one of 5",
    "category genres": "genres some of 20",
    "text review": "review 5 words of 9",
    "missing mean": "",
    "missing drop": "",
    "validate last 20 percent": "",
    'validate where split is "test"': "",
    "predict log price": "",
}


def piece(page: Path, language: str, number: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)[number]


def rows(page: Path) -> Iterator[tuple[str, str]]:
    """Theirs and ours, of the table of words."""
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and not set(line) <= set("| -:") and cells[1] != "lenet":
            theirs, ours = cells
            yield theirs, ours


def errors(text: str) -> list[str]:
    return [d.title for d in check(text).diagnostics if d.severity == "error"]


def in_a_table(line: str) -> str:
    """A net for a table in which this line stands."""
    given = TABLE[line] or "x 1 numbers"
    name = given.split()[0]
    reads = {"one": "onehot\n", "some": "onehot\n", "5": "bag\n"}.get(given.split()[1], "")
    columns = "" if TABLE[line] else "  number x\n"
    predict = "" if line.startswith("predict") else "  predict price\n"
    return f'input {given}\n{reads}linear 1\ndata csv "{name}.csv"\n{columns}  {line}\n{predict}'


def places(line: str) -> Iterator[str]:
    """Whole files with the line where it may stand, the likely ones first."""
    word = line.split()[0]
    if word in ("add", "concat", "multiply"):
        yield f"input 16x16x16\n{line}\n  path\n  path\n    relu\n"
    for name, before in SECTION.items():
        if word in LINES[name]:
            yield from (f"{text}{line}\n" for text in before)
    if word == "data":
        yield f"input 3x32x32\nflatten\nlinear 10\n{line}\n  resize 32x32\n"
    if word == "input":
        yield f"{line}\nonehot\n"
    yield from (f"{text}{line}\n" for text in LAYER)


def is_ours(line: str) -> bool:
    """Whether there is a place where the line may stand; of a command, whether there is one."""
    if line.startswith("lenet "):
        return line.split()[1] in COMMANDS
    if line in TABLE:
        return not errors(in_a_table(line))
    return line == "LenetClassifier" or any(not errors(text) for text in places(line))


def test_there_is_a_page_for_each() -> None:
    others = {page.stem.removeprefix("from-") for page in PAGES}
    assert others == {"bigdl", "caffe", "darknet", "keras", "ludwig", "pytorch"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_net_is_right_and_has_its_size(page: Path) -> None:
    graph = check_graph(piece(page, "lenet"), page.name)
    assert graph.parameter_count == PARAMETERS.get(page.stem.removeprefix("from-"), 46_730)
    assert len(list(rows(page))) > 20


def test_what_stands_below_caffes_net_is_right() -> None:
    page = DOCS / "from-caffe.md"
    assert not check(piece(page, "lenet") + piece(page, "lenet", 1)).diagnostics


@pytest.mark.parametrize(
    ("name", "language", "file"),
    [("caffe", "protobuf", "net.prototxt"), ("darknet", "ini", "net.cfg")],
)
def test_their_net_is_imported_as_ours(
    name: str, language: str, file: str, tmp_path: Path
) -> None:  # fmt: skip
    page = DOCS / f"from-{name}.md"
    (tmp_path / file).write_text(piece(page, language))
    done = CliRunner().invoke(app, ["import", str(tmp_path / file)])
    assert done.exit_code == 0 and "left out" not in done.output, done.output
    imported = (tmp_path / "net.lenet").read_text()
    assert imported.partition("\n\n")[2] == piece(page, "lenet")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_our_words_are_ours(page: Path) -> None:
    for _, ours in rows(page):
        lines = re.findall(r"`([^`]+)`", ours)
        assert lines or ours.startswith(("nothing", "Spark", "layers, as in")), ours
        assert not lines or is_ours(lines[0]), lines[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_lenet_explain_says_the_same(page: Path) -> None:
    """Of their words that it knows, but for Ludwig's, which are of another kind: `type: number`,
    and for layers of theirs that are several of ours."""
    for theirs, ours in rows(page):
        found = re.match(r"`\[?([A-Za-z]\w*)", theirs)
        lines = re.findall(r"`([^`]+)`", ours)
        if found is None or not lines or page.stem == "from-ludwig":
            continue
        try:
            told = explain(found[1])
        except LenetError:
            continue
        known = {target.split()[0] for target in re.findall(r"is called `([^`]+)` here", told)}
        used = {word for line in lines for word in line.split()}
        assert not known or known & used or (found[1], lines[0].split()[0]) in SEVERAL, theirs
