"""The lines `lstm` and `gru`: shapes, tensors and what is said of mistakes."""

import pytest

from lenet.dsl.check import check_graph
from lenet.dsl.messages.diagnostics import SpecError
from lenet.dsl.registry import suggest_layer


def shape_and_count(line: str) -> tuple[tuple[int, ...], int]:
    node = check_graph(f"input 3x20\n{line}\n{'maxpool all' * ('last' not in line)}\nlinear 2\n",
                       "test.lenet").nodes[1]  # fmt: skip
    return node.shape, node.parameter_count


@pytest.mark.parametrize(
    ("line", "shape", "count"),
    [
        ("lstm 8", (8, 20), 4 * 8 * (3 + 8 + 1)),
        ("lstm 8 last", (8,), 4 * 8 * (3 + 8 + 1)),
        ("lstm 8 both ways", (16, 20), 2 * 4 * 8 * (3 + 8 + 1)),
        ("gru 8 last both ways", (16,), 2 * 8 * (3 * (3 + 8 + 1) + 1)),
        ("gru 8 layers 2", (8, 20), 8 * (3 * (3 + 8 + 1) + 1 + 3 * (8 + 8 + 1) + 1)),
        ("lstm 8 layers 2 both ways", (16, 20), 2 * 4 * 8 * (3 + 8 + 1 + 16 + 8 + 1)),
    ],
)
def test_shapes_and_counts(line: str, shape: tuple[int, ...], count: int) -> None:
    assert shape_and_count(line) == (shape, count)


def test_the_contracts_count() -> None:
    text = (
        "input 60 words of 10000\nembed 64\ndropout 0.3\nlstm 64 both ways last\ndropout 0.5\n"
        "linear 2 as score\nexpect 706306 parameters\n"
    )
    assert check_graph(text, "test.lenet").parameter_count == 706306


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        ("input 1x8x8\nlstm 4 last\nlinear 2", "E081", "reshape 1x64"),
        ("input 8\ngru 4 last\nlinear 2", "E081", "reshape 1x8"),
        ("input 3x8\nlstm 4 both last\nlinear 2", "E012", "write `both ways`"),
        ("input 3x8\nlstm 4 bidirectional last\nlinear 2", "E011", "both"),
        ("input 3x8\nlstm 4 num_layers 2\nlast\nlinear 2", "E011", "layers"),
        ("input 3x8\nlstm 4 both ways\nlstm 4 last as lstm1.forward\nlinear 2", "E022", "taken"),
    ],
)
def test_mistakes(lines: str, code: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_graph(f"{lines}\n", "test.lenet")
    assert f"error[{code}]" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("word", "layer"),
    [("LSTM", "lstm"), ("Bidirectional", "lstm"), ("BiLSTM", "lstm"), ("GRU", "gru"),
     ("CuDNNGRU", "gru")],
)  # fmt: skip
def test_words_of_other_frameworks(word: str, layer: str) -> None:
    assert suggest_layer(word) == layer
