"""A line socket from the running task to the driver: JSON objects, after a secret token."""

import json
import secrets
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]
_PATIENCE = 0.2  # seconds


@dataclass(frozen=True)
class Address:
    """Where the driver listens, and the token that it expects first."""

    host: str
    port: int
    token: str


class DriverGoneError(Exception):
    """The driver no longer listens, so nobody wants the result."""


class Listener:
    """Receives events in the driver and hands them to `handle`, one at a time.

    The first exception of `handle` is kept in `failure`; events after it are dropped.
    """

    def __init__(self, host: str, handle: Callable[[Event], None]) -> None:
        self.failure: BaseException | None = None
        self._quiet = threading.Condition()
        self._newest: object = None  # the connection that counts, and the last one that ended
        self._ended: object = None
        token = secrets.token_hex(16)
        listener = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):  # a worker that is killed may reset its connection
                    first = self.rfile.readline(256).strip()
                    if secrets.compare_digest(first, token.encode()):
                        self._listen()
                with listener._quiet:
                    if listener._newest is self:
                        listener._ended = self
                    listener._quiet.notify_all()

            def _listen(self) -> None:
                with listener._quiet:
                    listener._newest = self
                for line in self.rfile:
                    with listener._quiet:
                        # A stage that Spark gave up may still send; its successor counts.
                        if listener._newest is self:
                            listener._take(handle, line)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1" if host == "127.0.0.1" else "", 0), Handler)
        self.address = Address(host, self._server.server_address[1], token)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _take(self, handle: Callable[[Event], None], line: bytes) -> None:
        if self.failure is None:
            try:
                handle(json.loads(line))
            except BaseException as error:  # handed on to the driver's main thread
                self.failure = error

    def drain(self) -> None:
        """Wait until all events are handled; then raise `failure`, if any.

        Call it when the task has succeeded, and so has hung up after its last event.
        """
        with self._quiet:
            self._quiet.wait_for(
                lambda: self.failure or (self._newest and self._ended is self._newest)
            )
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Sender:
    """The task's end of the line; raises DriverGoneError once nobody listens.

    Iterations may come every few milliseconds. They are sent a few at a time, lest the driver
    wakes for each and takes the processor from the training.
    """

    def __init__(self, address: Address) -> None:
        try:
            self._socket = socket.create_connection((address.host, address.port), timeout=30)
        except OSError as error:
            where = f"{address.host}:{address.port}"
            raise DriverGoneError(f"cannot reach the driver at {where}: {error}") from None
        self._socket.settimeout(None)  # a driver that is stopped for a while is not gone
        self._waiting = [address.token]
        self._send()

    def __call__(self, event: Event) -> None:
        self._waiting.append(json.dumps(event))
        late = time.monotonic() - self._sent >= _PATIENCE
        if late or event.get("event") != "iteration":
            self._send()

    def _send(self) -> None:
        text = "".join(line + "\n" for line in self._waiting)
        self._waiting = []
        self._sent = time.monotonic()
        try:
            self._socket.sendall(text.encode())
        except OSError as error:
            raise DriverGoneError(str(error)) from None

    def close(self) -> None:
        """Send what waits, and hang up."""
        try:
            self._send()
        finally:
            self._socket.close()
