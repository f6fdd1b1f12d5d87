"""`lenet fmt`: one layout, which changes nothing but the layout."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lenet.dsl.check import check
from lenet.dsl.syntax.format import format_text

ROOT = Path(__file__).parents[2]
SPECS = sorted([*(ROOT / "specs").glob("*.lenet"), *(ROOT / "bench").glob("*.lenet")])
MESSY = """
# A net


let width=16
let rest = ( -3 ) +10/( 2*5 )
input   1 x 28 x 28   # the images


conv width x (5)x 5   as   c1->16x24x24
  # indented like a body
tanh
 # of the next line
block foo( a,b =2 )
  conv a x 3 x 3   # three
  relu # and one
foo 3   b 4
table t
    X  .   X  # first
    . X X
linear 10*(3+2) - (-1)
  -> 51
train
    rate   0.1   # the rate
    batch 32
# what remains


data mnist
  @ unreadable   line
"""
CLEAN = """# A net

let width = 16
let rest = (-3) + 10/(2*5)
input 1x28x28  # the images

conv width x 5 x 5    as c1   -> 16x24x24
# indented like a body
tanh

# of the next line
block foo(a, b = 2)
  conv a x 3 x 3  # three
  relu            # and one

foo 3 b 4

table t
  X . X  # first
  . X X

linear 10*(3 + 2) - (-1)
  -> 51

train
  rate 0.1  # the rate
  batch 32

# what remains

data mnist
  @ unreadable   line
"""


def test_a_messy_file() -> None:
    assert format_text(MESSY) == CLEAN
    assert format_text(CLEAN) == CLEAN


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_our_own_files_are_formatted(path: Path) -> None:
    assert format_text(path.read_text()) == path.read_text()


@pytest.mark.parametrize("path", sorted((ROOT / "tests/bad").glob("*.lenet")), ids=lambda p: p.stem)
def test_files_with_mistakes(path: Path) -> None:
    """The same mistakes, in the same lines of code; and twice changes nothing."""
    text = path.read_bytes().decode()
    once = format_text(text)
    assert format_text(once) == once
    if path.stem.startswith(("E004", "E005")):
        return  # these are mistakes of the layout
    assert [d.code for d in check(once).diagnostics] == [d.code for d in check(text).diagnostics]


def test_shapes_are_written_and_brought_up_to_date(golden: Callable[[str, str], None]) -> None:
    text = (ROOT / "specs/resnet20.lenet").read_text().replace("-> 64x8x8", "-> 64x4x4")
    checked = check(text)
    shapes = {k: (a, b) for k, (a, b) in checked.lowered.shapes.items() if b is not None}
    formatted = format_text(text, shapes)
    assert check(formatted).graph is not None
    golden("golden/resnet20.fmt.txt", formatted)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("linear 2 * (3+4)", "linear 2*(3 + 4)"),
        ("linear (a - b)-c", "linear a - b - c"),
        ("linear a-b", "linear a-b"),
        ("linear a - (b - c)", "linear a - (b - c)"),
        ("linear a/(b*c)*d", "linear a/(b*c)*d"),
        ("linear (-a)*b", "linear (-a)*b"),
        ("linear (-(a+b))", "linear (-(a + b))"),
        ("conv (a+1)x3x(2*b)", "conv (a + 1) x 3 x 2*b"),
        ("conv 6 x 5 x 5", "conv 6x5x5"),
        ("conv 1e1x007x5", "conv 1e1x007x5"),
        ("basic width (-1)", "basic width (-1)"),
        ("conv width x(5)x 5", "conv width x(5)x 5"),
        ('import   "a b.lenet"', 'import "a b.lenet"'),
    ],
)
def test_expressions(before: str, after: str) -> None:
    assert format_text(before) == after + "\n"
    assert format_text(after) == after + "\n"


def test_comments_stay_with_what_they_are_about() -> None:
    text = "repeat 2\n      # on the body\n  tanh\n    # on its end\n# on the next\nrelu\n  # loose"
    expected = "repeat 2\n  # on the body\n  tanh\n  # on its end\n# on the next\nrelu\n# loose\n"
    assert format_text(text) == expected
    assert format_text(expected) == expected


def test_nothing_is_nothing() -> None:
    assert format_text("") == format_text("\n\n") == ""
    assert format_text("# only this") == "# only this\n"


def test_a_text_of_too_many_lines_stays_as_it_is() -> None:
    """With the empty lines gone, more of it would be read the next time."""
    text = "input 8\n" + "\n" * 10_000 + "train\n    rate   0.1\n"
    assert format_text(text) == text
    assert format_text("input 8\n" + "\n" * 10_000) == "input 8\n"


def test_a_line_that_is_too_long_by_its_spaces_is_laid_out_once() -> None:
    assert format_text(" " * 2000 + "linear (1/3)") == "linear 1/3\n"
    long = "linear " + "(" * 2000
    assert format_text(long) == long + "\n"


@pytest.mark.parametrize(
    "text", ["d as o\x0b#", "relu # x\x0b", "relu #\x0b", "\x0b# x", "relu\x0c"]
)
def test_white_space_of_other_kinds_is_laid_out_once(text: str) -> None:
    once = format_text(text)
    assert format_text(once) == once
