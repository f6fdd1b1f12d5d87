"""The options of a run (runtime/options.py) as parameters of a function and of a command."""

import inspect
from collections.abc import Callable
from dataclasses import Field
from functools import wraps
from inspect import Parameter
from typing import Annotated, Any, TypeVar

from lenet.runtime.options import Described, described_options

Function = TypeVar("Function", bound=Callable[..., Any])


def takes_options(without: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """In place of its `**options`, a function gets each option as a keyword with its default, but
    those that it goes `without`; and in the docstring, in place of OPTIONS, a line for each that is
    not there yet."""

    def changed(function: Function) -> Function:
        own = _own(function)
        added = {
            name: Parameter(
                name, Parameter.KEYWORD_ONLY, default=known.default, annotation=known.type
            )
            for name, (known, _) in described_options().items()
            if name not in own and name not in without
        }
        signature = inspect.signature(function).replace(parameters=[*own.values(), *added.values()])

        @wraps(function)
        def checked(*arguments: Any, **keywords: Any) -> Any:
            signature.bind(*arguments, **keywords)  # TypeError for what is no option
            return function(*arguments, **keywords)

        lines = [f"    {name}: {described_options()[name][1].help}." for name in added]
        checked.__doc__ = (function.__doc__ or "").replace("    OPTIONS", "\n".join(lines))
        checked.__signature__ = signature  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return changed


def command_takes_options(
    before: str, without: tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """In place of its `**options`, a command gets each option, None where it is not given, but
    those that it goes `without`; in its help they stand before one of its own parameters."""

    def changed(function: Function) -> Function:
        own = _own(function)
        added = {
            name: Parameter(
                name, Parameter.KEYWORD_ONLY, default=None, annotation=_on_a_line(known, described)
            )
            for name, (known, described) in described_options().items()
            if name not in without
        }
        place = list(own).index(before)
        parameters = [*own.values()]
        parameters = [*parameters[:place], *added.values(), *parameters[place:]]
        parameters = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in parameters]
        function.__annotations__ = {each.name: each.annotation for each in parameters}
        function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return function

    return changed


def _own(function: Callable[..., Any]) -> dict[str, Parameter]:
    found = inspect.signature(function).parameters
    return {name: each for name, each in found.items() if each.kind is not Parameter.VAR_KEYWORD}


def _on_a_line(known: Field[Any], described: Described) -> Any:
    """The option as typer takes it."""
    import typer

    default = f" [{known.default}]" if known.default is not None else ""
    words = described.help
    if not any(words.startswith(value) for value in described.choices):  # which stay as they are
        words = words[0].upper() + words[1:]
    text = f"{words}{default}."
    option = typer.Option(min=described.least, metavar=described.metavar, help=text)
    return Annotated[known.type | None, option]  # type: ignore[operator]
