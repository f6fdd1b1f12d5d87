"""A line socket from the running task to the driver: JSON objects, after a secret token."""

import json
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Address:
    """Where the driver listens, and the token that it expects first."""

    host: str
    port: int
    token: str


class DriverGone(Exception):
    """The driver no longer listens, so nobody wants the result."""


class Listener:
    """Receives events in the driver and hands them to `handle`, one at a time.

    The first exception of `handle` is kept in `failure`; events after it are dropped.
    """

    def __init__(self, host: str, handle: Callable[[Event], None]) -> None:
        self.failure: BaseException | None = None
        token = secrets.token_hex(16)
        listener, lock = self, threading.Lock()

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                first = self.rfile.readline(256).strip()
                if not secrets.compare_digest(first, token.encode()):
                    return
                for line in self.rfile:
                    with lock:
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

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Sender:
    """The task's end of the line; raises DriverGone once nobody listens."""

    def __init__(self, address: Address) -> None:
        try:
            self._socket = socket.create_connection((address.host, address.port), timeout=30)
        except OSError as error:
            raise DriverGone(str(error)) from None
        self._write(address.token)

    def __call__(self, event: Event) -> None:
        self._write(json.dumps(event))

    def _write(self, text: str) -> None:
        try:
            self._socket.sendall(text.encode() + b"\n")
        except OSError as error:
            raise DriverGone(str(error)) from None

    def close(self) -> None:
        self._socket.close()
