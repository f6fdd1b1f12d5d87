"""Lets those in that belong to the run, however many others call."""

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from lenet.runtime.spark.network.handshake import Secret, greeted
from lenet.runtime.spark.network.wire import Steps

SECONDS = 5.0  # that a handshake may take
MOST = 256  # handshakes at once; where more call, the oldest gives way
_WITHOUT_FILES = 0.1  # seconds to wait where this process may open no more of them


@dataclass
class _Caller:
    connection: socket.socket
    steps: Steps[int]
    end: float


class Door:
    """Handshakes with all who call at `server`, beside each other, in one thread.

    Who has proved its rank is handed to `admit(rank, connection)`, which must not block; the
    connection does not either. Strangers are hung up on after some seconds.
    """

    def __init__(
        self, server: socket.socket, secret: Secret, about: str, rank: int,
        admit: Callable[[int, socket.socket], None],
    ) -> None:  # fmt: skip
        self._server, self._admit = server, admit
        self._greeted = lambda connection: greeted(connection, secret, about, rank)
        self._context = secret.called()
        self._callers: dict[int, _Caller] = {}  # by the numbers of their files, the oldest first
        self._waking, self._woken = socket.socketpair()
        self._poll = select.poll()
        for waiting in (server, self._woken):
            self._poll.register(waiting, select.POLLIN)
        self._thread = threading.Thread(target=self._run, daemon=True, name="lenet door")
        self._thread.start()

    def close(self) -> None:
        """Nobody is let in any more; nothing is left open but who has been admitted."""
        self._waking.shutdown(socket.SHUT_RDWR)  # a child of ours may have it open
        self._thread.join()
        self._waking.close()

    def _run(self) -> None:
        try:
            while True:
                for number, _ in self._poll.poll(self._patience()):
                    if number == self._woken.fileno():
                        return
                    if number == self._server.fileno():
                        self._accept()
                    elif number in self._callers:
                        self._go_on(number)
                now = time.monotonic()
                for number in [n for n, caller in self._callers.items() if caller.end <= now]:
                    self._hang_up(number)
        finally:
            for number in list(self._callers):
                self._hang_up(number)
            self._woken.close()
            self._server.close()

    def _patience(self) -> float | None:
        """Milliseconds until the oldest is to be hung up on."""
        first = next(iter(self._callers.values()), None)
        return None if first is None else max(0.0, first.end - time.monotonic()) * 1000

    def _accept(self) -> None:
        try:
            connection, _ = self._server.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:  # too many files are open, here or on the whole machine
            if self._callers:
                self._hang_up(next(iter(self._callers)))
            else:
                time.sleep(_WITHOUT_FILES)
            return
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connection = self._context.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
        except OSError:  # it has hung up
            connection.close()
            return
        if len(self._callers) >= MOST:
            self._hang_up(next(iter(self._callers)))
        end = time.monotonic() + SECONDS
        self._callers[connection.fileno()] = _Caller(connection, self._greeted(connection), end)
        self._poll.register(connection, select.POLLIN)

    def _go_on(self, number: int) -> None:
        caller = self._callers[number]
        try:
            wanted = next(caller.steps)
        except StopIteration as stop:
            self._forget(number)
            self._admit(stop.value, caller.connection)
        except OSError:
            self._hang_up(number)
        else:
            self._poll.modify(number, wanted)

    def _forget(self, number: int) -> None:
        self._poll.unregister(number)
        del self._callers[number]

    def _hang_up(self, number: int) -> None:
        connection = self._callers[number].connection
        self._forget(number)
        with suppress(OSError):
            connection.close()
