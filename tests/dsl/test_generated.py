"""Properties of the language: of generated specs, of mutated ones, and of texts that are none."""

import os
import random
import time

import numpy as np
import pytest
from fuzz import specs
from generated import generate
from hypothesis import given, settings
from hypothesis import strategies as st

from lenet.compiler.pipeline import compile_graph
from lenet.compiler.target import Target
from lenet.dsl.check import check
from lenet.dsl.syntax.format import format_text
from lenet.editor.lsp import _check_text  # noqa: F401  (imports without an editor)
from lenet.pages.draw import draw_svg
from nets import make_case

TOKENS = [
    "conv", "6x5x5", "as", "->", "x", "(", ")", "stride", "0", "-", "/", "*", "=", "let", "block",
    "repeat", "add", "path", "\n", "  ", "\t", "#", '"', "1e9", "table", "X", ".", "import", "é",
    "😀", "data", "train", "rate", "epochs", "expect", "input", "batchnorm", "\n  ", "\n    ",
]  # fmt: skip
seeds = st.integers(0, 10**9)


@settings(deadline=None, max_examples=150)
@given(seed=seeds, size=st.integers(2, 14))
def test_what_is_valid_by_construction(seed: int, size: int) -> None:
    spec = generate(seed, size)
    checked = check(spec.text)
    errors = [d.title for d in checked.diagnostics if d.severity == "error"]
    assert checked.graph is not None and not errors, (spec.text, errors)
    assert checked.graph.output == spec.shape
    formatted = format_text(spec.text)
    assert format_text(formatted) == formatted
    again = check(formatted).graph
    assert again is not None and again.nodes == checked.graph.nodes
    shapes = {k: (a, b) for k, (a, b) in checked.lowered.shapes.items() if b is not None}
    asserted = check(format_text(spec.text, shapes)).graph
    assert asserted is not None and asserted.nodes == checked.graph.nodes
    assert draw_svg(checked.graph, "x").startswith("<svg")
    program = compile_graph(checked.graph, Target("test", 32, 16))
    compile(program.source, "kernels.py", "exec")
    assert program.parameter_count == checked.graph.parameter_count


@pytest.mark.parametrize("seed", range(6))
def test_gradients_of_generated_nets(seed: int) -> None:
    """The kernels of any graph against the reference, which knows nothing of the compiler."""
    spec = generate(1000 + seed, 7)
    case = make_case(spec.text, images=21)
    loss, expected, _ = case.reference.gradients(case.values(), case.labels, "crossentropy")
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(loss, rel=1e-4), spec.text
    largest = max((np.abs(value).max() for value in expected.values()), default=0)
    for name, value in expected.items():
        # Gradients of weights before a batchnorm are sums that cancel to almost nothing: what is
        # left of them is as exact as their summands, which are as large as others' gradients.
        bound = 1e-4 * max(np.abs(value).max(), 1e-1 * largest)
        assert np.abs(got[name] - value).max() < bound, (name, spec.text)


@settings(deadline=None, max_examples=100)
@given(text=st.text(st.sampled_from("".join(TOKENS) + "abcx0159 \n\n  "), max_size=200))
def test_texts_that_are_no_specs(text: str) -> None:
    specs.answered(text.encode(errors="replace"), {})


def test_fuzzing_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """LENET_FUZZ_SECONDS says how long; the seed of a text that fails is printed."""
    seconds = float(os.environ.get("LENET_FUZZ_SECONDS", "10"))
    monkeypatch.setattr(specs, "SECONDS", 2 * specs.SECONDS)  # other tests run at the same time
    seed = random.SystemRandom().randrange(10**9)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seed += 1
        specs.run(seed)
