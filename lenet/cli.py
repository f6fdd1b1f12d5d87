"""The command line: `lenet check`, `lenet train` and their like."""

import gc
import importlib
import os
import sys
from collections.abc import Callable
from functools import wraps
from io import TextIOWrapper
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

import lenet.terminal.garbage  # noqa: F401 - before the others
from lenet import __version__
from lenet.dsl.messages.clean import clean_lines
from lenet.terminal.console import errors_as_messages

_HELP = """
lenet trains neural networks that are written as plain text, one layer a line.

A file net.lenet may read:

\b
    input 1x28x28
    conv 6x5x5
    tanh
    maxpool 2
    reshape 6*12*12
    linear 10
    logsoftmax
    data mnist
    train
      loss nll
      rate 0.1
      batch 128
      stop after 5 epochs

Then:

\b
    lenet new data.csv --predict price
    lenet check net.lenet      finds mistakes, all at once
    lenet explain conv         explains a layer, an option or a code
    lenet shapes net.lenet     shows every layer's output and parameters
    lenet draw net.lenet       draws the net as an SVG picture
    lenet bench net.lenet      measures it: images/s, kernels, memory
    lenet data show net.lenet  draws its images by class, and counts them
    lenet rate net.lenet       draws the learning rate; --find finds one
    lenet train net.lenet      trains it on Spark, here or on a cluster
    lenet search net.lenet     tries what its section `search` says
    lenet compress runs/.../model.safetensors --channels 0.5
    lenet report runs/...      writes a page about a run, or several
    lenet predict runs/.../model.safetensors image.png
    lenet forecast runs/.../model.safetensors series.csv
    lenet recommend runs/.../model.safetensors --user 7 --top 10
    lenet serve runs/.../model.safetensors
    lenet export runs/.../model.safetensors -o net.onnx
    lenet import net.onnx -o net.lenet
    lenet doctor               looks at Java, Spark, caches, cores and memory

`lenet train` without a file trains a small net on 8x8 digits in seconds.
"""

# The commands' modules and functions: imported when one is called, or told of.
_PLACES = (
    "new.new", "check.check_files", "fmt.format_files", "explain.explain_word",
    "shapes.show_shapes", "draw.draw_file", "compile.compile_file", "bench.bench", "rate.rate",
    "train.train", "search.search", "compress.compress", "evaluate.evaluate", "report.report",
    "predict.predict", "forecast.forecast", "recommend.recommend", "embed.embed",
    "export.export", "serve.serve", "doctor.doctor", "lsp.serve", "import_file.import_file",
    "data.app",
)  # fmt: skip
_COMMANDS = {place.partition(".")[0].removesuffix("_file"): place for place in _PLACES}


class _Commands(TyperGroup):
    """The subcommands, of which only those that are needed are imported."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def import_all(self) -> None:
        """Have all of them in `commands`."""
        context = click.Context(self)
        for name in _COMMANDS:
            self.get_command(context, name)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:  # what may be meant is chosen from those that are here
            self.import_all()
            return None
        if name not in self.commands:
            module, _, attribute = _COMMANDS[name].partition(".")
            found = getattr(importlib.import_module(f"lenet.commands.{module}"), attribute)
            if not isinstance(found, typer.Typer):
                function, found = found, typer.Typer(add_completion=False, rich_markup_mode=None)
                found.command(name)(function)
            self.add_command(_all_with_messages(typer.main.get_command(found)), name)
        return self.commands[name]


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def program() -> click.Group:
    """The program, with all its commands."""
    found = typer.main.get_command(app)
    assert isinstance(found, _Commands)
    found.import_all()
    return found


def _all_with_messages(command: click.Command) -> click.Command:
    """The command, or all of a group, with its errors as messages and exit codes."""
    for each in command.commands.values() if isinstance(command, click.Group) else (command,):
        assert each.callback is not None
        each.callback = _with_messages(each.callback)
    return command


def _with_messages(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        with errors_as_messages():
            function(*args, **kwargs)

    return run


def main() -> None:
    """Run the command that sys.argv names, and exit with its code."""
    gc.freeze()  # what is here stays
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for terminals without UTF-8
    with errors_as_messages():
        try:
            code = app(standalone_mode=False)
        except click.ClickException as error:  # wrong usage
            error.message = clean_lines(error.message)
            error.show()
            code = error.exit_code
    sys.exit(code)


def _open_streams() -> None:
    """Of a process that was started without some of its three: what is written goes nowhere."""
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdin, sys.stdout, sys.stderr = (
        stream or open(number, mode)  # noqa: SIM115 - as long as the process lasts
        for number, (stream, mode) in enumerate(
            ((sys.stdin, "r"), (sys.stdout, "w"), (sys.stderr, "w"))
        )
    )


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"lenet {__version__}")
        raise typer.Exit


@app.callback(help=_HELP)
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options of the program itself."""
