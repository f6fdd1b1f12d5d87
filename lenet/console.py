"""How the command line speaks: results to standard output, everything else to standard error."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from dsl.clean import clean, clean_json, clean_lines
from dsl.diagnostics import Diagnostic, SpecError, render
from dsl.errors import LenetError

INTERRUPTED = 130
MOST = 100  # diagnostics that a person may want to scroll through


def wants_colour(stream: TextIO) -> bool:
    """On a terminal only, and not with NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def note(*lines: str) -> None:
    """To standard error."""
    print(*map(clean, lines), sep="\n", file=sys.stderr, flush=True)


def say(line: str) -> None:
    """A line of the result."""
    print(clean(line))


def say_lines(text: str) -> None:
    """A result of several lines, with the end of the last one."""
    print(clean_lines(text), end="")


def say_json(value: Any) -> None:
    """A line of the result, for programs."""
    print(clean_json(value), flush=True)


def pass_on(text: str) -> None:
    """What programs read on as it is; a terminal shows it clean."""
    sys.stdout.write(clean_lines(text) if sys.stdout.isatty() else text)


def show_diagnostics(
    path: str,
    source: str,
    diagnostics: tuple[Diagnostic, ...],
    imports: Mapping[str, str] | None = None,
) -> None:
    colour = wants_colour(sys.stderr)
    for diagnostic in diagnostics[:MOST]:
        print(render(diagnostic, path, source, colour, imports), file=sys.stderr, flush=True)
    if len(diagnostics) > MOST:
        note(f"… and {len(diagnostics) - MOST} more", "")


def show_error(error: LenetError) -> None:
    if isinstance(error, SpecError):
        show_diagnostics(error.path, error.source, error.diagnostics, error.imports)
        note(error.title)
        return
    bold, end = ("\033[31;1m", "\033[0m") if wants_colour(sys.stderr) else ("", "")
    print(f"{bold}error: {clean(error.title)}{end}", file=sys.stderr, flush=True)
    for label, text in (("", error.detail), ("fix: ", error.fix)):
        if text:
            first, *rest = text.splitlines()
            note(f"  {label}{first}", *(f"  {' ' * len(label)}{line}" for line in rest))


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """A user's mistake ends the program with one message and exit code 1, never a traceback."""
    try:
        yield
        sys.stdout.flush()
    except LenetError as error:
        show_error(error)
        raise SystemExit(1) from None
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        show_error(LenetError(f"{name}{error.strerror or error}"))
        raise SystemExit(1) from None
    except MemoryError:
        show_error(
            LenetError("there is not enough memory", "", "make the net or the batch smaller")
        )
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        note("stopped")
        raise SystemExit(INTERRUPTED) from None
