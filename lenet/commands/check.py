"""`lenet check`: the mistakes of files, all at once."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Json, Set, read_pairs, spec_files
from lenet.dsl.check import Checked, check
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.messages.diagnostics import Diagnostic, imports_of, read_source
from lenet.dsl.syntax.fix import fix
from lenet.memory import memory_warnings
from lenet.terminal.console import note, say, say_json, show_diagnostics, show_error


def check_files(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Files, or folders of .lenet files.")
    ],
    as_json: Json = False,
    set_: Set = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    apply: Annotated[
        bool, typer.Option("--fix", help="Write the mechanical fixes into the files.")
    ] = False,
) -> None:
    """Find all mistakes of .lenet files.

    A file of blocks, tables and constants, for others to import, needs no net.

    The exit code is 1 if there is one.
    """
    settings = read_pairs(set_)
    failed = False
    for path in spec_files(files):
        try:
            source = read_source(path)
            if apply:
                source = _fixed(path, source, settings)
            checked = _checked(path, source, settings, strict)
        except LenetError as error:
            show_error(error)
            failed = True
            continue
        failed = failed or any(d.severity == "error" for d in checked.diagnostics)
        if as_json:
            for diagnostic in checked.diagnostics:
                say_json(diagnostic.as_dict(str(path)))
        else:
            show_diagnostics(str(path), source, checked.diagnostics, checked.imports)
            say(f"{path}: {_verdict(checked)}")
    if failed:
        raise typer.Exit(1)


def _checked(path: Path, source: str, settings: dict[str, Fraction], strict: bool) -> Checked:
    checked = check(source, settings, imports_of(path)).as_definitions()
    if checked.graph is not None:
        more = memory_warnings(checked)
        more += _of_teacher(path, checked.graph)
        checked = replace(checked, diagnostics=(*checked.diagnostics, *more))
    if strict:
        strictly = tuple(replace(d, strict=True) for d in checked.diagnostics)
        checked = replace(checked, diagnostics=strictly)
    return checked


def _of_teacher(path: Path, graph: Graph) -> list[Diagnostic]:
    """What is wrong with the model that teaches the net, if one does."""
    if graph.train is None or graph.train.teach is None:
        return []
    from lenet.runtime.teaching import look_at_teacher

    found = look_at_teacher(graph, path)
    return [] if found is None else [found]


def _fixed(path: Path, source: str, settings: dict[str, Fraction]) -> str:
    """The text after all mechanical fixes, which are also written."""
    from lenet.runtime.machine.files import write_atomically

    read = imports_of(path)
    text, count = fix(source, lambda text: check(text, settings, read).diagnostics)
    if text != source:
        write_atomically(path, text.encode())
        note(f"{path}: fixed {count} mistake{'s' if count > 1 else ''}")
    return text


def _verdict(checked: Checked) -> str:
    counts = {"error": 0, "warning": 0}
    for diagnostic in checked.diagnostics:
        counts[diagnostic.severity] += 1
    words = [f"{n} {what}{'s' if n > 1 else ''}" for what, n in counts.items() if n]
    if checked.only_defines and not counts["error"]:
        return ", ".join(["ok", *words, "definitions and no net"])
    if checked.graph is None or counts["error"]:
        return ", ".join(words)
    return ", ".join(["ok", *words, f"{checked.graph.parameter_count:,} parameters"])
