"""Inputs with names and kinds, sequences, and the counts of nets that people know."""

import pytest

from lenet.dsl.check import check, check_graph
from lenet.dsl.inputs import INPUTS
from lenet.dsl.syntax.format import format_text

NEUMF = """\
let factors = 8
input user  one of 671
input movie one of 9066
concat
  path
    multiply
      path from user
        embed factors
      path from movie
        embed factors
  path
    concat
      path from user
        embed 32
      path from movie
        embed 32
    linear 32
    relu
    linear 16
    relu
    linear 8
    relu                                 -> 8
linear 1                    as score
expect 392241 parameters
"""
KIM = """\
input 60 words of 10000
embed 64                                 -> 64x60
dropout 0.3
concat
  path
    conv 50x3
    relu
    maxpool all                          -> 50
  path
    conv 50x4
    relu
    maxpool all
  path
    conv 50x5
    relu
    maxpool all
dropout 0.5                              -> 150
linear 2                    as score
expect 678852 parameters
"""
TCN = """\
block level(width, reach)
  add
    path
      conv width x 3 dilate reach causal
      relu
      conv width x 3 dilate reach causal
      relu
    path

input 1x72
conv 32x1
level 32 1
level 32 2
level 32 4
level 32 8
level 32 16
last                        as now       -> 32
linear 24
expect 31896 parameters
"""


@pytest.mark.parametrize("text", [NEUMF, KIM, TCN])
def test_nets_that_people_know(text: str) -> None:
    assert check(text).diagnostics == ()
    once = format_text(text)
    assert check(once).diagnostics == () and format_text(once) == once


def test_each_kind_has_its_values() -> None:
    graph = check_graph(
        "input a one of 5\ninput b some of 6\ninput c 7 words of 8\ninput d 9 characters\n"
        "input e 3 numbers\ninput f 1x4x4\ninput g 2x5\ninput pairs 3 pairs of 4\n"
        "input 2 pieces of 5 as h\nconcat\n"
        "  path from a\n    embed 2\n  path from b\n    onehot\n  path from c\n    bag\n"
        "  path from d\n    embed 2\n    avgpool all\n  path from e\n  path from f\n    flatten\n"
        "  path from g\n    last\n  path from pairs\n    bag\n  path from h\n    bag\nlinear 2\n",
        "t",
    )  # fmt: skip
    assert [(i.name, i.kind, i.shape, i.of, i.first) for i in graph.inputs] == [
        ("a", "one", (1,), 5, 0), ("b", "some", (6,), 6, 1), ("c", "words", (7,), 8, 7),
        ("d", "characters", (9,), 128, 14), ("e", "numbers", (3,), 0, 23),
        ("f", "", (1, 4, 4), 0, 26), ("g", "", (2, 5), 0, 42),
        ("pairs", "pairs", (3,), 4, 52), ("h", "pieces", (2,), 5, 55),
    ]  # fmt: skip
    assert graph.input == (57,)
    assert {i.kind for i in graph.inputs} - {""} == set(INPUTS)


def test_one_input_may_have_a_name_and_a_kind() -> None:
    graph = check_graph("input text 6 words of 20\nembed 3\nlast\nlinear 2\n", "t")
    (given,) = graph.inputs
    assert (given.name, given.shape, graph.nodes[0].name) == ("text", (6,), "text")
    assert graph.nodes[2].inputs == ("embed1", "text")  # `last` is told where the text ends


def test_a_convolution_takes_what_it_mixes_off_the_length() -> None:
    graph = check_graph(
        "input 9 words of 20\nembed 3\nconv 4x3 dilate 2\ntanh\nmaxpool all\nlinear 2\n", "t"
    )
    pool = graph.nodes[4]
    assert pool.inputs == ("tanh1", "input") and pool.arguments["short"] == 4


def test_what_pads_mixes_padding_in() -> None:
    text = "input 9 words of 20\nembed 3\nconv 4x3 pad 1\nmaxpool all\nlinear 2\n"
    assert [d.code for d in check(text).diagnostics] == ["W012"]
    graph = check_graph(text, "t")
    assert graph.nodes[3].inputs == ("conv1",)  # nobody knows any more where it ends


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("input 5 wrods of 9", "did you mean `words`"),
        ("input 5 tokens of 9", "did you mean `words`"),
        ("input one of 0", "at least 1"),
        ("input words of 9", "write it like this"),
    ],
)
def test_kinds_that_are_mistyped(line: str, said: str) -> None:
    found = check(f"{line}\nembed 4\nlinear 2\n").diagnostics
    assert said in " ".join(f"{d.title} {d.detail} {d.fix}" for d in found[:1])


def test_columns_may_be_called_x() -> None:
    text = (
        'input 3 numbers\nlinear 1\ndata csv "t.csv"\n  number table x y\n  predict price\n'
        "train\n  rate 0.1\n"
    )
    graph = check_graph(text, "t")
    assert graph.data is not None and graph.data.fed[0].columns == ("table", "x", "y")
