"""What a .lenet file may say, what it means, and what becomes of texts that are none."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lenet.dsl.check import Checked, check, check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.losses import LOSSES
from lenet.dsl.lower.reader import Duration
from lenet.dsl.messages.diagnostics import SpecError, read_source, render
from lenet.dsl.metrics import named
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.rates import RATES
from lenet.dsl.training.values import Rate
from lenet.runtime.rates import rate_at

SPECS = [
    path
    for path in sorted((Path(__file__).parents[2] / "specs").glob("*.lenet"))
    if "\nimport " not in path.read_text()
]
LONGEST = 2000
NET = "input 1x8x8\nreshape 64\nlinear 10\nlogsoftmax\ndata digits\n"


def graph_of(text: str, **overrides: int) -> Graph:
    checked = check(text, {name: Fraction(value) for name, value in overrides.items()})
    assert checked.graph is not None, [d.title for d in checked.diagnostics]
    return checked.graph


def shape_of(text: str, **overrides: int) -> tuple[int, ...]:
    return graph_of(text, **overrides).output


def places(checked: Checked) -> list[str]:
    """Each diagnostic as code@line:column."""
    return [f"{d.code}@{d.span.line}:{d.span.column}" for d in checked.diagnostics]


def faults(text: str) -> list[str]:
    return places(check(text))


# Sizes and constants


@pytest.mark.parametrize(
    ("size", "value"),
    [
        ("784", 784),
        ("2+3*4", 14),
        ("(2+3)*4", 20),
        ("10-2-3", 5),
        ("24/2/3", 4),
        ("24/(2*3)", 4),
        ("2 * 3", 6),
        ("(-3) + 5", 2),
        ("1e3", 1000),
        ("2.5*4", 10),
        ("0.5 * 4", 2),
        ("(((7)))", 7),
        ("007", 7),
    ],
)
def test_expressions(size: str, value: int) -> None:
    assert shape_of(f"input {size}") == (value,)


@pytest.mark.parametrize(
    "text",
    [
        "input 1x28x28",
        "input 1 x 28 x 28",
        "input 1x 28x 28",
        "let side = 28\ninput 1 x side x side",
        "let side = 28\ninput 1xside x 28",
        "let side = 14\ninput 1x(2*side)x(side+14)",
        "let x = 28\ninput 1 x 28 x x",
        "input   1x28x28   ",
    ],
)
def test_an_x_between_sizes(text: str) -> None:
    assert shape_of(text) == (1, 28, 28)


def test_factors_stay_in_the_messages() -> None:
    (mistake,) = check("input 12x5x5 as conv2\nreshape 12*4*4").diagnostics
    assert mistake.detail == (
        "12*4*4 is 192, but conv2 gives 12x5x5 = 300: "
        "the 2nd factor is 4, the map has 5, and the 3rd factor is 4, the map has 5."
    )
    assert mistake.fix == "write reshape 12*5*5"


def test_constants_are_known_below_their_line_only() -> None:
    assert shape_of("let a = 3\nlet b = a * 2\ninput b + a") == (9,)
    assert faults("input a\nlet a = 3") == ["E014@1:7"]
    assert faults("let a = a\ninput 3") == ["E014@1:9"]


def test_constants_in_sections() -> None:
    train = graph_of("let speed = 1/4\n" + NET + "train\n  rate speed*2\n  batch 1/speed").train
    assert train is not None
    assert (train.rate, train.batch) == (Rate((0.5,)), 4)


def test_settings_override_constants_and_what_follows_from_them() -> None:
    text = "let width = 2\nlet twice = 2*width\ninput twice"
    assert shape_of(text) == (4,)
    assert shape_of(text, width=8) == (16,)
    assert shape_of(text, twice=3) == (3,)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(LenetError, match="widht") as refused:
        check("let width = 2\ninput width", {"widht": Fraction(3)})
    assert refused.value.fix == "did you mean `width`?"


def test_a_setting_of_a_constant_whose_line_is_broken() -> None:
    assert places(check("let width 2\ninput width", {"width": Fraction(3)})) == ["E002@1:11"]


# Lines


def test_options_in_any_order() -> None:
    first = graph_of("input 3x9x9\nconv 4x3x3 stride 2 pad 1 bias no")
    second = graph_of("input 3x9x9\nconv 4x3x3 bias no pad 1x1 stride 2x2")
    assert first.nodes == second.nodes
    assert first.output == (4, 5, 5)
    assert first.parameter_count == 4 * 3 * 3 * 3


def test_names() -> None:
    text = "input 3x9x9\nconv 4x3x3\ntanh\nconv 4x3x3 as my_conv.2-b\ntanh\nrelu"
    nodes = graph_of(text).nodes
    assert [n.name for n in nodes] == ["input", "conv1", "tanh1", "my_conv.2-b", "tanh2", "relu1"]
    assert [n.inputs for n in nodes][:3] == [(), ("input",), ("conv1",)]


def test_lines_do_not_make_a_graph_another() -> None:
    apart, together = graph_of("\n\ninput 8\n\n# tanh\ntanh"), graph_of("input 8\ntanh")
    assert apart.nodes == together.nodes
    assert [node.line for node in apart.nodes] == [3, 6]


def test_declared_shapes() -> None:
    text = "input 1x8x8 -> 1x8x8\nmaxpool 2 as pool -> 1x4x4\nreshape 16 -> 4*4"
    assert shape_of(text) == (16,)
    assert faults("input 1x8x8\nmaxpool 2 -> 1x4x5") == ["E034@2:14"]
    assert faults("input 1x8x8\nmaxpool 2 -> 16") == ["E034@2:14"]


def test_after_a_mistake_the_declared_shape_is_believed() -> None:
    text = "input 1x8x8\nconv 6x9x9 -> 6x4x4\nreshape 6*4*4\nlinear 10\nlinear 5 -> 6"
    assert faults(text) == ["E030@2:6", "E034@5:13"]


def test_after_a_mistake_nothing_cascades() -> None:
    assert faults("input 1x8x8\nconv 6x9x9\nreshape 6*4*4\nlinear 10\nexpect 3 parameters") == [
        "E030@2:6"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("imput 1x28x28\nconv 6x5x5\nreshape 3456\nlinear 10", ["E010@1:1"]),
        ("input 1x28x28 @\nconv 6x5x5\nlinear 10", ["E001@1:15"]),
        ("let k 5\ninput 1 x k x k\nconv 6 x k x k\nlinear k", ["E002@1:7"]),
        ("k = 5\ninput 1 x k x k", ["E001@1:3"]),
        ("let k = 1/0\ninput k -> 5", ["E015@1:9"]),
        (NET.replace("data digits", 'data idx "x') + "train\n  rate 0.1", ["E001@5:10"]),
        (NET.replace("data digits", "dta digits") + "train\n  rate 0.1", ["E010@5:1"]),
        (NET + "train\n  rate 0.1 %", ["E001@7:12"]),
        (NET + "tr@in\n  loss nll\n  foo bar", ["E001@6:3"]),
        ("block b(n)\n  conv n x 3 x 3\n  foo\ninput 1x8x8\nb 3\nlinear 7\n", ["E010@3:3"]),
        ("table t\n  X . X\n  . . X\ninput 8\n", ["E067@1:1"]),
        ("input 8\nrepeat 3\n    relu\n      tanh\nlinear 7", ["E023@4:7"]),
        ("input 8\n  linear 7 -> 7\n  relu\nlinear 7 as q -> 8", ["E023@2:3", "E034@4:18"]),
        ("input 8\ninput 9\ninput 9", ["E021@2:1", "E021@3:1"]),
        ("input 8\nlinear 2 stride 3\nlinear 2 bias\nlinear 3x3", ["E011@2:10", "E012@3:10",
                                                                   "E013@4:8"]),
    ],
)  # fmt: skip
def test_one_mistake_is_reported_once(text: str, expected: list[str]) -> None:
    assert faults(text) == expected


def test_expect() -> None:
    assert graph_of("input 4\nlinear 3\nexpect 15 parameters").parameter_count == 15
    assert graph_of("let n = 3\nexpect 5*n parameters\ninput 4\nlinear n").parameter_count == 15
    assert graph_of("input 4\nexpect 0 parameters").parameter_count == 0
    assert faults("input 4\nlinear 3\nexpect 16 parameters") == ["E035@3:8"]
    assert faults("input 4\nexpect 0 parameters as none") == ["E055@2:1"]


def test_comments() -> None:
    text = '# one\n  # two\ninput 8 # three "\n\n   \n# ( " @ \t\ntanh#four\ndata idx "a # b" # "'
    graph = graph_of(text)
    assert len(graph.nodes) == 2
    assert graph.data is not None
    assert graph.data.path == "a # b"


def test_warnings_can_be_allowed_on_their_line() -> None:
    assert faults("input 1x8x8\nmaxpool 3") == ["W001@2:1"]
    assert faults("input 1x8x8\nmaxpool 3 # allow W001") == []
    assert faults("input 1x8x8\nmaxpool 3 # on purpose # allow W002, W001") == []
    assert faults("input 1x8x8\nmaxpool 3 # allow W002") == ["W001@2:1"]
    assert faults("input 1x8x8 # allow W001\nmaxpool 3") == ["W001@2:1"]
    assert faults("input 1x8x8\nmaxpool 9 # allow E030") == ["E030@2:9"]


# Sections


def test_the_whole_section() -> None:
    body = """
  loss crossentropy
  optimizer sgd momentum 0.9 nesterov weight_decay 0.0005
  rate 0.4 decay 0.0002
  batch 2*64
  stop after 500 iterations
  validate top5 loss top5 every 2 epochs
  log loss every iteration
  log rate
  log parameters every 50 iterations
  seed 7
"""
    text = NET.replace("logsoftmax\n", "") + "  normalize\n  validate 100\ntrain" + body
    graph = graph_of(text)
    data, train = graph.data, graph.train
    assert data is not None and train is not None
    assert (data.kind, data.normalize, data.validate) == ("digits", True, 100)
    assert train.loss == LOSSES["crossentropy"].use()
    assert train.optimizer == OPTIMIZERS["sgd"].use(
        momentum=0.9, nesterov=True, weight_decay=0.0005
    )
    assert train.rate == Rate((0.4,), schedule=RATES["decay"].use(decay=0.0002))
    assert (train.batch, train.seed) == (128, 7)
    assert train.stop == Duration(500, "iterations")
    assert list(map(named, train.metrics)) == ["top5", "loss"]
    assert train.validate_every == Duration(2, "epochs")
    assert dict(train.logs) == {
        "loss": Duration(1, "iterations"),
        "rate": Duration(1, "iterations"),
        "parameters": Duration(50, "iterations"),
    }


def test_sections_may_be_left_out_or_come_first() -> None:
    assert graph_of("input 8").train is None
    first = graph_of("train\n  rate speed\nlet speed = 0.5\n" + NET).train
    assert first is not None
    assert first.rate == Rate((0.5,))


@pytest.mark.parametrize("section", ["train\n  rate 0.1\n", "augment\n  flip horizontal\n"])
def test_sections_do_not_need_data_to_be_right(section: str) -> None:
    """What to train on may come from elsewhere: a DataFrame, arrays, another file."""
    checked = check(NET.replace("data digits\n", section))
    assert checked.graph is not None and not checked.diagnostics


def test_the_rate_falls_as_the_reference_says() -> None:
    rate = Rate((0.4,), schedule=RATES["decay"].use(decay=0.0002))
    assert rate_at(rate, 0) == 0.4
    assert rate_at(rate, 5000) == 0.2


@pytest.mark.parametrize(
    ("words", "duration"),
    [
        ("20 epochs", Duration(20, "epochs")),
        ("1 epoch", Duration(1, "epochs")),
        ("1 iteration", Duration(1, "iterations")),
        ("5*100 iterations", Duration(500, "iterations")),
    ],
)
def test_durations(words: str, duration: Duration) -> None:
    train = graph_of(NET + f"train\n  rate 0.1\n  stop after {words}").train
    assert train is not None
    assert train.stop == duration


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("stop after 20", "E052"),
        ("stop after 2.5 epochs", "E013"),
        ("stop after 0 epochs", "E016"),
        ("stop after epochs", "E014"),
        ("stop after 2x3 epochs", "E055"),
        ("stop 20 epochs", "E055"),
        ("stop after 20 days", "E051"),
        ("stop after 20 epochs now", "E055"),
        ("batch 0", "E016"),
        ("batch 1/3", "E015"),
        ("batch", "E055"),
        ("optimizer sgd momentum 1", "E016"),
        ("optimizer sgd momentum", "E055"),
        ("optimizer sgd speed 3", "E051"),
        ("optimizer sgd weight_decay -1", "E016"),
        ("optimizer sgd momentum 0.9 weight_decay -1e-4", "E016"),
        ("optimizer sgd momentum - 0.5 - 0.1", "E016"),
        ("loss nll smooth -0.1", "E016"),
        ("stop after -3 epochs", "E016"),
        ("stop when loss below -3", "E016"),
        ("clip norm -1", "E016"),
        ("validate top -3 every epoch", "E016"),
        ("validate every epoch", "E055"),
        ("validate loss", "E055"),
        ("validate loss each epoch", "E051"),
        ("log rate each epoch", "E055"),
        ('seed "one"', "E055"),
        ("seed 1 as one", "E055"),
        ("seed 1 -> 3", "E055"),
        ("Rate 0.1", "E050"),
    ],
)  # fmt: skip
def test_lines_that_a_section_refuses(line: str, code: str) -> None:
    assert [d.code for d in check(NET + f"train\n  rate 0.1\n  {line}").diagnostics] == [code]


@pytest.mark.parametrize("rate", ["decay -1", "linear to -1", "warmup -3 epochs"])
def test_no_number_of_a_rate_is_negative(rate: str) -> None:
    (found,) = check(NET + f"train\n  rate 0.1 {rate}").diagnostics
    assert found.code == "E016" and "negative" in found.title


def test_a_difference_of_constants_is_a_number() -> None:
    train = graph_of(f"let m = 1\n{NET}train\n  rate 0.1\n  optimizer sgd momentum m - 0.5").train
    assert train is not None and train.optimizer["momentum"] == 0.5


# All mistakes at once


def test_ten_mistakes_in_one_file() -> None:
    text = """\
let kernel = 5
input 1x28x28
conv 6 x kernl x kernel
tanh                         @
conv 6x5x5 strid 2           -> 6x24x24
maxpool 2 as pool            -> 6x11x12
dense 100                    -> 100
linear 10 as pool
linear 1/3
data mnist
  normalise
train
  rate fast
  stop after 3
"""
    assert faults(text) == [
        "E014@3:10",
        "E001@4:30",
        "E011@5:12",
        "E034@6:33",
        "E010@7:1",
        "E022@8:14",
        "E015@9:8",
        "E050@11:3",
        "E014@13:8",
        "E052@14:14",
    ]


def test_the_exception_carries_them_all() -> None:
    with pytest.raises(SpecError) as refused:
        check_graph("input 8\nfoo\nbar\n", "net.lenet")
    assert refused.value.title == "net.lenet has 2 errors"
    assert [d.code for d in refused.value.diagnostics] == ["E010", "E010"]
    assert " --> net.lenet:3:1" in refused.value.detail


# Texts that are hardly files of the language


@pytest.mark.parametrize("text", ["", "\n", "   \n\n", "# only\n# comments", " # x", "\ufeff"])
def test_nothing(text: str) -> None:
    assert [d.code for d in check(text.removeprefix("\ufeff")).diagnostics] == ["E020"]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"input 8\n\xff\xfe", "line 2"),
        (b"\xff\xfei\x00n\x00", "line 1"),
        (b"input 8\ntanh\x00\n", "zero byte"),
        (b"relu\n" * 300_000, "bytes"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, data: bytes, where: str) -> None:
    path = tmp_path / "bad.lenet"
    path.write_bytes(data)
    with pytest.raises(LenetError, match=where) as refused:
        read_source(path)
    assert "bad.lenet" in refused.value.title


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.lenet"):
        with pytest.raises(LenetError, match="cannot read"):
            read_source(path)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks(tmp_path: Path, end: str, mark: bytes) -> None:
    path = tmp_path / "net.lenet"
    path.write_bytes(mark + end.join(["input 1x8x8", "maxpool 2", "", "data digits"]).encode())
    assert read_source(path) == "input 1x8x8\nmaxpool 2\n\ndata digits"


def test_carriage_returns_that_reach_the_checker() -> None:
    assert shape_of("input 8\r\nlinear 3\r\n") == (3,)


def test_tabs() -> None:
    assert faults("input 8\n\ttanh\nlinear\t3") == ["E004@2:1", "E004@3:7"]
    assert faults("input 8\t\ntanh # a\tb") == []


def test_indentation() -> None:
    good = NET + "train\n      rate 0.1\n\n # far left\n      batch 3\n"
    assert faults(good) == []
    uneven = NET + "train\n    rate 0.1\n  batch 3\n  seed 3\n    log rate\n   log loss\n"
    assert faults(uneven) == ["E005@8:3", "E005@11:4"]
    assert faults("  input 8\n  tanh\nrelu\n") == ["E005@1:3"]


@pytest.mark.parametrize(
    "size",
    [
        "(" * 5000,
        "(" * 5000 + "8" + ")" * 5000,
        "(" * 900 + "8" + ")" * 900,
        "(-" * 500 + "8" + ")" * 500,
        "+".join(["1"] * 900),
        "*".join(["9"] * 900),
        "/".join(["9"] * 900),
        "(" * 210,
    ],
)
def test_deep_expressions(size: str) -> None:
    assert [d.code for d in check(f"input {size}").diagnostics] == ["E006"]


def test_expressions_as_deep_as_they_may_be() -> None:
    assert shape_of("input " + "(" * 200 + "8" + ")" * 200) == (8,)
    assert shape_of("input " + "+".join(["1"] * 201)) == (201,)


@pytest.mark.parametrize(
    "number",
    [
        "1e400",
        "1e-400",
        "1e9999999",
        "1e-9999999",
        "1e" + "9" * 1000,
        "9" * 1900,
        "0." + "3" * 1900,
        "1e200*1e200",
        "1e-200*1e-200",
        "1/1e200/1e200",
        "99999999999",
        "1e250",
        "10" + "*10" * 90,
        "(-1)",
        "1e-250",
    ],
)
def test_numbers_out_of_bounds(number: str) -> None:
    for line in (f"input {number}", f"let a = {number}\ninput a"):
        (mistake,) = check(line).diagnostics
        assert mistake.code in ("E013", "E015", "E016")
        assert len(render(mistake, "f", line)) < 1000


def test_constants_that_grow_and_grow() -> None:
    squares = "".join(f"let a{k + 1} = a{k}*a{k}\n" for k in range(60))
    (mistake,) = check("let a0 = 1000\n" + squares + "input a60").diagnostics
    assert mistake.code == "E016"


def test_settings_out_of_bounds() -> None:
    checked = check("let a = 3\ninput a", {"a": Fraction(10) ** 5000})
    assert [d.code for d in checked.diagnostics] == ["E016"]


@pytest.mark.parametrize(
    "text",
    [
        "input 1x8x8\nconv 99999999x3x3",
        "input 99999x9999x9999",
        "input 1x8x8\nconv 2147483647x8x8",
        "input 1x8x8\nconv 1x1x1 pad 2147483647",
        "input 65536\nlinear 65536",
    ],
)
def test_nets_too_large(text: str) -> None:
    assert [d.code for d in check(text).diagnostics] == ["E041"]


def test_long_lines() -> None:
    name = "a" * (LONGEST - len("input 8 as "))
    assert graph_of(f"input 8 as {name}").nodes[0].name == name
    text = f"input 8 as {name}a"
    (mistake,) = check(text).diagnostics
    assert mistake.code == "E006"
    assert len(render(mistake, "f", text)) < 1000
    (mistake,) = check("relu " * 2_000_000).diagnostics
    assert mistake.code == "E006"


def test_a_place_far_to_the_right_is_shown() -> None:
    text = "input 8" + " " * 1000 + "as  3"
    (mistake,) = check(text).diagnostics
    assert mistake.span.column == 1012
    quoted, under = render(mistake, "f", text).split("\n")[2:4]
    assert quoted[under.index("^")] == "3"
    assert len(quoted) < 200


def test_wide_characters_move_the_underline() -> None:
    (mistake,) = [d for d in check('data idx "数据" foo').diagnostics if d.code == "E055"]
    under = render(mistake, "f", 'data idx "数据" foo').split("\n")[3]
    assert under.index("^") == len("1 | ") + len('data idx "----" ')


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = 'input 8 \x1b[2J\ndata idx "\x1b[31m" \x07'
    shown = "".join(render(d, "f", text) for d in check(text).diagnostics)
    assert shown
    assert all(c.isprintable() or c == "\n" for c in shown)


def test_a_thousand_lines() -> None:
    graph = graph_of("input 8\n" + "linear 8\ntanh\n" * 500)
    assert len(graph.nodes) == 1001


def test_too_many_lines() -> None:
    checked = check("input 8\n" + "# more\n" * 10_000)
    assert places(checked) == ["E006@10001:1"]
    assert len(check("@\n" * 11_000).diagnostics) == 10_001


def test_deep_bodies() -> None:
    text = "\n".join(" " * k + "add" for k in range(1000))
    codes = {d.code for d in check(text).diagnostics}
    assert "E006" in codes


# Whatever happens to a file, the checker answers


def mutate(text: str, edits: list[tuple[str, float, float, str]]) -> str:
    for kind, at, upto, new in edits:
        if kind.endswith("lines"):
            lines = text.split("\n")
            start, end = sorted(int(share * len(lines)) for share in (at, upto))
            middle = {"delete": [], "repeat": lines[start:end] * 2, "indent": [
                "  " + line for line in lines[start:end]]}[kind.split()[0]]  # fmt: skip
            text = "\n".join(lines[:start] + middle + lines[end:])
        else:
            start = int(at * len(text))
            end = min(len(text), start + int(upto * 12)) if kind != "insert" else start
            text = text[:start] + ("" if kind == "delete" else new) + text[end:]
    return text


PIECES = st.one_of(
    st.sampled_from(
        [" ", "\n", "\n  ", "x", "(", ")", "-", "->", " as ", "=", "let ", "/", "*", "#", '"',
         "\t", "0", "1e99", "1e999999", "%", "input 8\n", "train\n", "data ", "repeat 2\n",
         "table t\n", "block b(", "expect ", "\r", "\0", "\u2028", "é", "数", "parameters"]
    ),
    st.text(max_size=4),
)  # fmt: skip
SHARE = st.floats(0, 1)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "replace", "delete lines", "repeat lines",
                         "indent lines"]),
        SHARE, SHARE, PIECES,
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([path.read_text() for path in SPECS]), EDITS)
@example("", [("insert", 0.0, 0.0, "\x85")])
def test_any_text_is_answered(text: str, edits: list[tuple[str, float, float, str]]) -> None:
    text = mutate(text, edits)
    checked = check(text)
    errors = [d for d in checked.diagnostics if d.severity == "error"]
    assert (checked.graph is None) == bool(errors)
    for diagnostic in checked.diagnostics:
        assert diagnostic.code[0] in "EW"
        assert 1 <= diagnostic.span.line <= text.count("\n") + 1
        assert "`None`" not in diagnostic.title or "None" in text
        render(diagnostic, "f.lenet", text, colour=True)
        diagnostic.as_dict("f.lenet")
