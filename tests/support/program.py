"""The command line in a process of its own, which need not import anything anew."""

import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from lenet.api import load
from lenet.cli import main, program

_PATIENCE = 120  # seconds, after which a child is ended

program()  # with all of its commands
load("input 8\nlinear 2\n")  # with the grammar


def called(
    arguments: Sequence[str], folder: Path, variables: Mapping[str, str]
) -> tuple[int, str, str]:
    """The exit code of `lenet` with these arguments, called in a folder, and what it prints to its
    two streams: a child does all that the program does but its start, which takes the longest."""
    with TemporaryFile() as out, TemporaryFile() as err:
        child = os.fork()
        if not child:
            _become(arguments, folder, variables, out.fileno(), err.fileno())
        _, status = os.waitpid(child, 0)
        told = []
        for file in (out, err):
            file.seek(0)
            told.append(file.read().decode())
    return os.waitstatus_to_exitcode(status), told[0], told[1]


def _become(
    arguments: Sequence[str], folder: Path, variables: Mapping[str, str], out: int, err: int
) -> None:
    code = 70
    signal.alarm(_PATIENCE)
    try:
        os.chdir(folder)
        os.environ.update(variables)
        for number, given in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
            os.dup2(given, number)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
            for number, mode in enumerate("rww")
        )
        sys.argv = ["lenet", *arguments]
        main()
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
