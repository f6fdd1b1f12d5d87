"""What `%load_ext lenet` does to an IPython shell, and what undoes it."""

from typing import Any

from lenet.dsl.errors import LenetError
from lenet.notebook.completion import complete_cell
from lenet.notebook.magic import LenetMagics
from lenet.notebook.mistakes import error_lines

_TRACEBACK = "_render_traceback_"  # by which IPython asks an error how it wants to be shown


def load(shell: Any) -> None:
    """Give it `%%lenet`, completion in such cells, and errors of ours as messages."""
    shell.register_magics(LenetMagics)
    if complete_cell not in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.append(complete_cell)
    setattr(LenetError, _TRACEBACK, error_lines)


def unload(shell: Any) -> None:
    """Take it all away again."""
    shell.magics_manager.magics["cell"].pop("lenet", None)
    if complete_cell in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(complete_cell)
    if hasattr(LenetError, _TRACEBACK):
        delattr(LenetError, _TRACEBACK)
