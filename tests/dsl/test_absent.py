"""Words for what we do not have: they are answered so, and with nothing that only looks alike."""

import re

import pytest

from lenet.dsl.check import check
from lenet.dsl.messages.absent import ABSENT, plain
from lenet.dsl.messages.diagnostics import Diagnostic, closest
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.sections import SECTIONS
from lenet.dsl.syntax.fix import fix
from lenet.dsl.words import KINDS

NET = "input 1x8x8\nflatten\nlinear 10\n"


def only(text: str) -> Diagnostic:
    (found,) = check(text).diagnostics
    return found


def fixed(text: str) -> str:
    return fix(text, lambda t: check(t).diagnostics)[0]


# How a word of each kind is written.
PLACES = {
    "layer": "input 4x8x8\n{}\n",
    "option": "input 4x8x8\nconv 4x3x3 {} 2\n",
    "optimizer": NET + "train\n  rate 0.1\n  optimizer {}\n",
    "option of sgd": NET + "train\n  rate 0.1\n  optimizer sgd {} 0.1\n",
    "option of adam": NET + "train\n  rate 0.1\n  optimizer adam {} 0.1\n",
    "loss": NET + "train\n  rate 0.1\n  loss {}\n",
    "metric": NET + "train\n  rate 0.1\n  validate {} every epoch\n",
    "way to change the rate": NET + "train\n  rate 0.1 {}\n",
    "dataset": NET + "data {}\n",
    "line of train": NET + "train\n  rate 0.1\n  {} 3\n",
    "line of augment": NET + "augment\n  {} 3\n",
    "line of data": NET + "data digits\n  {} 3\n",
}


def ours() -> dict[str, set[str]]:
    """By what they are, all words that we have, and others' words for them."""
    found: dict[str, set[str]] = {what: set() for what in ABSENT}
    for layer in layers().values():
        found["layer"] |= {layer.name, *layer.aliases}
        for option in layer.options:
            found["option"] |= {option.name, *option.aliases}
    found["layer"] |= {*STRUCTURE, *SECTIONS}
    for name, section in SECTIONS.items():
        found["layer"] |= {*section.lines}
        lines = found.setdefault(f"line of {name}", set())
        lines |= {*section.lines, *section.aliases_of_lines}
    for kind in KINDS:
        found.setdefault(kind.what, set()).update((*kind.words, *kind.words.aliases))
        for entry, option in kind.options():
            found.setdefault(f"option of {entry.name}", set()).update(
                (option.name, *option.aliases)
            )
    return {what: {plain(word) for word in found[what]} for what in ABSENT}


OURS = ours()
WORDS = [(what, word) for what, words in ABSENT.items() for word in words if word not in OURS[what]]


def test_every_kind_of_word_has_a_place() -> None:
    assert set(PLACES) == set(ABSENT)


@pytest.mark.parametrize(("what", "word"), WORDS)
def test_each_is_answered(what: str, word: str) -> None:
    """With what can be done, never with `did you mean`."""
    found = only(PLACES[what].format(word))
    assert "there is no" in found.title or "has no" in found.title
    assert "did you mean" not in found.fix and not found.edits
    assert found.fix == ABSENT[what][word].format(example="conv 6x5x5")


def test_what_is_offered_is_there() -> None:
    """Every line, word or option that a fix writes is one of ours."""
    keys = {key for section in SECTIONS.values() for key in section.lines}
    words = {*layers(), *STRUCTURE, *SECTIONS, *keys, *(w for kind in KINDS for w in kind.words),
             "as", "init", "connect", "lenet", "bias", "pad", "round", "beta1",
             "{example}"}  # fmt: skip
    for kinds in ABSENT.values():
        for instead in kinds.values():
            for offered in re.findall(r"`([^`]+)`", instead):
                assert offered.split()[0] in words, offered


def test_what_we_have_is_not_said_to_be_absent() -> None:
    """An entry of the table sleeps from the day on which the language gets the word."""
    for what, known in OURS.items():
        assert known, what
        for word in known & ABSENT[what].keys():
            for found in check(PLACES[what].format(word)).diagnostics:
                assert found.fix != ABSENT[what][word].format(example="conv 6x5x5"), word


@pytest.mark.parametrize("word", ["RandomizedLeakyReLU", "randomized_leaky_relu", "RReLU", "RRELU",
                                  "RReLULayer", "LocallyConnected2D", "Conv3d_Layer",
                                  "MaxUnpool2D", "weight_norm", "CELU"])  # fmt: skip
def test_any_way_of_writing_them(word: str) -> None:
    found = only(f"input 4x8x8\n{word}\n")
    assert found.detail == "There is none, under another name either."
    assert "did you mean" not in found.fix


def test_a_block_may_be_called_so() -> None:
    assert check("block pixelshuffle\n  tanh\ninput 8\npixelshuffle\n").graph is not None
    found = only("block leaky_relu\n  tanh\n\ninput 8\nleaky_relu\nLeakyReLU\n")
    assert found.fix.startswith("did you mean `leaky_relu`?")


def test_a_window_of_the_whole_map() -> None:
    line, size = "subsample all", "subsample 12x9"
    text = f"input 4x12x9\n{line}\n"
    assert only(text).fix == f"write `{size}`: the size of its map"
    assert check(fixed(text)).graph.output == (4, 1, 1)  # type: ignore[union-attr]
    unknown = check(f"input 4x12x9\nfoo\n{line}\n").diagnostics
    assert [(d.code, d.fix) for d in unknown[1:]] == [("E013", "")]
    assert check(f"let all = 3\n{text}").graph is not None


@pytest.mark.parametrize(
    ("line", "mended", "shape"),
    [
        ("conv 4x3x3 pad valid", "conv 4x3x3", (10, 7)),
        ("maxpool 3 stride 1 padding valid", "maxpool 3 stride 1", (10, 7)),
        ("conv 4x3x3 padding same", "conv 4x3x3 pad same", (12, 9)),
        ("conv 4x3x3 dilation 2", "conv 4x3x3 dilate 2", (8, 5)),
        ("conv 4x3x3 group 2", "conv 4x3x3 groups 2", (10, 7)),
        ("upconv 4x2x2 stride 2 output_padding 1", "upconv 4x2x2 stride 2 extra 1", (25, 19)),
        ("ConvTranspose2d 4x2x2 stride 2", "upconv 4x2x2 stride 2", (24, 18)),
        ("depthwise_conv2d 3 pad 1", "depthwise 3 pad 1", (12, 9)),
    ],
)
def test_padding_by_a_word(line: str, mended: str, shape: tuple[int, int]) -> None:
    text = fixed(f"input 4x12x9\n{line}  # allow W001\n")
    assert text == f"input 4x12x9\n{mended}  # allow W001\n"
    graph = check(text).graph
    assert graph is not None and graph.output == (4, *shape)


@pytest.mark.parametrize(("word", "meant"), [("false", "no"), ("True", "yes"), ("off", "no")])
def test_truth_is_yes_or_no(word: str, meant: str) -> None:
    text = f"input 8\nlinear 3 bias {word}\n"
    assert only(text).fix == f"write `{meant}`"
    assert fixed(text) == f"input 8\nlinear 3 bias {meant}\n"


def test_momentum_is_an_option_of_sgd() -> None:
    text = fixed(NET + "train\n  rate 0.1\n  optimizer momentum 0.9\n")
    graph = check(text).graph
    assert graph is not None and graph.train is not None
    assert graph.train.optimizer == OPTIMIZERS["sgd"].use(momentum=0.9)


# Slips of the pen


@pytest.mark.parametrize(
    ("word", "name"),
    [("linaer", "linear"), ("kernl", "kernel"), ("strid", "stride"), ("widht", "width"),
     ("normalise", "normalize"), ("batch_norm", "batchnorm"), ("BatchNorm", "batchnorm"),
     ("drop", "dropout"), ("mnits", "mnist"), ("momentun", "momentum"), ("conv2", "conv"),
     ("bais", "bias"), ("wide1", "wide"), ("tpo1", "top1")],
)  # fmt: skip
def test_slips_of_the_pen(word: str, name: str) -> None:
    assert closest(word, ["other", name, "elsewhere"]) == name


@pytest.mark.parametrize(
    ("word", "name"),
    [("upsample", "subsample"), ("lion", "linear"), ("top3", "top5"),
     ("adagrad", "adam"), ("stage2", "stage1"), ("rmsprop", "dropout"), ("gelu", "rule"),
     ("n", "k"), ("is", "as"), ("embedding", "padding"), ("prelu", "sgd")],
)  # fmt: skip
def test_lookalikes_are_none(word: str, name: str) -> None:
    assert closest(word, [name]) is None
