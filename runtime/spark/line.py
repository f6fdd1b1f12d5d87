"""The task's end of its socket to the driver: who takes part, events, checkpoints, and sums.

A connection begins with a secret token and with who calls, in two lines. Then the task sends JSON
objects, a line each; some are followed by bytes, some are answered. The first key of an object says
what it is: event, newest, keep, sum, abort, done. The driver may send a line of its own meanwhile,
which asks for a checkpoint. The other end is runtime/spark/listener.py.
"""

import json
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.communicator import Worker, WorkerLostError, as_error, as_words

Event = dict[str, Any]
_PATIENCE = 0.2  # seconds
_JOIN_SECONDS = 600.0  # all tasks of a barrier stage start together, but not their data
ASK = b"?\n"


@dataclass(frozen=True)
class Address:
    """Where the driver listens, and the token that it expects first."""

    host: str
    port: int
    token: str


class DriverGoneError(Exception):
    """The driver no longer listens, so nobody wants the result."""


class Line:
    """The task's end; of the first worker, its Supervisor. Raises DriverGoneError once nobody
    listens.

    Iterations may come every few milliseconds. They are sent a few at a time, lest the driver
    wakes for each and takes the processor from the training.
    """

    def __init__(self, address: Address, worker: Worker, size: int) -> None:
        try:
            self._socket = socket.create_connection((address.host, address.port), timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.settimeout(_JOIN_SECONDS)
        except OSError as error:
            where = f"{address.host}:{address.port}"
            raise DriverGoneError(f"cannot reach the driver at {where}: {error}") from None
        self._reader = self._socket.makefile("rb")
        self._asked = False
        hello = json.dumps({"worker": worker, "size": size})
        self._waiting = [address.token, hello]
        self._send()
        self.workers: list[Worker] = self._answer()
        self._socket.settimeout(None)  # a driver that is stopped for a while is not gone
        if len(self.workers) < size:
            raise WorkerLostError("a worker was gone before all had come")

    def report(self, event: Event) -> None:
        self._waiting.append(json.dumps(event))
        late = time.monotonic() - self._sent >= _PATIENCE
        if late or event.get("event") != "iteration":
            self._send()

    def newest(self) -> bytes | None:
        self._waiting.append(json.dumps({"newest": True}))
        self._send()
        return self._exactly(self._answer()["bytes"]) or None

    def asked(self) -> bool:
        if not self._asked and select.select([self._socket], [], [], 0)[0]:
            if self._reader.readline() != ASK:
                raise DriverGoneError("the driver has hung up")
            self._asked = True
        asked, self._asked = self._asked, False
        return asked

    def keep(self, state: bytes) -> None:
        self._waiting.append(json.dumps({"keep": len(state)}))
        self._send(state)

    def add(self, total: NDArray[np.int64], timeout: float) -> None:
        """`total` summed over all workers, by the driver."""
        self._waiting.append(json.dumps({"sum": total.nbytes}))
        self._send(total.tobytes())
        self._socket.settimeout(timeout)
        try:
            answer = self._answer()
            if "error" in answer:
                raise as_error(answer["error"])
            total[:] = np.frombuffer(self._exactly(total.nbytes), "<i8")
        except TimeoutError:
            raise WorkerLostError(f"a worker has not answered for {timeout:g} s") from None
        finally:
            self._socket.settimeout(None)

    def abort(self, error: BaseException) -> None:
        self._waiting.append(json.dumps({"abort": as_words(error)}))
        with suppress(DriverGoneError):
            self._send()

    def close(self) -> None:
        """Send what waits, and hang up."""
        try:
            self._waiting.append(json.dumps({"done": True}))
            self._send()
        finally:
            self._reader.close()
            self._socket.close()

    def _send(self, data: bytes = b"") -> None:
        text = "".join(line + "\n" for line in self._waiting)
        self._waiting = []
        self._sent = time.monotonic()
        try:
            self._socket.sendall(text.encode() + data)
        except OSError as error:
            raise DriverGoneError(str(error)) from None

    def _answer(self) -> Any:
        while True:
            try:
                line = self._reader.readline()
            except TimeoutError:
                raise
            except OSError as error:
                raise DriverGoneError(str(error)) from None
            if not line:
                raise DriverGoneError("the driver has hung up")
            if line != ASK:
                return json.loads(line)
            self._asked = True

    def _exactly(self, count: int) -> bytes:
        data = self._reader.read(count)
        if len(data) < count:
            raise DriverGoneError("the driver has hung up")
        return data


class Star:
    """A Communicator by way of the driver, which sums for all."""

    def __init__(self, line: Line, rank: int, size: int, timeout: float) -> None:
        self.line, self.rank, self.size, self.timeout = line, rank, size, timeout
        self.workers = line.workers

    def all_reduce(self, total: NDArray[np.int64], timeout: float | None = None) -> None:
        if self.size > 1:
            self.line.add(total, timeout or self.timeout)

    def abort(self, error: BaseException) -> None:
        self.line.abort(error)

    def close(self) -> None:
        """The line is closed by itself."""
