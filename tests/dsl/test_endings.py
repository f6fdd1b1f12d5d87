"""How a net may end, for its loss and for its classes; and what needs more than one value."""

import pytest

from lenet.dsl.check import check
from lenet.dsl.syntax.fix import fix

NET = "input 1x8x8\nflatten\n{}\n{}\ntrain\n  rate 0.1\n{}"
TABLE = 'data parquet "x"'


def codes(end: str, data: str = "data digits", more: str = "") -> list[str]:
    return [d.code for d in check(NET.format(end, data, more)).diagnostics]


def fixed(text: str) -> str:
    return fix(text, lambda t: check(t).diagnostics)[0]


@pytest.mark.parametrize("loss", ["", "  loss crossentropy\n"])
@pytest.mark.parametrize("data", ["data digits", TABLE, ""])
def test_scores_of_a_sigmoid_are_an_error(data: str, loss: str) -> None:
    assert codes("linear 10\nsigmoid", data, loss) == ["E044"]
    mended = fixed(NET.format("linear 10\nsigmoid", data, loss))
    assert "sigmoid" not in mended and not check(mended).diagnostics


def test_scores_are_looked_for_behind_what_keeps_them() -> None:
    nll = "  loss nll\n"
    assert codes("linear 10\nsigmoid\nlogsoftmax", more=nll) == ["E044"]
    assert codes("linear 10\nsigmoid\nreshape 10x1x1\nflatten\nlogsoftmax", more=nll) == ["E044"]
    assert codes("linear 10\nlogsoftmax\nflatten", more=nll) == []
    assert codes("linear 10\nsoftmax\nflatten") == ["E038"]


def test_a_sigmoid_may_be_anywhere_else() -> None:
    assert codes("linear 9\nsigmoid\nlinear 10") == []
    assert not check("input 8\nlinear 10\nsigmoid\n").diagnostics  # nothing is trained
    assert codes("linear 9\nsigmoid\nrbf 10", more="  loss map\n") == []


@pytest.mark.parametrize("line", ["relu", "tanh", "tanh gain 2"])
def test_scores_of_other_activations_are_worth_a_warning(line: str) -> None:
    text = NET.format(f"linear 10\n{line}", TABLE, "")
    checked = check(text)
    assert [d.code for d in checked.diagnostics] == ["W009"] and checked.graph is not None
    assert codes(f"linear 10\n{line}  # allow W009") == []
    assert codes(f"linear 10\n{line}\nlogsoftmax", more="  loss nll\n") == ["W009"]


def test_one_output_is_no_choice() -> None:
    assert codes("linear 1", TABLE) == ["E045"]
    assert codes("linear 1", "") == ["E045"]
    assert codes("linear 1", "data digits") == ["E036"]  # whose number of classes is known
    assert codes("linear 1\nlogsoftmax", TABLE, "  loss nll\n") == ["E045"]
    assert codes("rbf 1", TABLE) == ["E045"]
    for end in ("linear 1", "linear 1\nsigmoid", "linear 1\nlogsoftmax", "rbf 1"):
        mended = check(fixed(NET.format(end, TABLE, "")))
        assert mended.graph is not None and mended.graph.output == (2,)


def test_one_output_and_a_sigmoid_are_two_mistakes_with_two_cures() -> None:
    found = check(NET.format("linear 1\nsigmoid", TABLE, "")).diagnostics
    assert [(d.code, d.span.line) for d in found] == [("E045", 3), ("E044", 4)]
    assert "`linear 2`" in found[0].fix and "73%" in found[1].detail


@pytest.mark.parametrize("end", ["conv 12x3x3\navgpool all", "conv 12x8x8\nflatten\nrelu",
                                 "conv 12x3x3\nlogsoftmax", "conv 10x8x8",
                                 "conv 12x8x8"])  # fmt: skip
def test_the_number_of_outputs_is_mended_as_the_message_says(end: str) -> None:
    text = f"input 1x8x8\n{end}\ndata digits\n"
    (found,) = check(text).diagnostics
    assert found.code == "E036"
    lines = end.split("\n")
    if "both before" in found.fix:
        lines[-1:] = ["flatten", "linear 10", lines[-1]]
    elif "behind" in found.fix or "`flatten` and" in found.fix:
        lines += ["flatten"] * ("flatten" in found.fix) + ["linear 10"]
    else:
        lines.append("flatten")
    mended = check(text.replace(end, "\n".join(lines)))
    assert mended.graph is not None and not mended.diagnostics


def test_batchnorm_of_single_values() -> None:
    batch = "  batch 1\n"
    assert codes("linear 9 bias no\nbatchnorm\nlinear 10", more=batch) == ["W010"]
    assert codes("linear 9 bias no\nbatchnorm  # allow W010\nlinear 10", more=batch) == []
    assert codes("linear 9 bias no\nbatchnorm\nlinear 10", more="  batch 2\n") == []
    one = "reshape 64x1x1\nbatchnorm\nflatten\nlinear 10"
    assert codes(one, more=batch) == ["W010"]
    assert codes(one.replace("64x1x1", "1x8x8"), more=batch) == []


@pytest.mark.parametrize(
    "rate",
    ["0.1 cosine", "0.1 0.01 at 3 epochs cosine", "0.1 cosine warmup 1 epoch",
     "0.1 warmup 1 epoch cosine"],
)  # fmt: skip
def test_a_cosine_needs_an_end(rate: str) -> None:
    text = f"input 8\nlinear 10\ntrain\n  stop when loss stalls for 3 epochs\n  rate {rate}\n"
    (found,) = check(text).diagnostics
    assert (found.code, found.span.line) == ("E054", 5)
    assert "stop after 20 epochs" in found.fix and "beside the `stop when`" in found.fix
    mended = check(text + "  stop after 20 epochs\n").graph
    assert mended is not None and mended.train is not None and mended.train.stop_when
    assert check(text.replace("stop when loss stalls for 3 epochs", "seed 3")).graph is not None
    assert check(text.replace("cosine", "")).graph is not None
