"""How the command line speaks: results to standard output, everything else to standard error."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from dsl.diagnostics import Diagnostic, SpecError, render
from dsl.errors import LenetError

INTERRUPTED = 130
MOST = 100  # diagnostics that a person may want to scroll through


def wants_colour(stream: TextIO) -> bool:
    """On a terminal only, and not with NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def show_diagnostics(
    path: str,
    source: str,
    diagnostics: tuple[Diagnostic, ...],
    imports: Mapping[str, str] | None = None,
) -> None:
    colour = wants_colour(sys.stderr)
    for diagnostic in diagnostics[:MOST]:
        note(render(diagnostic, path, source, colour, imports))
    if len(diagnostics) > MOST:
        note(f"… and {len(diagnostics) - MOST} more\n")


def show_error(error: LenetError) -> None:
    if isinstance(error, SpecError):
        show_diagnostics(error.path, error.source, error.diagnostics, error.imports)
        note(error.title)
        return
    bold, end = ("\033[31;1m", "\033[0m") if wants_colour(sys.stderr) else ("", "")
    note(f"{bold}error: {error.title}{end}")
    for label, text in (("", error.detail), ("fix: ", error.fix)):
        if text:
            note(f"  {label}{text}")


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
