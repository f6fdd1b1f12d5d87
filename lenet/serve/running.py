"""The server's process, or processes: sockets, signals, and an orderly end."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from lenet.dsl.errors import LenetError
from lenet.runtime.machine.cores import available_cores
from lenet.serve.app import App
from lenet.serve.limits import Rate
from lenet.serve.measures import Measures
from lenet.serve.protocol import BoundedHttp
from lenet.serve.served import Named, Served
from lenet.serve.settings import Settings
from lenet.serve.shelf import Looked, Shelf
from lenet.serve.workers import supervise

_WAITING = 2048  # connections that the system holds until they are taken
_MOST_OPEN = 1024  # connections of a process; more are answered 503
Say = Callable[[str], None]


def serve_models(models: Sequence[str], settings: Settings, say: Say) -> None:
    """Serve until SIGINT or SIGTERM, after which what is worked on is finished. LenetError where a
    model cannot be served or the address is taken."""
    wanted = [Named.of(text) for text in models]
    listening = _bound(settings)  # first: what is in vain is said at once
    measures = Measures(settings.workers)
    shelf = Shelf(
        wanted, max(1, available_cores() // settings.workers), measures.predicted,
        lambda looked: _looked(measures, looked, say),
    )  # fmt: skip
    for served in shelf.all:
        say(f"{served.named}  {_shown(served)}")
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    many = f", {settings.workers} processes" if settings.workers > 1 else ""
    say(f"serving at http://{shown}:{port}/{many}; Ctrl-C stops")
    rate = Rate(settings.rate)
    # What is there now stays. Else Python would look through all of it for garbage, several times a
    # minute, for longer than an answer may take.
    gc.collect()
    gc.freeze()
    if settings.workers == 1:
        _run(App(shelf, settings, measures, rate, lambda: None), shelf, settings, listening)
    else:
        parent = os.getpid()
        app = App(shelf, settings, measures, rate, lambda: os.kill(parent, signal.SIGHUP))
        supervise(
            settings.workers, lambda: _run(app, shelf, settings, listening, parent),
            measures.gone, settings.patience, say,
        )  # fmt: skip
    say("stopped")


def _shown(served: Served) -> str:
    from lenet.runtime.models.described import described

    return described(served.model).partition(": ")[2]


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(_WAITING)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        where = f"{settings.host}, port {settings.port}"
        raise LenetError(
            f"cannot serve at {where}", f"{reason}.", "choose another one with --port, or 0 for any"
        ) from None
    listening.setblocking(False)
    return listening


def _looked(measures: Measures, looked: Looked, say: Say) -> None:
    named = looked.named
    measures.looked(looked)
    if looked.outcome == "reloaded":
        say(f"{named}  read again from {named.path}")
    else:
        say(f"{named}  cannot be read again, and is served as it was: {looked.error}")


class _Server(uvicorn.Server):
    """Signals are handled in its loop, by `_run`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _run(
    app: App, shelf: Shelf, settings: Settings, listening: socket.socket, parent: int | None = None
) -> None:
    """This process serves; as the child of `parent`, for as long as that lives."""
    config = uvicorn.Config(
        app.asgi(), http=BoundedHttp, ws="none", lifespan="on", log_config=None, access_log=False,
        proxy_headers=False, server_header=False, limit_concurrency=_MOST_OPEN,
        timeout_graceful_shutdown=round(settings.patience),
    )  # fmt: skip
    server = _Server(config)

    def stop() -> None:
        # A second one does not wait.
        server.force_exit = server.should_exit
        server.should_exit = shelf.stopping = True

    looks: set[asyncio.Task[list[Looked]]] = set()

    def look() -> None:
        task = asyncio.ensure_future(shelf.look(again=True))
        looks.add(task)
        task.add_done_callback(looks.discard)

    async def live_as_long_as_parent() -> None:
        while os.getppid() == parent:
            await asyncio.sleep(1)
        stop()

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        loop.add_signal_handler(signal.SIGHUP, look)
        watching = asyncio.create_task(live_as_long_as_parent()) if parent is not None else None
        await server.serve([listening])
        if watching is not None:
            watching.cancel()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())
