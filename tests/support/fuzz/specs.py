"""Mutants of specs: each is answered in time, by a net or by mistakes with places in the file."""

import ast
import io
import resource
import signal
import time
import tokenize
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

from fuzz.spec_mutants import mutant
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.target import Target
from lenet.dsl.check import Checked, check, check_graph, reader_of
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import clean_lines
from lenet.dsl.messages.diagnostics import Diagnostic, SpecError, decoded, render
from lenet.dsl.messages.wording import CODES
from lenet.dsl.syntax.fix import fix
from lenet.dsl.syntax.format import format_text
from lenet.pages.draw import draw_svg
from lenet.shapes import folded

# Of the processor, for any one question about a file of some kB: half of it on a quiet machine.
SECONDS = 1.0
_ROUNDS = 20  # of check, that `fix` may go through
_HANGS = 30.0  # seconds of the processor, after which no answer is expected any more
_MEBIBYTES = 400  # that a mutant may need
_SMALL = 40  # layers of a net whose kernels are written
_FEW = 10**6  # parameters of such a net
# At the end of some lines of mutants, behind a #: must stay in comments.
MARK = "zq'''\"\"\"; import os; zq"

T = TypeVar("T")


def run(seed: int) -> str:
    data, imports = mutant(Random(seed), MARK)
    shown = f"seed {seed}: {data!r} importing {dict(imports)!r}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with _no_hang():
            outcome = answered(data, imports)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{shown}") from error
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}: {error}\n{shown}") from error
    needed = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 2**10
    assert needed < _MEBIBYTES, f"{needed} MiB\n{shown}"
    return outcome


def answered(data: bytes, imports: Mapping[str, str]) -> str:
    """What becomes of a file, in a few words; AssertionError where it is not what was promised."""
    try:
        text = decoded(data, "x.lenet")
    except LenetError:
        return "refused: no text"
    read = reader_of(imports)
    checked = _in_time("check", lambda: check(text, read=read))
    errors = [d for d in checked.diagnostics if d.severity == "error"]
    assert (checked.graph is None) == bool(errors), "neither a net nor an error, or both"
    _check_places(checked, text)
    _in_time("render", lambda: SpecError("x.lenet", text, checked.diagnostics, checked.imports))
    once = _in_time("fmt", lambda: format_text(text))
    assert format_text(once) == once, "fmt twice is not fmt"

    def again(changed: str) -> tuple[Diagnostic, ...]:
        return check(changed, read=read).diagnostics

    again(_in_time("fix", lambda: fix(text, again), _ROUNDS)[0])
    if checked.graph is None:
        return f"refused: {errors[0].code}"
    _check_sound(checked.graph, once, imports)
    return "sound" if len(checked.graph.nodes) <= _SMALL else "sound, large"


def _check_places(checked: Checked, text: str) -> None:
    """In every diagnostic, and in what is shown of it."""
    lines = {file: t.split("\n") for file, t in {"": text, **checked.imports}.items()}
    for found in checked.diagnostics:
        assert found.code in CODES, found
        for span in (found.span, *(related.span for related in found.related)):
            assert 1 <= span.line <= len(lines[span.file]), found
            width = len(lines[span.file][span.line - 1])
            assert 1 <= span.column < span.end_column <= width + 2, (found, width)
        shown = render(found, "x.lenet", text, imports=checked.imports)
        assert shown.endswith("\n") and f"[{found.code}]" in shown, shown
        assert clean_lines(shown) == shown, f"{shown!r} is not clean"


def _check_sound(graph: Graph, formatted: str, imports: Mapping[str, str]) -> None:
    again = check_graph(formatted, "x.lenet", imports=imports)
    assert again.nodes == graph.nodes, f"another net after fmt: {formatted!r}"
    assert _in_time("draw", lambda: draw_svg(graph, "x")).startswith("<svg")
    assert sum(row.get("layers", 1) for row in folded(graph)) == len(graph.nodes)
    if len(graph.nodes) > _SMALL or graph.parameter_count > _FEW:
        return
    try:
        source = compile_graph(graph, Target("test", 32, 16)).source
    except LenetError:
        return
    ast.parse(source)
    assert MARK not in _code(source), "a comment of the spec has become code"


def _code(source: str) -> str:
    """A module without comments and docstrings."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    words = (t.string for t in tokens if t.type not in (tokenize.COMMENT, tokenize.STRING))
    return " ".join(words)


def _in_time(what: str, ask: Callable[[], T], times: int = 1) -> T:
    begin = time.process_time()
    answer = ask()
    seconds = time.process_time() - begin
    assert seconds < times * SECONDS, f"{what} took {seconds:.2f} s"
    return answer


@contextmanager
def _no_hang() -> Iterator[None]:
    def late(*_: object) -> None:
        raise AssertionError(f"no answer in {_HANGS} s")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, _HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


# What is read once, before any time is taken.
check((Path(__file__).parents[3] / "specs" / "lenet5.lenet").read_text())
