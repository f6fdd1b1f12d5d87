"""The section `search`: which places its lines name, and the files that come of its settings."""

from collections.abc import Mapping
from itertools import pairwise

import pytest

from lenet.dsl.check import check
from lenet.dsl.search.places import File, Target, target_of
from lenet.dsl.search.space import Choice
from lenet.dsl.search.variants import corrected, variant
from lenet.dsl.syntax.format import format_text
from lenet.editor.editing import completions
from lenet.editor.explain import explain

NET = """\
# A net
let width = 16  # channels

block wide(n)
  conv n x 3 x 3 pad 1
  relu

input 1x8x8
conv 8x3x3 pad 1    as first
wide width
maxpool 2           as pool   -> 16x4x4
flatten
linear 64           as hidden  # of the hidden layer
tanh
dropout 0.25
linear 10           as score
logsoftmax
expect 18346 parameters

data digits
  validate 20 percent

train
  optimizer sgd momentum 0.9 weight_decay 0.0005
  rate 0.1 decay 0.002  # falls
  batch 64
  stop after 4 epochs

"""


def targets(search: str) -> tuple[File, list[Target]]:
    """The file, and what the lines of its search name."""
    checked = check(f"{NET}search\n{search}")
    assert checked.graph is not None and checked.graph.search is not None, checked.diagnostics
    assert not checked.diagnostics
    file = File(checked.tree, checked.definitions, checked.lowered)
    return file, [target_of(space, file) for space in checked.graph.search.spaces]


def changed(search: str, *settings: str) -> tuple[list[str], tuple[bool, ...]]:
    """The lines that the settings change in the file, and which of them are in it."""
    file, found = targets(search)
    chosen: list[tuple[Target, Choice]] = []
    for target, text in zip(found, settings, strict=True):
        known = {choice.text: choice for choice in target.space.choices}
        chosen.append((target, known.get(text) or Choice(text, False, True, 1, target.space.span)))
    text, there = variant(file.tree.text, file.tree, chosen)
    plain = variant(file.tree.text, file.tree, [])[0].split("\n")
    assert check(text).graph is not None or corrected(text, check(text).diagnostics)
    return [" ".join(line.split()) for line in text.split("\n") if line not in plain], there


@pytest.mark.parametrize(
    ("line", "setting", "expected"),
    [
        ("rate log 0.001 to 1", "0.5", "rate 0.5 decay 0.002 # falls"),
        ("rate decay 0.001 to 0.1", "0.01", "rate 0.1 decay 0.01 # falls"),
        ("train rate 0.001 to 1", "0.5", "rate 0.5 decay 0.002 # falls"),
        ("width in 8 32", "32", "let width = 32 # channels"),
        ("batch 16 to 256", "32", "batch 32"),
        ("dropout 0 to 0.5", "0.1", "dropout 0.1"),
        ("dropout1 0 to 0.5", "0.1", "dropout 0.1"),
        ("hidden in 32 128", "128", "linear 128 as hidden # of the hidden layer"),
        ("first 4 to 12", "12", "conv 12x3x3 pad 1 as first"),
        ("first in 4x3x3 8x5x5", "8x5x5", "conv 8x5x5 pad 1 as first"),
        ("first pad in 1 2", "2", "conv 8x3x3 pad 2 as first"),
        ("tanh in relu gelu", "gelu", "gelu"),
        ("tanh1 in relu gelu", "relu", "relu"),
        ("stop after 2 to 8", "8", "stop after 8 epochs"),
        ("optimizer momentum 0.5 to 0.95", "0.5", "optimizer sgd momentum 0.5 weight_decay 0.0005"),
        ("optimizer in sgd adam", "adam", "optimizer adam weight_decay 0.0005"),
        ('optimizer in sgd "adamw"', "adamw", "optimizer adamw"),
        ('tanh in tanh "leakyrelu slope 0.2"', "leakyrelu slope 0.2", "leakyrelu slope 0.2"),
    ],
)
def test_a_setting_in_its_place(line: str, setting: str, expected: str) -> None:
    found, there = changed(f"  {line}\n", setting)
    assert expected in found and there == (True,)
    assert len(found) == 1 or setting in ("2", "8x5x5")  # else the shapes behind it stay


def test_what_is_not_changed_stays() -> None:
    file, found = targets("  rate 0.1 to 1\n  trials 3  # and comments in it\n  # as this one\n")
    text, _ = variant(file.tree.text, file.tree, [])
    assert text == format_text(NET) and [target.own for target in found] == ["0.1"]


def test_the_file_s_own_word_keeps_its_options() -> None:
    line = "  optimizer in sgd adam\n"
    assert changed(line, "sgd") == ([], (True,))


def test_a_setting_that_another_one_takes_away() -> None:
    """Adam has no momentum; nor has the line that is quoted."""
    lines = '  optimizer in sgd adam "rmsprop"\n  optimizer momentum 0.5 to 0.99\n'
    assert changed(lines, "adam", "0.7") == (["optimizer adam weight_decay 0.0005"], (True, False))
    assert changed(lines, "rmsprop", "0.7") == (["optimizer rmsprop"], (True, False))
    found, there = changed(lines, "sgd", "0.7")
    assert found == ["optimizer sgd momentum 0.7 weight_decay 0.0005"] and there == (True, True)


def test_all_layers_of_a_kind_are_one_setting() -> None:
    _, (target,) = targets("  relu in relu gelu\n")
    assert [place.block for place in target.places] == [True]
    _, (target,) = targets("  linear in 10 20\n")
    assert len(target.places) == 2


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("batch 16 to 256", True),
        ("batch in 16 256", False),
        ("rate 1 to 10", False),  # since what stands there is none
        ("rate decay 1 to 10", False),
        ("hidden 16 to 128", True),
        ("hidden 16.0 to 128", False),
    ],
)
def test_whole_numbers(line: str, whole: bool) -> None:
    text = f"{NET}search\n  {line}\n"
    checked = check(text)
    assert checked.graph is not None and checked.graph.search is not None
    file = File(checked.tree, checked.definitions, checked.lowered)
    assert target_of(checked.graph.search.spaces[0], file).space.whole == whole


def test_assertions_follow_the_size_of_the_net() -> None:
    file, (target,) = targets("  width in 8 32\n")
    text, _ = variant(file.tree.text, file.tree, [(target, target.space.choices[0])])
    checked = check(text)
    assert {d.code for d in checked.diagnostics} == {"E034", "E035"}
    right = corrected(text, checked.diagnostics)
    assert right is not None and check(right).graph is not None
    assert "-> 8x4x4" in right and "expect 18346" not in right
    assert corrected(text.replace("flatten", "flaten"), check("flaten\n").diagnostics) is None


def test_lines_of_the_section() -> None:
    def said(line: str) -> Mapping[str, object]:
        checked = check(f"{NET}search\n  rate 0.1 to 1\n  {line}\n")
        assert checked.graph is not None, checked.diagnostics
        return vars(checked.graph.search)

    assert said("trials 7")["trials"] == 7
    assert said("minutes 0.5")["seconds"] == 30
    assert said("early never")["early"] is None
    assert said("early hyperband factor 4")["early"]["factor"] == 4  # type: ignore[index]
    assert said("sampler random")["sampler"].name == "random"  # type: ignore[attr-defined]
    assert said("together 9")["together"] == 9
    plain, some = check(f"{NET}search\n  rate 0.1 to 1\n").graph, said("minutes 1")
    assert plain is not None and plain.search is not None
    assert plain.search.most == 20 < check_most(some)


def check_most(said: Mapping[str, object]) -> int:
    from lenet.dsl.sections.search import Search

    return Search(**said).most  # type: ignore[arg-type]


def test_a_net_without_its_search_is_the_same() -> None:
    with_search, without = check(f"{NET}search\n  rate 0.1 to 1\n").graph, check(NET).graph
    assert with_search is not None and without is not None
    assert with_search.nodes == without.nodes and with_search.train == without.train


def test_completion_and_explanation() -> None:
    text = f"{NET}search\n  \n  optimizer in \n"
    lines = text.split("\n")
    names = [name for name, _, _ in completions(check(text), text, len(lines) - 2, 3)]
    assert {"trials", "width", "rate", "optimizer momentum", "hidden"} <= set(names)
    words = [name for name, _, _ in completions(check(text), text, len(lines) - 1, 16)]
    assert {"sgd", "adam"} <= set(words)
    assert "log 0.001 to 1" in explain("search") and "line of the section search" in explain(
        "early"
    )


def test_lines_of_the_section_that_are_wrong_are_all_reported() -> None:
    text = f"{NET}search\n  rate 1 to 0.1\n  batchh in 1 2\n  trials 0\n  best confusion\n"
    found = check(text).diagnostics
    assert sorted(d.code for d in found) == ["E016", "E080", "E090", "E091"]
    assert all(a.span.line < b.span.line for a, b in pairwise(found))
