"""Lines in the notation of something else: the line that was meant is the fix, and mends it."""

import time

import pytest

from lenet.dsl.check import check
from lenet.dsl.syntax.fix import fix

NET = "input 1x28x28\nconv 6x5x5\nflatten\nlinear 10\n"
SECTIONS = {"train": "train\n  rate 0.1\n", "data": "data mnist\n", "augment": "augment\n"}


def meant(text: str, number: int, wanted: str) -> None:
    """The line of this number is answered with the wanted one, and `check --fix` writes it."""
    (found,) = (d for d in check(text).diagnostics if d.span.line == number)
    assert found.fix == f"write `{wanted}`" and found.edits
    fixed = fix(text, lambda t: check(t).diagnostics)[0]
    assert fixed.split("\n")[number - 1].strip() == wanted
    assert check(fixed).graph is not None, fixed


@pytest.mark.parametrize(
    ("section", "line", "wanted"),
    [
        ("", "rate 0,4", "rate 0.4"),
        ("", "rate 0,4 decay 0,0002", "rate 0.4 decay 0.0002"),
        ("", "rate 0,1 0,01 at 3 epochs", "rate 0.1 0.01 at 3 epochs"),
        ("", "rate = 0,4", "rate 0.4"),
        ("", "rate: 0.4", "rate 0.4"),
        ("", "lr = 0.1", "rate 0.1"),
        ("train", "batch 2,048", "batch 2048"),
        ("train", "batch = 2,048;", "batch 2048"),
        ("train", "stop after 1,000 iterations", "stop after 1000 iterations"),
        ("train", "stop when top1 above 0,99", "stop when top1 above 0.99"),
        ("train", "loss = crossentropy", "loss crossentropy"),
        ("train", "loss: cross_entropy", "loss crossentropy"),
        ("train", "optimizer = sgd, momentum = 0,9", "optimizer sgd momentum 0.9"),
        ("train", "optimizer sgd momentum=0.9", "optimizer sgd momentum 0.9"),
        ("train", "validate top1, loss every epoch", "validate top1 loss every epoch"),
        ("train", "seed: 3", "seed 3"),
        ("data", "validate 5,000", "validate 5000"),
        ("data", "normalize;", "normalize"),
        ("augment", "scale 0,9 to 1,1", "scale 0.9 to 1.1"),
        ("augment", "crop 28,28", "crop 28x28"),
        ("augment", "crop (28, 28) pad 2", "crop 28x28 pad 2"),
        ("augment", "rotate 7,5 degrees", "rotate 7.5 degrees"),
    ],
)
def test_lines_of_sections(section: str, line: str, wanted: str) -> None:
    text = NET + SECTIONS.get(section, "train\n") + f"  {line}\n"
    meant(text, text.count("\n"), wanted)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("conv 6,5,5", "conv 6x5x5"),
        ("conv 6, 5, 5", "conv 6x5x5"),
        ("conv [6, 5, 5]", "conv 6x5x5"),
        ("conv(6, 5, 5)", "conv 6x5x5"),
        ("conv 6,5,5 stride=1 as first", "conv 6x5x5 stride 1 as first"),
        ("conv 6x5x5, stride 1, pad 0", "conv 6x5x5 stride 1 pad 0"),
        ("conv: 6x5x5", "conv 6x5x5"),
        ("conv 6x5x5:", "conv 6x5x5"),
        ("conv = 6x5x5", "conv 6x5x5"),
        ("maxpool 2,2", "maxpool 2x2"),
        ("conv 6,128,128 pad 64", "conv 6x128x128 pad 64"),
        ("dropout 0,5", "dropout 0.5"),
        ("tanh gain 1,7159", "tanh gain 1.7159"),
        ("linear 1,024", "linear 1024"),
        ("conv 6x5x5 bias=False", "conv 6x5x5 bias no"),
        ("conv 6x5x5 padding=same", "conv 6x5x5 pad same"),
    ],
)
def test_lines_of_layers(line: str, wanted: str) -> None:
    before = "flatten\n" if "linear" in line else ""
    meant(f"input 1x28x28\n{before}{line}\n", 2 + before.count("\n"), wanted)


def test_names_among_sizes() -> None:
    text = "let n = 6\nlet k = 5\ninput 1x28x28\nconv n, k, 5\nflatten\nlinear 10\n"
    meant(text, 4, "conv n x k x 5")


def test_the_input() -> None:
    meant("input 3,224,224\navgpool all\n", 1, "input 3x224x224")
    meant("input (1, 28, 28)\nflatten\n", 1, "input 1x28x28")
    meant("input = 784\nlinear 10\n", 1, "input 784")
    meant("input 1,000\nlinear 10\n", 1, "input 1000")


def test_a_number_as_we_print_it() -> None:
    net = "input 1000\nlinear 10\n"
    meant(net + "expect 10,010 parameters\n", 3, "expect 10010 parameters")


def test_constants() -> None:
    meant("width = 16\ninput 8\nlinear width\n", 1, "let width = 16")
    meant("part = 0,5\ninput 8\ndropout part\n", 1, "let part = 0.5")
    meant("let part = 0,25\ninput 8\ndropout part\n", 1, "let part = 0.25")
    meant("let wide = 16;\ninput 8\nlinear wide\n", 1, "let wide = 16")
    (found,) = check("let wide = 1,024\ninput 8\nlinear wide\n").diagnostics
    assert not found.edits  # a thousand, or one and a bit


@pytest.mark.parametrize("line", ["train:", "train :", "train;"])
def test_the_head_of_a_section(line: str) -> None:
    """Its lines are looked at all the same."""
    meant(NET + f"{line}\n  rate 0.1\n  batch 3\n", 5, "train")
    found = check(NET + f"{line}\n  rate 0.1\n  bacth 3\n").diagnostics
    assert [(d.code, d.span.line) for d in found] == [("E001", 5), ("E050", 7)]


def test_other_heads() -> None:
    meant(NET + "data: mnist\n  normalize\n", 5, "data mnist")
    meant('input 8\nlinear 10\ndata: parquet "a, b = c"\n', 3, 'data parquet "a, b = c"')
    meant("input 8\nrepeat 3:\n  relu\n", 2, "repeat 3")
    meant("block b(n, m = 2):\n  linear n*m\ninput 8\nb 3\n", 1, "block b(n, m = 2)")
    meant("input 8\nadd:\n  path:\n    relu\n  path\n", 3, "path")


@pytest.mark.parametrize(
    "text",
    [
        "input 8\nrate = 0.1\nlinear 10\n",  # more likely out of its section than a constant
        "input 8\nrepeat 2\n  width = 16\n  relu\n",
        "input 8\nlinear 10\ntrain\n  rate 0.1\n  width = 16\n",
        "input 8\nlinear 10 @ 3\n",
        "input 8\nlinear 10; relu\n",
    ],
)
def test_what_cannot_be_told_is_left_to_its_writer(text: str) -> None:
    assert not any(d.edits for d in check(text).diagnostics)


def test_thousands_of_such_lines_are_a_quick_mistake() -> None:
    text = "".join(f"conv {k},{k + 1},5 foo, bar = {k}, baz @\n" for k in range(9000))
    started = time.process_time()
    assert len(check(text).diagnostics) == 9000
    assert time.process_time() - started < 20  # a hang, not a slow machine
