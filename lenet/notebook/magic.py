"""`%%lenet NAME`: a cell that is a net, checked as it is run."""

from keyword import iskeyword
from pathlib import Path

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from lenet.api import network_of, read_settings
from lenet.dsl.check import check
from lenet.dsl.messages.diagnostics import SpecError, decoded, imports_of
from lenet.notebook.mistakes import Mistakes
from lenet.runtime.machine.files import write_atomically
from lenet.terminal.console import say


@magics_class
class LenetMagics(Magics):
    """The cell magics."""

    @magic_arguments()
    @argument("name", nargs="?", default="net", help="The variable that gets the net [net].")
    @argument("--save", metavar="FILE", help="Write the cell into this .lenet file as well.")
    @argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], dest="settings",
        help="Another value for a `let` of the cell.",
    )  # fmt: skip
    @argument("-q", "--quiet", action="store_true", help="Show nothing but mistakes and advice.")
    @cell_magic
    def lenet(self, line: str, cell: str) -> None:
        """Check the cell as a .lenet file, keep its net in a variable, and show it.

        Mistakes are shown below the cell, with the place and what mends them. `import` reads files
        of the working folder, or of that of FILE.
        """
        asked = parse_argstring(self.lenet, line)
        if not asked.name.isidentifier() or iskeyword(asked.name):
            raise UsageError(f"%%lenet: {asked.name!r} cannot be the name of a variable")
        path = Path(_bare(asked.save) if asked.save else asked.name)
        text = decoded(cell.encode(errors="surrogatepass"), path)
        if asked.save:
            write_atomically(path, text.encode())
            if self._only_defines(path, text):
                return
        pairs = [_pair(text) for text in asked.settings]
        try:
            network = network_of(text, path, read_settings(dict(pairs)))
        except SpecError as error:
            display(Mistakes(error.path, error.source, error.diagnostics, error.imports))
            # Below them, in place of all of it once more, a line that stops `Run all`.
            count = error.title
            error._render_traceback_ = lambda: [count]  # type: ignore[attr-defined]
            raise
        assert self.shell is not None
        self.shell.user_ns[asked.name] = network
        if network.warnings:
            source, imports = network.graph.source, network.graph.imports
            display(Mistakes(str(path), source, network.warnings, imports))
        if not asked.quiet:
            display(network)

    def _only_defines(self, path: Path, text: str) -> bool:
        """Whether the cell is a file of blocks, tables and constants for others to import."""
        checked = check(text, {}, imports_of(path)).as_definitions()
        if not checked.only_defines:
            return False
        if checked.diagnostics:
            display(Mistakes(str(path), text, checked.diagnostics, checked.imports))
        say(f"wrote {path}: definitions and no net")
        return True


def _bare(text: str) -> str:
    """Without the quotes around it, which IPython leaves."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] in "'\"" else text


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = _bare(text).partition("=")
    if not equals or not name.strip():
        raise UsageError(f"%%lenet: --set takes NAME=VALUE, not {text!r}")
    return name.strip(), value.strip()
