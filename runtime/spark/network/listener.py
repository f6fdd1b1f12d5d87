"""The driver's end of the tasks' sockets. channel.py says what goes over them."""

import json
import socket
import threading
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.runtime.events import Event, event_of
from lenet.runtime.records.supervisor import Desk, Over, Stopped
from lenet.runtime.spark.network.channel import ASK, END, Address
from lenet.runtime.spark.network.door import Door
from lenet.runtime.spark.network.handshake import DRIVER, Secret
from lenet.runtime.spark.network.wire import Wire, message
from lenet.runtime.training.communicator import Worker

_HELLO_SECONDS = 60.0
_NONSENSE = (ValueError, TypeError, LookupError, OverflowError)


class Listener:
    """The driver's end: brings the workers together, and stands in for them at the desk.

    Workers call at `server`, whose host they know as `host`, and prove that they know `secret`.
    The first exception of the desk is kept in `failure`; events after it are dropped.
    """

    def __init__(self, server: socket.socket, host: str, desk: Desk, secret: Secret) -> None:
        self.failure: BaseException | None = None
        self.desk = desk
        self._quiet = threading.Condition()
        self._newest: _Connection | None = None  # the first worker's, of the newest attempt
        self._ended: _Connection | None = None
        self._attempt: _Attempt | None = None
        self._connections: set[_Connection] = set()
        self._door = Door(server, secret, "line", DRIVER, self._admit)
        self.address = Address(host, server.getsockname()[1], secret)

    def attempt(self, worker: Worker, size: int) -> "_Attempt":
        """The attempt that a worker takes part in: a new one where the last has failed."""
        with self._quiet:
            last = self._attempt
            if last is None or last.failed or worker["rank"] in last.workers:
                if last is not None:
                    last.fail(["the stage was started again"])
                self._attempt = last = _Attempt(size)
            last.workers[worker["rank"]] = worker
            return last

    def ask(self) -> bool:
        """Ask the first worker for a checkpoint; False where there is none."""
        with self._quiet:
            connection = self._newest
            if connection is None or self._ended is connection:
                return False
        with suppress(OSError):
            connection.wire.send(ASK)
        return True

    def drain(self) -> None:
        """Wait until all events are handled; then raise `failure`, if any.

        Call it when the tasks have succeeded, and so have hung up after their last events.
        """
        with self._quiet:
            self._quiet.wait_for(
                lambda: self.failure or (self._newest and self._ended is self._newest)
            )
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Hang up on everybody: tasks that still run learn that nobody wants their result."""
        self._door.close()
        with self._quiet:
            connections = list(self._connections)
        for connection in connections:
            connection.wire.hang_up()

    def _admit(self, rank: int, found: socket.socket) -> None:
        connection = _Connection(self, Wire(found))
        with self._quiet:
            self._connections.add(connection)
        name = f"lenet worker {rank}"
        threading.Thread(target=connection.handle, daemon=True, name=name).start()


class _Attempt:
    """The workers of one attempt of the barrier stage, and the sum that is under way."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.changed = threading.Condition()
        self.workers: dict[int, Worker] = {}
        self.failed: list[str] = []
        self.total: NDArray[np.int64] | None = None
        self.result: NDArray[np.int64] | None = None
        self.added = 0
        self.turn = 0

    def all_workers(self) -> list[Worker]:
        """Once they have come, or one has failed."""
        with self.changed:
            self.changed.notify_all()
            self.changed.wait_for(lambda: len(self.workers) == self.size or self.failed)
            return [self.workers[rank] for rank in sorted(self.workers)]

    def add(self, part: NDArray[np.int64]) -> NDArray[np.int64] | list[str]:
        """The sum over all workers, or why there is none."""
        with self.changed:
            turn = self.turn
            if self.added == 0:
                self.total = part.copy()
            else:
                assert self.total is not None
                self.total += part
            self.added += 1
            if self.added == self.size:
                self.added, self.turn = 0, turn + 1
                self.result = self.total
                self.changed.notify_all()
            self.changed.wait_for(lambda: self.turn > turn or self.failed)
            if self.failed or self.result is None:
                return self.failed
            return self.result

    def fail(self, words: list[str]) -> None:
        with self.changed:
            self.failed = self.failed or words
            self.changed.notify_all()


class _Connection:
    """A worker's connection, and the thread that serves it."""

    def __init__(self, listener: Listener, wire: Wire) -> None:
        self.listener, self.wire = listener, wire

    def handle(self) -> None:
        listener = self.listener
        with suppress(OSError, *_NONSENSE):  # a worker that is killed may stop half-way
            self._serve()
        with listener._quiet:
            listener._connections.discard(self)
            if listener._newest is self:
                listener._ended = self
            listener._quiet.notify_all()
        self.wire.close()

    def _serve(self) -> None:
        listener = self.listener
        self.wire.timeout = _HELLO_SECONDS
        hello = message(self.wire.line())
        if "abort" in hello:
            with listener._quiet:
                listener.failure = listener.failure or LenetError(*hello["abort"])
            return
        worker, size = hello["worker"], int(hello["size"])
        rank, host = int(worker["rank"]), str(worker["host"])
        self.wire.timeout = None
        if rank == 0:
            with listener._quiet:
                listener._newest = self
        attempt = listener.attempt(worker, size)
        finished = False
        try:
            self._answer({"workers": attempt.all_workers()})
            while not finished:
                said = message(self.wire.line())
                kind = next(iter(said))
                if kind == "sum":
                    self._sum(attempt, self.wire.exactly(said["sum"]))
                elif kind == "abort":
                    attempt.fail(list(said["abort"]))
                elif kind == "done":
                    finished = True
                else:
                    self._supervise(kind, said)
        finally:
            if not finished:
                attempt.fail([f"worker {rank} on {host} is gone"])

    def _answer(self, answer: dict[str, Any], data: bytes = b"") -> None:
        self.wire.send(json.dumps(answer).encode() + b"\n", data)

    def _supervise(self, kind: str, said: dict[str, Any]) -> None:
        """What the first worker sends. A stage that Spark gave up may still send; its successor
        counts."""
        listener, answer = self.listener, b""
        data = self.wire.exactly(said["keep"]) if kind == "keep" else b""
        event = event_of(said) if kind == "event" else None
        with listener._quiet:
            if listener._newest is self and listener.failure is None:
                try:
                    answer = self._at_the_desk(event, kind, data)
                except Stopped:
                    pass  # the driver sees that the checkpoint is there
                except Over:
                    with suppress(OSError):  # its workers end by themselves, and so does the job
                        self.wire.send(END)
                except BaseException as error:  # handed on to the driver's main thread
                    listener.failure = error
        if kind == "newest":
            self._answer({"bytes": len(answer)}, answer)

    def _at_the_desk(self, event: Event | None, kind: str, data: bytes) -> bytes:
        desk = self.listener.desk
        if event is not None:
            desk.report(event)
        elif kind == "newest":
            return desk.newest() or b""
        elif kind == "keep":
            desk.keep(data)
        return b""

    def _sum(self, attempt: _Attempt, data: bytes) -> None:
        answer = attempt.add(np.frombuffer(data, "<i8"))
        if isinstance(answer, list):
            self._answer({"error": answer})
        else:
            self._answer({"bytes": answer.nbytes}, answer.tobytes())
