"""All-reduce over sockets between the tasks, without a copy that is not needed.

Every worker is connected with every other one. Each sums a part of the array for all: it gets the
others' values of its part, and gives them the sums (reduce-scatter, then all-gather:
R. Rabenseifner, "Optimization of Collective Reduction Operations", 2004). What is short goes to
everybody at once. Many workers do so in groups, and then across the groups (ways.py).

Libraries were tried: xgboost.collective is as fast, but when a worker dies the others may crash or
hang, and that is when a run must go on.
"""

import json
import select
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from lenet.runtime.spark.network.door import Door
from lenet.runtime.spark.network.handshake import Ends, Secret, call
from lenet.runtime.spark.network.ways import way_of
from lenet.runtime.spark.network.wire import driven, received, sent
from lenet.runtime.training.communicator import Worker, WorkerLostError, as_error, as_words

_HEAD = struct.Struct("!cQ")  # what follows, and how many bytes: sums, or the words of an error
_SUMS, _ERROR = b"S", b"E"
_WORDS = 2**16  # bytes that an error may have
_HELLO_SECONDS = 60.0
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


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
        encrypted = isinstance(self.connection, ssl.SSLSocket)  # which sends one at a time
        with suppress(*_LATER):
            while self.sending:
                if encrypted:
                    count = self.connection.send(self.sending[0])
                else:
                    count = self.connection.sendmsg(self.sending)
                while self.sending and count >= len(self.sending[0]):
                    count -= len(self.sending.pop(0))
                if count:
                    self.sending[0] = self.sending[0][count:]

    def receive(self) -> None:
        assert self.place is not None
        with suppress(*_LATER):
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
        if kind == _ERROR and count <= _WORDS:
            end = time.monotonic() + _HELLO_SECONDS
            words = driven(received(self.connection, count), self.connection, end)
            raise as_error(json.loads(words))
        if count != len(self.place):
            raise WorkerLostError(f"worker {self.worker['rank']} is at another step")


class Mesh:
    """A Communicator. `workers` are those of the run by rank, `server` is this one's `listen`.

    `timeout` is how many seconds the others may take until they are taken for dead.
    """

    def __init__(
        self, rank: int, workers: list[Worker], server: socket.socket, secret: Secret,
        timeout: float,
    ) -> None:  # fmt: skip
        self.rank, self.size, self.workers, self.timeout = rank, len(workers), workers, timeout
        self.patience = timeout
        self.peers: dict[int, _Peer] = {}
        self.space = np.zeros(0, np.int64)
        about = f"mesh of {json.dumps(workers)}"  # not that of an attempt before
        callers: SimpleQueue[tuple[int, socket.socket]] = SimpleQueue()
        try:
            door = Door(server, secret, about, rank, lambda *caller: callers.put(caller))
            try:
                for other in range(rank):
                    host, port = workers[other]["host"], workers[other]["port"]
                    ends = Ends(secret, about, rank, other)
                    self._add(other, call(host, port, ends, _HELLO_SECONDS))
                while len(self.peers) < self.size - 1:
                    self._add(*callers.get(timeout=_HELLO_SECONDS))
            finally:
                door.close()
        except (OSError, Empty) as error:
            self.close()
            words = str(error) or f"no call for {_HELLO_SECONDS:g} s"
            raise WorkerLostError(f"the workers cannot reach each other: {words}") from None

    def _add(self, rank: int, connection: socket.socket) -> None:
        if rank in self.peers:  # it has called again
            self.peers[rank].connection.close()
        self.peers[rank] = _Peer(self.workers[rank], connection)

    def all_reduce(self, total: NDArray[np.int64], timeout: float | None = None) -> None:
        if self.size == 1:
            return
        self.patience = timeout or self.timeout
        way = way_of(self.size, total.nbytes)
        first = self.rank - self.rank % way.group
        group = range(first, first + way.group)
        across = range(self.rank % way.group, self.size, way.group)
        if not way.cut:
            self._sum(group, total)
            self._sum(across, total)
            return
        parts = _parts(total, way.group)
        mine = self._scatter(group, parts)
        if way.cut_across:
            own = _parts(mine, way.groups)
            self._scatter(across, own)
            self._gather(across, own)
        else:
            self._sum(across, mine)
        self._gather(group, parts)

    def _sum(self, ranks: range, total: NDArray[np.int64]) -> None:
        """Over some workers, each of which gets all of the others'."""
        others = self._others(ranks, total.size)
        self._exchange(dict.fromkeys(others, total), others)
        for other in others.values():
            total += other

    def _scatter(self, ranks: range, parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        """This worker's part of the sum over some workers."""
        mine = parts[ranks.index(self.rank)]
        others = self._others(ranks, mine.size)
        own = dict(zip(ranks, parts, strict=True))
        self._exchange({rank: own[rank] for rank in others}, others)
        for other in others.values():
            mine += other
        return mine

    def _gather(self, ranks: range, parts: list[NDArray[np.int64]]) -> None:
        """The parts of some workers, each from who has it."""
        own = dict(zip(ranks, parts, strict=True))
        mine = own.pop(self.rank)
        self._exchange(dict.fromkeys(own, mine), own)

    def _others(self, ranks: range, count: int) -> dict[int, NDArray[np.int64]]:
        """Space for an array of each other worker of some."""
        others = [rank for rank in ranks if rank != self.rank]
        if self.space.size < count * len(others):
            self.space = np.zeros(count * len(others), np.int64)
        return {rank: self.space[k * count : (k + 1) * count] for k, rank in enumerate(others)}

    def _exchange(
        self, sends: dict[int, NDArray[np.int64]], receives: dict[int, NDArray[np.int64]]
    ) -> None:
        poll = select.poll()
        by_number: dict[int, _Peer] = {}
        for rank in sends:
            peer, data = self.peers[rank], sends[rank].data.cast("B")
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
        if len(words) > _WORDS:
            words = json.dumps(["the error has too many words to be sent"]).encode()
        for peer in self.peers.values():
            with suppress(OSError):
                if not peer.sending:  # else it waits for the rest of an array
                    steps = sent(peer.connection, _HEAD.pack(_ERROR, len(words)) + words)
                    driven(steps, peer.connection, time.monotonic() + 1)

    def close(self) -> None:
        for peer in self.peers.values():
            with suppress(OSError):
                peer.connection.close()


def _parts(total: NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    bounds = [total.size * k // count for k in range(count + 1)]
    return [total[first:last] for first, last in zip(bounds, bounds[1:], strict=False)]


@contextmanager
def _named(peer: _Peer) -> Iterator[None]:
    """A connection's failure says who is lost."""
    try:
        yield
    except OSError as error:
        raise WorkerLostError(f"{_where(peer.worker)} is gone: {error}") from None


def _where(worker: Worker) -> str:
    return f"worker {worker['rank']} on {worker['host']}"
