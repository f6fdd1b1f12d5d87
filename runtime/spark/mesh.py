"""All-reduce over sockets between the tasks, without a copy that is not needed.

Every worker is connected with every other one. Each sums a part of the array for all: it gets the
others' values of its part, and gives them the sums (reduce-scatter, then all-gather:
R. Rabenseifner, "Optimization of Collective Reduction Operations", 2004). What is short goes to
everybody at once.

Libraries were tried: xgboost.collective is as fast, but when a worker dies the others may crash or
hang, and that is when a run must go on.
"""

import hmac
import json
import secrets
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from runtime.communicator import Worker, WorkerLostError, as_error, as_words

_HEAD = struct.Struct("!cQ")  # what follows, and how many bytes: sums, or the words of an error
_SUMS, _ERROR = b"S", b"E"
_SHORT = 2**16  # bytes that go to everybody at once
_HELLO_SECONDS = 60.0


def listen(host: str) -> socket.socket:
    """Where the workers of higher rank will call; its port is to be told to them."""
    address = "127.0.0.1" if host in ("127.0.0.1", "localhost") else ""
    return socket.create_server((address, 0), backlog=1024)


@dataclass
class _Peer:
    """A connection; what is still to be sent, and to be received, of the exchange under way."""

    worker: Worker
    connection: socket.socket
    sending: list[memoryview] = field(default_factory=list)
    head: memoryview = field(default_factory=lambda: memoryview(bytearray(_HEAD.size)))
    got: int = 0  # bytes of the head
    place: memoryview | None = None
    received: int = 0

    @property
    def done(self) -> bool:
        return self.place is None

    def send(self) -> None:
        with suppress(BlockingIOError):
            while self.sending:
                count = self.connection.sendmsg(self.sending)
                while self.sending and count >= len(self.sending[0]):
                    count -= len(self.sending.pop(0))
                if count:
                    self.sending[0] = self.sending[0][count:]

    def receive(self) -> None:
        assert self.place is not None
        with suppress(BlockingIOError):
            while self.got < _HEAD.size:
                self.got += self._into(self.head[self.got :])
                if self.got == _HEAD.size:
                    self._look_at_head()
            while self.received < len(self.place):
                self.received += self._into(self.place[self.received :])
            self.place, self.got, self.received = None, 0, 0

    def _into(self, place: memoryview) -> int:
        count = self.connection.recv_into(place)
        if not count:
            raise ConnectionResetError("it has hung up")
        return count

    def _look_at_head(self) -> None:
        kind, count = _HEAD.unpack(self.head)
        assert self.place is not None
        if kind == _ERROR:
            self.connection.settimeout(_HELLO_SECONDS)
            raise as_error(json.loads(_exactly(self.connection, count)))
        if count != len(self.place):
            raise WorkerLostError(f"worker {self.worker['rank']} is at another step")


class Mesh:
    """A Communicator. `workers` are those of the run by rank, `server` is this one's `listen`.

    `timeout` is how many seconds the others may take until they are taken for dead.
    """

    def __init__(
        self, rank: int, workers: list[Worker], server: socket.socket, token: str, timeout: float
    ) -> None:
        self.rank, self.size, self.workers, self.timeout = rank, len(workers), workers, timeout
        self.patience = timeout
        self.peers: dict[int, _Peer] = {}
        self.space = np.zeros(0, np.int64)
        try:
            for other in range(rank):
                self._add(other, _call(workers[other], rank, token))
            server.settimeout(_HELLO_SECONDS)
            while len(self.peers) < self.size - 1:
                connection, _ = server.accept()
                other = _rank_of(connection, token)
                if rank < other < self.size:
                    self._add(other, connection)
                else:
                    connection.close()  # a stranger
        except OSError as error:
            self.close()
            raise WorkerLostError(f"the workers cannot reach each other: {error}") from None
        finally:
            server.close()

    def _add(self, rank: int, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        self.peers[rank] = _Peer(self.workers[rank], connection)

    def all_reduce(self, total: NDArray[np.int64], timeout: float | None = None) -> None:
        if self.size == 1:
            return
        self.patience = timeout or self.timeout
        if self.size == 2 or total.nbytes <= _SHORT:
            self._whole(total)
            return
        bounds = [total.size * k // self.size for k in range(self.size + 1)]
        parts = [total[first:last] for first, last in zip(bounds, bounds[1:], strict=False)]
        mine = parts[self.rank]
        others = self._others(mine.size)
        self._exchange({k: parts[k] for k in self.peers}, others)
        for other in others.values():
            mine += other
        self._exchange(dict.fromkeys(self.peers, mine), {k: parts[k] for k in self.peers})

    def _whole(self, total: NDArray[np.int64]) -> None:
        others = self._others(total.size)
        self._exchange(dict.fromkeys(self.peers, total), others)
        for other in others.values():
            total += other

    def _others(self, count: int) -> dict[int, NDArray[np.int64]]:
        """Space for an array of each other worker."""
        if self.space.size < count * len(self.peers):
            self.space = np.zeros(count * len(self.peers), np.int64)
        return {rank: self.space[k * count : (k + 1) * count] for k, rank in enumerate(self.peers)}

    def _exchange(
        self, sends: dict[int, NDArray[np.int64]], receives: dict[int, NDArray[np.int64]]
    ) -> None:
        poll = select.poll()
        by_number: dict[int, _Peer] = {}
        for rank, peer in self.peers.items():
            data = sends[rank].data.cast("B")
            peer.sending = [memoryview(_HEAD.pack(_SUMS, len(data))), data]
            peer.place = receives[rank].data.cast("B")
            by_number[peer.connection.fileno()] = peer
        waiting = set(by_number)
        for number, peer in by_number.items():
            with _named(peer):
                peer.send()
            poll.register(number, select.POLLIN | (select.POLLOUT if peer.sending else 0))
        last = time.monotonic()
        while waiting:
            ready = poll.poll(1000)
            if not ready and time.monotonic() - last > self.patience:
                late = ", ".join(_where(by_number[number].worker) for number in waiting)
                raise WorkerLostError(f"no answer for {self.patience:g} s from {late}")
            if ready:
                last = time.monotonic()
            for number, event in ready:
                peer = by_number[number]
                with _named(peer):
                    if event & select.POLLOUT:
                        peer.send()
                    if event & ~select.POLLOUT and not peer.done:
                        peer.receive()
                wanted = (0 if peer.done else select.POLLIN) | (
                    select.POLLOUT if peer.sending else 0
                )
                if wanted:
                    poll.modify(number, wanted)
                elif number in waiting:
                    poll.unregister(number)
                    waiting.discard(number)

    def abort(self, error: BaseException) -> None:
        words = json.dumps(as_words(error)).encode()
        for peer in self.peers.values():
            with suppress(OSError):
                if not peer.sending:  # else it waits for the rest of an array
                    peer.connection.settimeout(1)
                    peer.connection.sendall(_HEAD.pack(_ERROR, len(words)) + words)

    def close(self) -> None:
        for peer in self.peers.values():
            with suppress(OSError):
                peer.connection.close()


@contextmanager
def _named(peer: _Peer) -> Iterator[None]:
    """A connection's failure says who is lost."""
    try:
        yield
    except OSError as error:
        raise WorkerLostError(f"{_where(peer.worker)} is gone: {error}") from None


def _where(worker: Worker) -> str:
    return f"worker {worker['rank']} on {worker['host']}"


def _call(worker: Worker, rank: int, token: str) -> socket.socket:
    """Connect, and prove who calls: the token itself does not travel."""
    connection = socket.create_connection((worker["host"], worker["port"]), _HELLO_SECONDS)
    challenge = _exactly(connection, 16)
    proof = hmac.digest(token.encode(), challenge + rank.to_bytes(4, "big"), "sha256")
    connection.sendall(rank.to_bytes(4, "big") + proof)
    return connection


def _rank_of(connection: socket.socket, token: str) -> int:
    """The rank of a worker that has the token; -1 of anybody else."""
    connection.settimeout(_HELLO_SECONDS)
    challenge = secrets.token_bytes(16)
    try:
        connection.sendall(challenge)
        answer = _exactly(connection, 36)
    except OSError:
        return -1
    rank, proof = answer[:4], answer[4:]
    expected = hmac.digest(token.encode(), challenge + rank, "sha256")
    return int.from_bytes(rank, "big") if hmac.compare_digest(proof, expected) else -1


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionResetError("it has hung up")
        data += part
    return bytes(data)
