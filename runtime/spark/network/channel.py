"""The task's end of its socket to the driver: who takes part, events, checkpoints, and sums.

A connection begins with a handshake (runtime/spark/network/handshake.py). Then the task sends
JSON objects, a line each; some are followed by bytes, some are answered. The first says who calls,
or what keeps it from taking part; later, the first key of an object says what it is: event, newest,
keep, sum, abort, done. The driver may send lines of its own meanwhile, which ask for a checkpoint,
or for the end. The other end is runtime/spark/network/listener.py.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.runtime.events import Event, IterationDone
from lenet.runtime.spark.network.handshake import DRIVER, Ends, Secret, call
from lenet.runtime.spark.network.wire import Wire, message
from lenet.runtime.training.communicator import Adder, Worker, WorkerLostError, as_error, as_words

_PATIENCE = 0.2  # seconds
_CALL_SECONDS = 60.0  # strangers may keep the driver busy
_JOIN_SECONDS = 600.0  # all tasks of a barrier stage start together, but not their data
ASK, END = b"?\n", b"!\n"


@dataclass(frozen=True)
class Address:
    """Where the driver listens, and the secret of the run."""

    host: str
    port: int
    secret: Secret


class DriverGoneError(Exception):
    """The driver no longer listens, so nobody wants the result."""


class Line:
    """The task's end; of the first worker, its Supervisor. Raises DriverGoneError once nobody
    listens.

    Iterations may come every few milliseconds. They are sent a few at a time, lest the driver
    wakes for each and takes the processor from the training.
    """

    def __init__(self, address: Address, worker: Worker, size: int) -> None:
        self._wire = _called(address, worker["rank"])
        self._asked = self._over = False
        self._waiting = [json.dumps({"worker": worker, "size": size})]
        self._send()
        self._wire.timeout = _JOIN_SECONDS
        self.workers: list[Worker] = self._answer("not all workers have come")["workers"]
        self._wire.timeout = None  # a driver that is stopped for a while is not gone
        if len(self.workers) < size:
            raise WorkerLostError("a worker was gone before all had come")

    def report(self, event: Event) -> None:
        self._waiting.append(json.dumps(event.as_dict()))
        late = time.monotonic() - self._sent >= _PATIENCE
        if late or not isinstance(event, IterationDone):
            self._send()

    def newest(self) -> bytes | None:
        self._waiting.append(json.dumps({"newest": True}))
        self._send()
        count = self._answer()["bytes"]
        with _driver_there():
            return self._wire.exactly(count) or None

    def asked(self) -> bool:
        with _driver_there():
            while self._wire.ready():  # asked several times for one
                if not self._is_own(self._wire.line()):
                    raise DriverGoneError("the driver says what nobody asked for")
        if self._over:
            raise LenetError("the driver has ended the training")
        asked, self._asked = self._asked, False
        return asked

    def keep(self, state: bytes) -> None:
        self._waiting.append(json.dumps({"keep": len(state)}))
        self._send(state)

    def add(self, total: NDArray[np.int64], timeout: float) -> None:
        """`total` summed over all workers, by the driver."""
        self._waiting.append(json.dumps({"sum": total.nbytes}))
        self._send(total.tobytes())
        self._wire.timeout = timeout
        try:
            answer = self._answer("a worker has not answered")
            if "error" in answer:
                raise as_error(answer["error"])
            with _driver_there():
                total[:] = np.frombuffer(self._wire.exactly(total.nbytes), "<i8")
        finally:
            self._wire.timeout = None

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
            self._wire.close()

    def _send(self, data: bytes = b"") -> None:
        text = "".join(line + "\n" for line in self._waiting)
        self._waiting = []
        self._sent = time.monotonic()
        with _driver_there():
            self._wire.send(text.encode(), data)

    def _is_own(self, line: bytes) -> bool:
        """Whether the driver says it unasked; it is noted then."""
        self._asked |= line == ASK
        self._over |= line == END
        return line in (ASK, END)

    def _answer(self, late: str = "the driver has not answered") -> dict[str, Any]:
        """The next message; WorkerLostError, which begins with `late`, where it does not come."""
        with _driver_there():
            try:
                while self._is_own(line := self._wire.line()):
                    pass
            except TimeoutError:
                raise WorkerLostError(f"{late} for {self._wire.timeout:g} s") from None
            return message(line)


def give_up(address: Address, rank: int, error: LenetError) -> None:
    """Tell the driver what keeps this worker from taking part: the run ends with it."""
    wire = _called(address, rank)
    with _driver_there():
        wire.send(json.dumps({"abort": error.words}).encode() + b"\n")
    wire.close()


def _called(address: Address, rank: int) -> Wire:
    ends = Ends(address.secret, "line", rank, DRIVER)
    try:
        return Wire(call(address.host, address.port, ends, _CALL_SECONDS))
    except OSError as error:
        where = f"{address.host}:{address.port}"
        raise DriverGoneError(f"cannot reach the driver at {where}: {error}") from None


@contextmanager
def _driver_there() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise DriverGoneError(f"the driver is gone: {error}") from None


class Star:
    """A Communicator by way of the driver, which sums for all."""

    functions: tuple[str, ...] = ()
    aside: Adder | None = None

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
