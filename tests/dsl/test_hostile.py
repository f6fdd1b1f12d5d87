"""Small specs that stand for much, or that make the checker look again and again: all answered in
time, with the mistakes that they have."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lenet.dsl.check import Checked, check, reader_of
from lenet.dsl.messages.diagnostics import SpecError, closest
from lenet.dsl.syntax.fix import fix
from lenet.dsl.syntax.format import format_text
from lenet.pages.draw import draw_svg

FOLDER = Path(__file__).parent / "hostile"
SECONDS = 2.0  # of the processor: four times what is promised, for a machine with other work
# What is read once, before any time is taken.
check((Path(__file__).parents[2] / "specs" / "lenet5.lenet").read_text())


def towers(leaf: str, parameter: str = "", value: str = "", count: int = 40) -> str:
    """Blocks that each use the one before twice."""
    text = f"input 4x8x8\nblock z0{parameter}\n  {leaf}\n"
    for k in range(1, count):
        text += f"block z{k}{parameter}\n" + f"  z{k - 1}{value}\n" * 2
    return f"{text}z{count - 1}{' 1' * bool(parameter)}\n"


def nested(line: str, depth: int = 30) -> str:
    repeats = "".join("  " * k + "repeat 5000\n" for k in range(depth))
    return f"input 4x8x8\n{repeats}{'  ' * depth}{line}\n"


def bodies_by_mistake() -> str:
    text = "input 8\n"
    for k in range(110):
        body = "".join("  " * depth + "relu\n" for depth in range(1, 38))
        text += f"block b{k}\n{body}{'  ' * 38}{f'b{k - 1}' if k else 'relu'}\n"
    return text + "b109\n"


def answered(text: str) -> Checked:
    """All that is asked about a file, each in time."""

    def timed(ask: Callable[[], object]) -> None:
        begin = time.process_time()
        ask()
        assert time.process_time() - begin < SECONDS

    begin = time.process_time()
    checked = check(text)
    assert time.process_time() - begin < SECONDS
    timed(lambda: format_text(text))
    timed(lambda: SpecError("x", text, checked.diagnostics))
    if checked.graph is not None:
        graph = checked.graph
        timed(lambda: draw_svg(graph, "x"))
    return checked


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (towers("relu"), {"E043"}),
        (towers("rleu"), {"E043", "E010"}),
        (towers("conv 4x3x3 pda 1 strid 2"), {"E043", "E011"}),
        (towers("linear widht"), {"E043", "E014"}),
        (towers("conv 4x30x30 -> 4x8x8"), {"E043", "E030"}),
        (towers("repeat n\n    relu", "(n)", " 2*n"), {"E043", "E016"}),
        (towers("rleu 3", "(n)", " n + 1"), {"E043", "E010"}),
        (towers("repeat 5000", "(n)", " n + 1", count=9), {"E062"}),
        (towers("relu", count=101), {"E043"}),
        (nested("relu"), {"E043"}),
        (nested("rleu"), {"E043", "E010"}),
        (nested("repeat 0"), {"E043", "E062"}),
        ("let a = 9**9**9\ninput 8\n", {"E001"}),
        ("let a = " + "9" * 1500 + "\ninput 8\n", {"E016"}),
        ("let a = 1e999999999\ninput 8\n", {"E016"}),
        ("let a = " + "*".join(["99999999"] * 150) + "\ninput 8\n", {"E016"}),
        ("let a = " + "(" * 900 + "1" + ")" * 900 + "\ninput 8\n", {"E006"}),
        ("input 1x2147483647x1\nconv 1x1000000000x1 pad same\n", {"E041"}),
        (bodies_by_mistake(), {"E023", "E006"}),
        ("input 8\n" + " " * 10**6 + "relu\n", {"E023", "E006"}),
        ("input 8\nrelu" + "\t" * 10**6 + "1\n", {"E006"}),
    ],
    ids=range(21),
)  # fmt: skip
def test_answered_in_time(text: str, codes: set[str]) -> None:
    found = {d.code for d in answered(text).diagnostics}
    assert found == codes


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.lenet")), ids=lambda path: path.stem)
def test_files_that_took_seconds(path: Path) -> None:
    answered(path.read_text())


def test_a_block_that_is_used_by_many_is_looked_at_once() -> None:
    """And so are its mistakes; the lowered lines grow with the text, and not with its meaning."""
    for leaf in ("rleu", "conv 4x30x30", "let a = 3"):
        assert answered(towers(leaf)).lowered.visited < 400


def test_deep_nets_are_checked_in_linear_time() -> None:
    checked = answered("input 4x8x8\nrepeat 2499\n  conv 4x3x3 pad 1\n  relu\n")
    assert checked.graph is not None and len(checked.graph.nodes) == 4999
    wide = "input 8\nconcat\n" + "  path\n" * 4000
    assert answered(wide).graph is not None


def test_the_largest_nets_are_no_mistake() -> None:
    """5,000 layers with the input, and not those that are repeated 0 times."""
    for text in (
        "input 8\nrepeat 4999\n  relu\n",
        "input 8\nrepeat 0\n  repeat 4999\n    relu\nrepeat 2499\n  relu\n  tanh\n",
        "block b(n)\n  repeat n\n    relu\ninput 8\nb 2500\nb 2499\n",
    ):
        assert answered(text).graph is not None
        assert {d.code for d in answered(text + "repeat 2\n  relu\n").diagnostics} == {"E043"}
    assert answered("input 8\nrepeat 5000\n  relu\n").graph is None


def test_imports_that_double() -> None:
    files = {f"f{k}.lenet": f'import "f{k + 1}.lenet"\n' * 2 + f"let a{k} = 1\n" for k in range(90)}
    files["f90.lenet"] = "let end = 8\n"
    begin = time.process_time()
    checked = check('import "f0.lenet"\ninput end\n', read=reader_of(files))
    assert time.process_time() - begin < SECONDS
    assert checked.graph is not None


def test_many_mistakes_are_reported_and_mended() -> None:
    text = "input 4x8x8\n" + "".join(f"rleu{k} 3\n" for k in range(500)) + "rleu\n" * 500
    found = answered(text).diagnostics
    assert len(found) == 1000
    fixed, count = fix(text, lambda t: check(t).diagnostics)
    assert count >= 500 and "rleu\n" not in fixed


def test_lines_nested_too_deeply_stay_so() -> None:
    text = "input 8\n" + "".join("  " * k + "repeat 1\n" for k in range(45)) + "  " * 45 + "relu\n"
    once = format_text(text)
    assert format_text(once) == once
    before, after = ({d.code for d in check(t).diagnostics} for t in (text, once))
    assert "E006" in before & after


def test_did_you_mean() -> None:
    assert closest("cnov", ["conv", "concat"]) == "conv"
    assert closest("c" * 10**5, ["conv", "concat"]) is None
    # As before the letters were compared first.
    assert closest("maxpol", ["avgpool", "maxpool"]) == "maxpool"
    assert closest("abcdef", ["uvwxyz"]) is None
