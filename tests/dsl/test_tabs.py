"""One tab is one mistake, and `check --fix` makes spaces of it that mean what was meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenet.dsl.check import check
from lenet.dsl.syntax.fix import fix
from lenet.dsl.syntax.indent import tab_width

NET = "input 2x8x8\nadd\n{}linear 10\ndata digits\n"
TRAIN = "input 1x8x8\nflatten\nlinear 10\ndata digits\ntrain\n"
FULL = """input 2x8x8
repeat 2
  conv 2x3x3 pad 1
  add
    path
      relu
      tanh
    path
      conv 2x1x1
  relu
flatten
linear 10
train
  rate 0.1
  batch 32
  stop after 3 epochs
"""


def fixed(text: str) -> str:
    return fix(text, lambda t: check(t).diagnostics)[0]


@pytest.mark.parametrize(
    "body",
    [
        "\trate 0.1\n  batch 32\n  seed 3\n",
        "\trate 0.1\n    batch 32\n    seed 3\n",
        "\trate 0.1\n   batch 32\n   seed 3\n",
        "\trate 0.1\n        batch 32\n        seed 3\n",
        "  rate 0.1\n\tbatch 32\n  seed 3\n",
        "    rate 0.1\n\tbatch 32\n    seed 3\n",
        "\trate 0.1\n\tbatch 32\n\tseed 3\n",
        "\t\trate 0.1\n\tbatch 32\n  seed 3\n",
        "  rate 0.1\n  \tbatch 32\n \tseed 3\n",
        "  rate 0.1\n\t  batch 32\n    seed 3\n",
        "\trate 0.1\n\tbatch\t32\n  seed 3\n",
    ],
)
def test_tabs_in_a_section(body: str) -> None:
    text = TRAIN + body
    found = check(text).diagnostics
    tabbed = [k for k, line in enumerate(text.split("\n"), 1) if "\t" in line]
    assert [(d.code, d.span.line) for d in found] == [("E004", line) for line in tabbed]
    train = check(fixed(text)).graph.train  # type: ignore[union-attr]
    assert train is not None and (train.batch, train.seed) == (32, 3)


@pytest.mark.parametrize("lines", [{4}, {3}, {6}, {5, 6}, {8, 9}, {9}, {10}, set(range(3, 11))])
@pytest.mark.parametrize("width", [2, 4, 8])
def test_tabs_in_repeats_and_paths(lines: set[int], width: int) -> None:
    """Some lines of a file that is indented by `width` have tabs, as an editor writes them."""
    rows = []
    for number, row in enumerate(FULL.split("\n"), 1):
        depth = (len(row) - len(row.lstrip())) // 2
        margin = "\t" * depth if number in lines else " " * (width * depth)
        rows.append(margin + row.lstrip())
    text = "\n".join(rows)
    found = check(text).diagnostics
    assert [(d.code, d.span.line) for d in found] == [("E004", line) for line in sorted(lines)]
    graph, right = check(fixed(text)).graph, check(FULL).graph
    assert graph is not None and right is not None and graph.nodes == right.nodes
    assert graph.train == right.train


def test_the_width_of_tabs_is_that_with_which_lines_fit() -> None:
    for width in (2, 3, 4, 8):
        space = " " * width
        assert (
            tab_width(["repeat 2", space + "tanh", "\trelu", "\tadd", 2 * space + "path"]) == width
        )


def test_what_is_wrong_without_tabs_is_still_found() -> None:
    text = TRAIN + "\trate 0.1\naugment\n  flip horizontal\n   shift 1\n"
    codes = [f"{d.code}@{d.span.line}" for d in check(text).diagnostics]
    assert codes == ["E004@6", "E023@9"]
    assert check(fixed(text)).graph is not None


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["  ", "\t", "    ", "\t\t", " \t", "\t ", ""]), min_size=16))
def test_tabs_anywhere_are_mended(margins: list[str]) -> None:
    """Whatever the indentation: no tab stays, and no fix is offered for good."""
    rows = FULL.rstrip().split("\n")
    margins = margins[: len(rows)]
    text = "\n".join(m + row.lstrip() for m, row in zip(margins, rows, strict=False))
    found = check(text).diagnostics
    tabbed = [k for k, row in enumerate(text.split("\n"), 1) if "\t" in row]
    assert [d.span.line for d in found if d.code == "E004"] == tabbed
    mended = fixed(text)
    assert "\t" not in mended and "E004" not in [d.code for d in check(mended).diagnostics]
