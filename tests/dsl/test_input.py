"""The input against the data: what they are is said first, and what follows from it is not."""

import pytest

from lenet.dsl.check import check
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.syntax.fix import fix

HWC = "input 28x28x1\nconv 6x5x5\nreshape 10\nlinear 10\ndata mnist\ntrain\n  rate 0.1\n"
MASK = "input 3x32x32\nconv 6x5x5\nreshape 6*24*24\nlinear 10\ndata mnist\ntrain\n  rate 0.1\n"


def found(text: str) -> list[Diagnostic]:
    return list(check(text).diagnostics)


def places(text: str) -> list[str]:
    return [f"{d.code}@{d.span.line}" for d in found(text)]


def fixed(text: str) -> str:
    return fix(text, lambda t: check(t).diagnostics)[0]


def test_channels_come_first() -> None:
    first, second = found(HWC)
    assert (first.code, first.fix) == ("E040", "write input 1x28x28: channels come first")
    # What is wrong with the right input as well is told as it is then.
    assert second.code == "E031" and "6x24x24" in second.detail
    assert places(HWC.replace("reshape 10", "flatten")) == ["E040@1"]
    assert check(fixed(HWC)).graph is not None


def test_what_follows_from_the_input_is_not_reported() -> None:
    (mistake,) = found(MASK)
    assert mistake.code == "E040" and "grey" in mistake.detail
    assert check(fixed(MASK)).graph is not None
    block = "block b(n)\n  conv n x 5 x 5 -> n x 24 x 24\n  maxpool 3\n" + MASK.replace(
        "conv 6x5x5", "b 6"
    ).replace("6*24*24", "6*8*8")
    assert places(block) == ["E040@4"]
    assert check(fixed(block)).graph is not None


def test_what_does_not_follow_from_it_is() -> None:
    text = MASK.replace("linear 10", "lineer 10 -> 10\nlinear 3 bais no")
    assert places(text) == ["E040@1", "E010@4", "E011@5"]
    assert places(MASK.replace("linear 10", "linear 10\nlinear 9")) == [
        "E040@1",
        "W002@5",
        "E036@5",
    ]
    assert places(MASK.replace("6*24*24", "6*25*25")) == ["E040@1", "E031@3"]


@pytest.mark.parametrize(("more", "pad"), [((4, 4), "2"), ((2, 2), "1"), ((2, 6), "1x3"),
                                           ((0, 2), "0x1")])  # fmt: skip
def test_padding_is_offered_as_well(more: tuple[int, int], pad: str) -> None:
    text = f"input 1x{28 + more[0]}x{28 + more[1]}\nflatten\nlinear 10\ndata mnist\n"
    (mistake,) = found(text)
    assert mistake.code == "E040" and not mistake.edits  # it is for the writer to choose
    assert (
        mistake.fix == f"write input 1x28x28; or keep it, and write `pad {pad}` below `data mnist`"
    )
    assert check(text + f"  pad {pad}\n").graph is not None
    assert check(text.replace(text.split("\n")[0], "input 1x28x28")).graph is not None


def test_with_padding_in_mind_only_what_is_wrong_both_ways_is_reported() -> None:
    text = "input 1x32x32\nconv 6x5x5\nreshape {}\nlinear 10\ndata mnist\n"
    assert places(text.format("6*28*28")) == ["E040@1"]
    assert places(text.format("6*24*24")) == ["E040@1"]
    assert places(text.format("6*20*20")) == ["E040@1", "E031@3"]


def test_padding_is_offered_only_where_it_mends() -> None:
    for size in ("1x31x31", "1x26x26", "1x32x31", "3x32x32", "1024"):
        (mistake,) = found(f"input {size}\nflatten\nlinear 10\ndata mnist\n")
        assert mistake.code == "E040" and "pad" not in mistake.fix
    padded = "input 1x28x28\nflatten\nlinear 10\ndata mnist\n  pad 2\n"
    (mistake,) = found(padded)
    assert mistake.fix == "remove the `pad` below `data mnist`; or write input 1x32x32"
    (mistake,) = found(padded.replace("28x28", "30x30"))
    assert "write `pad 1`" in mistake.fix


def test_colours() -> None:
    net = "input {}\navgpool all\nlinear 10\ndata {}\n"
    (mistake,) = found(net.format("1x32x32", "cifar10"))
    assert mistake.detail == "cifar10 has 3 channels: it is in colour."
    assert check(fixed(net.format("1x32x32", "cifar10"))).graph is not None
    (mistake,) = found(net.format("3x8x8", "digits"))
    assert mistake.detail == "digits is grey: it has one channel."


def test_vectors_stay_vectors() -> None:
    (mistake,) = found("input 100\nlinear 10\ndata mnist\n")
    assert mistake.fix.startswith("write input 784")
    assert check(fixed("input 100\nlinear 10\ndata mnist\n")).graph is not None


def test_a_size_in_constants_is_for_its_writer() -> None:
    text = "let side = 20\ninput 3 x side x side\navgpool all\nlinear 10\ndata mnist\n"
    (mistake,) = found(text)
    assert mistake.fix == "write input 1x28x28" and not mistake.edits


def test_the_number_of_parameters_may_be_right_for_the_right_input() -> None:
    text = "input 1x30x30\nflatten\nlinear 10\nexpect {} parameters\ndata mnist\n"
    assert places(text.format(7850)) == places(text.format(9010)) == ["E040@1"]
    assert places(text.format(7)) == ["E040@1", "E035@4"]
    assert places(MASK.replace("data", "expect 34726 parameters\ndata")) == ["E040@1"]


def test_a_crop_may_be_right_for_the_right_input() -> None:
    text = "input 3x32x32\navgpool all\nlinear 10\ndata mnist\naugment\n  crop {} pad 2\n"
    assert places(text.format("28x28")) == ["E040@1"]
    assert places(text.format("32x32")) == ["E040@1", "E042@6"]
