"""The reference of the command line and of the Python API, from what `--help` and help() say."""

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import click

import lenet
from lenet.cli import program

_COMMANDS = """# The command line

<!-- Written by `make docs`: edit the commands, in lenet/commands, instead. -->

What `lenet --help` and `lenet COMMAND --help` say. A mistake ends a command with one message and
exit code 1, wrong usage with 2, a signal with 128 and its number. With `--json`, standard output is
for programs. `python -m lenet` is the same program.
"""
_PYTHON = """# Python

<!-- Written by `make docs`: edit the docstrings instead. -->

What `import lenet` gives; `help(lenet.train)` says the same. Mistakes raise `LenetError`, whose
text is what the command line would print.
"""
_WIDTH = 88  # of a call
_ML = """## lenet.ml

Estimators and models for pipelines of Spark ML; they need the extra `spark`.
"""


def commands_reference() -> str:
    """The page of the command line, in 80 columns."""
    root = program()
    parts = [_COMMANDS]
    parts += [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _helps(root, "lenet")]
    return "\n".join(parts)


def _helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """The names and texts of a command and of all below it."""
    context = click.Context(command, info_name=name, terminal_width=80, max_content_width=80)
    lines = command.get_help(context).splitlines()
    yield name, "\n".join(line.rstrip() for line in lines)
    for below, one in sorted(getattr(command, "commands", {}).items()):
        yield from _helps(one, f"{name} {below}")


def python_reference() -> str:
    """The page of what is public in Python."""
    from lenet import ml

    parts = [_PYTHON]
    parts += [_described(f"lenet.{name}", getattr(lenet, name)) for name in lenet.__all__]
    parts.append(_ML)
    parts += [_described(f"lenet.ml.{name}", getattr(ml, name)) for name in ml.__all__]
    return "\n".join(parts)


def _described(name: str, thing: Any) -> str:
    """A section: a function, a module's functions, or a class with what it has of its own."""
    blocks = [_block(name, thing)]
    if inspect.ismodule(thing) or inspect.isclass(thing):
        own = [key for key in vars(thing) if not key.startswith("_")]
        members = [(key, inspect.getattr_static(thing, key)) for key in own]
        blocks += [_block(f"{name}.{key}", one) for key, one in members if _is_told(thing, one)]
    return f"## {name}\n\n```text\n" + "\n\n".join(blocks) + "\n```\n"


def _is_told(owner: Any, member: Any) -> bool:
    """Whether it is described, and the owner's own."""
    if inspect.ismodule(owner):
        return inspect.isfunction(member) and member.__module__ == owner.__name__
    inner = getattr(member, "__func__", member)
    return bool(isinstance(inner, property) or inspect.isfunction(inner)) and bool(inner.__doc__)


def _block(name: str, thing: Any) -> str:
    """The call, with names and defaults, and the docstring below it."""
    inner = getattr(thing, "__func__", thing)
    called = ""
    if callable(inner) and not inspect.ismodule(inner):
        called = _signature(inner)
    first = textwrap.fill(f"{name}{called}", _WIDTH, subsequent_indent=" " * (len(name) + 1))
    text = [_wrapped(line) for line in (inspect.getdoc(inner) or "").splitlines()]
    return "\n".join([first, *text])


def _wrapped(line: str) -> str:
    """Below the call; continued, where it is long, as docstrings are continued."""
    margin = " " * (4 + len(line) - len(line.lstrip()))
    return textwrap.fill(
        line.strip(), 104, initial_indent=margin, subsequent_indent=f"{margin}    "
    )


def _signature(function: Any) -> str:
    """As it is called: types are the docstring's."""
    given = inspect.signature(function).parameters.values()
    shown = [
        one.replace(annotation=inspect.Parameter.empty)
        for one in given
        if one.name not in ("self", "cls")
    ]
    return str(inspect.Signature(shown))
