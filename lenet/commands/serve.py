"""`lenet serve`: models for browsers and programs."""

from typing import Annotated

import typer

from lenet.runtime.extras import need
from lenet.terminal.console import note


def serve(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...", help="model.safetensors, or NAME=PATH, or NAME@VERSION=PATH."
        ),
    ],
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0: everywhere.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="LENET_TOKEN", show_envvar=True, metavar="SECRET",
            help="What clients have to know; needed where others can reach the address.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that serve.")] = 1,
    rate: Annotated[
        float, typer.Option(min=0.001, max=1e6, help="Requests a second for each client.")
    ] = 1000.0,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1000, help="Requests that a process works on at once.")
    ] = 32,
    most_mb: Annotated[float, typer.Option(min=0.001, max=1024, help="Of a request's body.")] = 8.0,
    most_rows: Annotated[
        int, typer.Option(min=1, max=2**20, help="Rows or pictures in a request.")
    ] = 1024,
    most_megapixels: Annotated[
        float, typer.Option(min=0.001, max=170, help="Of a picture.")
    ] = 16.0,
) -> None:  # fmt: skip
    """Serve models: a page to draw on, and an API for programs.

    The page is at /, the API's description, OpenAPI 3.1, at /openapi.json, Prometheus' counters at
    /metrics. A file that changes is read again while the old model still answers; SIGHUP looks at
    once. SIGTERM and Ctrl-C finish what is worked on. Requests beyond the limits are refused (429,
    413). It needs more packages: pip install 'lenet[serve]'.
    """
    need("serve", "`lenet serve`")

    from lenet.serve.running import serve_models
    from lenet.serve.settings import Settings

    settings = Settings(
        host=host, port=port, token=token, workers=workers, rate=rate, concurrency=concurrency,
        most_bytes=round(most_mb * 2**20), most_rows=most_rows,
        most_pixels=round(most_megapixels * 2**20),
    )  # fmt: skip
    serve_models(models, settings, note)
