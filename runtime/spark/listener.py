"""The driver's end of the tasks' sockets; what is said over them is in runtime/spark/line.py."""

import json
import secrets
import socket
import socketserver
import threading
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.communicator import Worker
from runtime.desk import Desk, Stopped
from runtime.spark.line import ASK, Address


class Listener:
    """The driver's end: brings the workers together, and stands in for them at the desk.

    The first exception of the desk is kept in `failure`; events after it are dropped.
    """

    def __init__(self, host: str, desk: Desk) -> None:
        self.failure: BaseException | None = None
        self.desk = desk
        self._quiet = threading.Condition()
        self._newest: _Connection | None = None  # the first worker's, of the newest attempt
        self._ended: _Connection | None = None
        self._attempt: _Attempt | None = None
        self._connections: set[_Connection] = set()
        listener = self

        class Connection(_Connection):
            def __init__(self, *arguments: Any) -> None:
                self.listener = listener
                super().__init__(*arguments)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 256  # all workers call at once

        self._server = Server(("127.0.0.1" if host == "127.0.0.1" else "", 0), Connection)
        self.address = Address(host, self._server.server_address[1], secrets.token_hex(16))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

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
            connection.send(ASK)
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
        self._server.shutdown()
        self._server.server_close()
        with self._quiet:
            connections = list(self._connections)
        for connection in connections:
            with suppress(OSError):
                connection.request.shutdown(socket.SHUT_RDWR)


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


class _Connection(socketserver.StreamRequestHandler):
    listener: Listener
    worker: Worker

    def setup(self) -> None:
        super().setup()
        self.writing = threading.Lock()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, *parts: bytes) -> None:
        with self.writing:
            self.request.sendall(b"".join(parts))

    def handle(self) -> None:
        quiet = self.listener._quiet
        with quiet:
            self.listener._connections.add(self)
        with suppress(OSError, ValueError):  # a worker that is killed may stop half-way
            token = self.rfile.readline(256).strip()
            if secrets.compare_digest(token, self.listener.address.token.encode()):
                self._serve()
        with quiet:
            self.listener._connections.discard(self)
            if self.listener._newest is self:
                self.listener._ended = self
            quiet.notify_all()

    def _serve(self) -> None:
        listener = self.listener
        hello = json.loads(self.rfile.readline(4096))
        self.worker = hello["worker"]
        if self.worker["rank"] == 0:
            with listener._quiet:
                listener._newest = self
        attempt = listener.attempt(self.worker, hello["size"])
        finished = False
        try:
            self.send(json.dumps(attempt.all_workers()).encode() + b"\n")
            for line in self.rfile:
                message = json.loads(line)
                kind = next(iter(message))
                if kind == "sum":
                    self._sum(attempt, self._bytes(message["sum"]))
                elif kind == "abort":
                    attempt.fail(message["abort"])
                elif kind == "done":
                    finished = True
                    return
                else:
                    self._supervise(kind, message)
        finally:
            if not finished:
                rank, host = self.worker["rank"], self.worker["host"]
                attempt.fail([f"worker {rank} on {host} is gone"])

    def _supervise(self, kind: str, message: dict[str, Any]) -> None:
        """What the first worker sends. A stage that Spark gave up may still send; its successor
        counts."""
        listener, answer = self.listener, b""
        data = self._bytes(message["keep"]) if kind == "keep" else b""
        with listener._quiet:
            if listener._newest is self and listener.failure is None:
                try:
                    answer = self._at_the_desk(kind, message, data)
                except Stopped:
                    pass  # the driver sees that the checkpoint is there
                except BaseException as error:  # handed on to the driver's main thread
                    listener.failure = error
        if kind == "newest":
            self.send(json.dumps({"bytes": len(answer)}).encode() + b"\n", answer)

    def _at_the_desk(self, kind: str, message: dict[str, Any], data: bytes) -> bytes:
        desk = self.listener.desk
        if kind == "newest":
            return desk.newest() or b""
        if kind == "keep":
            desk.keep(data)
        else:
            desk.report(message)
        return b""

    def _sum(self, attempt: _Attempt, data: bytes) -> None:
        answer = attempt.add(np.frombuffer(data, "<i8"))
        if isinstance(answer, list):
            self.send(json.dumps({"error": answer}).encode() + b"\n")
        else:
            self.send(b"{}\n", answer.tobytes())

    def _bytes(self, count: int) -> bytes:
        data = self.rfile.read(count) if count else b""
        if len(data) < count:
            raise OSError("the connection ended")
        return data
