"""`lenet fmt`: the canonical layout of files."""

import difflib
import sys
from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import spec_files
from lenet.dsl.check import check
from lenet.dsl.errors import LenetError
from lenet.dsl.messages.diagnostics import imports_of, read_source
from lenet.terminal.console import note, pass_on, show_error


def format_files(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="Files, folders of .lenet files, or - for the input."),
    ],
    only_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where something would change.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show the changes.")] = False,
    with_shapes: Annotated[
        bool, typer.Option("--shapes", help="Write the shapes behind the lines, as assertions.")
    ] = False,
) -> None:
    """Bring .lenet files into their canonical layout.

    Names, shapes and comments stand in columns; what the file means never changes.
    """
    if files == [Path("-")]:
        pass_on(_formatted(Path("-"), sys.stdin.read(), with_shapes))
        return
    failed = changed = False
    for path in spec_files(files):
        try:
            source = read_source(path)
            text = _formatted(path, source, with_shapes)
        except LenetError as error:
            show_error(error)
            failed = True
            continue
        if text == source:
            continue
        changed = True
        if diff:
            lines = source.splitlines(keepends=True), text.splitlines(keepends=True)
            pass_on("".join(difflib.unified_diff(*lines, str(path), str(path))))
        elif only_check:
            note(f"{path}: its layout is not the canonical one")
        else:
            from lenet.runtime.machine.files import write_atomically

            write_atomically(path, text.encode())
            note(f"{path}: formatted")
    if failed or (changed and (only_check or diff)):
        raise typer.Exit(1)


def _formatted(path: Path, source: str, with_shapes: bool) -> str:
    from lenet.dsl.syntax.format import format_text

    if not with_shapes:
        return format_text(source)
    checked = check(source, read=imports_of(path))
    shapes = {
        line: (before, behind)
        for line, (before, behind) in checked.lowered.shapes.items()
        if behind is not None
    }
    return format_text(source, shapes)
