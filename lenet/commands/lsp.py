"""`lenet lsp`: the language server."""

from typing import Annotated

import typer

from lenet.runtime.extras import need


def serve(
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Speak over standard input and output, as always.")
    ] = True,
) -> None:
    """Start the language server, which an editor speaks with over standard input and output.

    It needs more packages: pip install 'lenet[lsp]'.
    """
    need("lsp", "`lenet lsp`")
    from lenet.editor.lsp import serve as run

    run()
