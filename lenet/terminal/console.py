"""How the command line speaks: results to standard output, everything else to standard error."""

import errno
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean, clean_json, clean_lines
from lenet.dsl.messages.diagnostics import Diagnostic, SpecError, render
from lenet.runtime.machine.interrupts import Interrupted, interrupted, interruptible, last_words

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
    """The first of a file's diagnostics, to standard error."""
    colour = wants_colour(sys.stderr)
    for diagnostic in diagnostics[:MOST]:
        print(render(diagnostic, path, source, colour, imports), file=sys.stderr, flush=True)
    if len(diagnostics) > MOST:
        note(f"… and {len(diagnostics) - MOST} more", "")


def show_error(error: LenetError) -> None:
    """An error with its detail and its fix, to standard error."""
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


class _Stream:
    """Standard output or error, of which the reader may be gone, as a closed terminal is. What
    cannot be shown must not end a training: it is dropped. But what reads standard output may hang
    up to say that it has seen enough, unless this program is ending anyway."""

    def __init__(self, stream: Any, is_error: bool) -> None:
        self._stream, self._is_error = stream, is_error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._dropped():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._dropped():
            self._stream.flush()

    @contextmanager
    def _dropped(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            gone = error.errno == errno.EIO
            gone |= error.errno == errno.EPIPE and (self._is_error or interrupted())
            if gone:
                _forget(self._stream)
            elif not self._is_error:
                raise


def _forget(stream: TextIO) -> None:
    """Let what is written there go nowhere: Python would complain at exit of what it still has."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _lasting_streams() -> Iterator[None]:
    before = sys.stdout, sys.stderr
    out, error = (
        stream and _Stream(stream, is_error)
        for stream, is_error in zip(before, (False, True), strict=True)
    )
    sys.stdout, sys.stderr = out, error  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """A user's mistake ends the program with one message and exit code 1, never a traceback; a
    signal ends it with 128 and the signal's number."""
    with interruptible(), _lasting_streams():
        try:
            yield
            sys.stdout.flush()
        except LenetError as error:
            show_error(error)
            raise SystemExit(1) from None
        except BrokenPipeError:
            _forget(sys.stdout)  # the reader, such as `head`, has seen enough
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
        except KeyboardInterrupt as stop:
            last_words()
            note("stopped")
            sys.stdout.flush()
            number = stop.number if isinstance(stop, Interrupted) else signal.SIGINT
            raise SystemExit(128 + number) from None
