"""Sockets of a run: where they listen, and messages over them, plain or with TLS."""

import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
# What may have to wait for its socket: yields what for, select.POLLIN or select.POLLOUT.
Steps = Generator[int, None, T]
_CHUNK = 2**20
_LINE = 2**28  # bytes; predictions of all images that are validated with are the longest line


def listen(host: str) -> socket.socket:
    """A socket at the address of `host`, a name or IPv4 or IPv6, and at no other; its port is to
    be told. OSError where that is no address of this machine."""
    found = socket.getaddrinfo(host.strip("[]"), 0, type=socket.SOCK_STREAM)
    found.sort(key=lambda place: place[0] != socket.AF_INET)  # as Java does
    for number, (family, *_, address) in enumerate(found, 1):
        try:
            both = address[0] == "::" and socket.has_dualstack_ipv6()  # as Java does, too
            server = socket.create_server(address, family=family, backlog=1024, dualstack_ipv6=both)
            break
        except OSError:
            if number == len(found):
                raise
    server.setblocking(False)
    return server


def tried(action: Callable[[], T], wanted: int) -> Steps[T]:
    """What `action` returns once its socket, which does not block, lets it; a plain one waits for
    `wanted`."""
    while True:
        try:
            return action()
        except ssl.SSLWantReadError:
            yield select.POLLIN
        except ssl.SSLWantWriteError:
            yield select.POLLOUT
        except BlockingIOError:
            yield wanted


def received(connection: socket.socket, count: int) -> Steps[bytes]:
    """Steps that receive `count` bytes; ConnectionResetError where the other end hangs up."""
    data = b""
    while len(data) < count:
        part = yield from tried(partial(connection.recv, count - len(data)), select.POLLIN)
        if not part:
            raise ConnectionResetError("it has hung up")
        data += part
    return data


def sent(connection: socket.socket, data: bytes) -> Steps[None]:
    """Steps that send all of `data`."""
    left = memoryview(data)
    while left:
        left = left[(yield from tried(partial(connection.send, left), select.POLLOUT)) :]


def driven(steps: Steps[T], connection: socket.socket, end: float | None) -> T:
    """All steps; TimeoutError where they are not done at `end`, a time of time.monotonic()."""
    poll = select.poll()
    try:
        while True:
            poll.register(connection, next(steps))
            left = None if end is None else max(0.0, end - time.monotonic()) * 1000
            if not poll.poll(left):
                raise TimeoutError("no answer in time")
    except StopIteration as stop:
        result: T = stop.value
        return result


def message(line: bytes) -> dict[str, Any]:
    """The JSON object that a line is; ValueError where it is none."""
    try:
        found = json.loads(line)
    except RecursionError:
        raise ValueError("JSON without a bottom") from None
    if not isinstance(found, dict) or not found:
        raise ValueError("no JSON object")
    return found


class Wire:
    """Lines and bytes over a connection. One thread reads, any may send. Raises OSError, and
    TimeoutError where nothing can be read or sent for `timeout` seconds."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.timeout: float | None = None
        self._connection = connection
        self._read = bytearray()
        self._message = threading.Lock()  # one is sent at a time
        self._using = threading.Lock()  # by one thread at a time, as TLS wants it

    def send(self, *parts: bytes) -> None:
        left = memoryview(b"".join(parts))
        with self._message:
            while left:
                left = left[self._done(partial(self._connection.send, left), select.POLLOUT) :]

    def line(self) -> bytes:
        """The next line, with its end; ValueError where it is longer than any should be."""
        looked = 0
        while (end := self._read.find(b"\n", looked)) < 0:
            looked = len(self._read)
            if looked >= _LINE:
                raise ValueError("a line has no end")
            self._read += self._part(_CHUNK)
        return self._taken(end + 1)

    def exactly(self, count: int) -> bytes:
        """Memory grows with what has come, and not with what is said to come."""
        if count < 0:
            raise ValueError("fewer than no bytes")
        parts = [self._taken(count)]
        missing = count - len(parts[0])
        while missing:
            parts.append(self._part(min(missing, _CHUNK)))
            missing -= len(parts[-1])
        return b"".join(parts)

    def ready(self) -> bool:
        """Whether there is something to read."""
        if not self._read:
            with suppress(BlockingIOError, ssl.SSLWantReadError):
                self._read += self._some(_CHUNK)
        return bool(self._read)

    def hang_up(self) -> None:
        """Who reads, here or there, finds the end of the connection."""
        with suppress(OSError):  # TLS's own way would leave the reader with what it cannot read
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    def close(self) -> None:
        self._connection.close()

    def _taken(self, count: int) -> bytes:
        data = bytes(self._read[:count])
        del self._read[:count]
        return data

    def _part(self, most: int) -> bytes:
        return self._done(partial(self._some, most), select.POLLIN)

    def _some(self, most: int) -> bytes:
        data = self._connection.recv(most)
        if not data:
            raise ConnectionResetError("the other end has hung up")
        return data

    def _done(self, action: Callable[[], T], wanted: int) -> T:
        def alone() -> T:
            with self._using:
                return action()

        end = None if self.timeout is None else time.monotonic() + self.timeout
        return driven(tried(alone, wanted), self._connection, end)
