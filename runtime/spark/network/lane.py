"""All-reduce over sockets between the tasks, without a copy that is not needed.

Every worker is connected with every other one. Each sums a part of the array for all: it gets the
others' values of its part, and gives them the sums (reduce-scatter, then all-gather:
R. Rabenseifner, "Optimization of Collective Reduction Operations", 2004). What is short goes to
everybody at once. Many workers do so in groups, and then across the groups (ways.py). Numbers
travel in as few bytes as they need (compiler/optimizers/packed.py).

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
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.optimizers.packed import most_bytes, packed, unpacked
from lenet.runtime.spark.network.ways import way_of
from lenet.runtime.spark.network.wire import driven, received, sent
from lenet.runtime.training.communicator import Worker, WorkerLostError, as_error, as_words

# What follows, sums or the words of an error; how many numbers, and how many bytes.
_HEAD = struct.Struct("!cQQ")
_SUMS, _ERROR = b"S", b"E"
_FEW = 2**12  # numbers that take less time as they are
_WORDS = 2**16  # bytes that an error may have
_SECONDS = 60.0  # that an error may take
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
Integers = NDArray[np.int64]
Data = NDArray[np.uint8]


@dataclass
class _Peer:
    """A connection; what is still to be sent, and to be received, of the exchange under way: so
    many `numbers`, into the `place`, in as many bytes as the head says."""

    worker: Worker
    connection: socket.socket
    sending: list[memoryview] = field(default_factory=list)
    head: memoryview = field(default_factory=lambda: memoryview(bytearray(_HEAD.size)))
    got: int = 0  # bytes of the head
    numbers: int = 0
    place: memoryview = field(default_factory=lambda: memoryview(b""))
    received: int = 0
    done: bool = True

    def begin(self, numbers: int, data: memoryview, wanted: int, place: memoryview) -> None:
        """Send so many numbers, and get as many as are wanted."""
        self.sending = [memoryview(_HEAD.pack(_SUMS, numbers, len(data))), data]
        self.numbers, self.place = wanted, place
        self.got, self.received, self.done = 0, 0, False

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

    def try_to_send(self) -> None:
        """One that has hung up may have said why, behind its numbers if these are here."""
        try:
            self.send()
        except OSError:
            if self.done:
                self.got, self.received = 0, 0
            self.receive()
            raise

    def receive(self) -> None:
        with suppress(*_LATER):
            while self.got < _HEAD.size:
                self.got += self._into(self.head[self.got :])
                if self.got == _HEAD.size:
                    self._look_at_head()
            while self.received < len(self.place):
                self.received += self._into(self.place[self.received :])
            self.done = True

    def _into(self, place: memoryview) -> int:
        count = self.connection.recv_into(place)
        if not count:
            raise ConnectionResetError("it has hung up")
        return count

    def _look_at_head(self) -> None:
        kind, numbers, count = _HEAD.unpack(self.head)
        if kind == _ERROR and count <= _WORDS:
            end = time.monotonic() + _SECONDS
            words = driven(received(self.connection, count), self.connection, end)
            raise as_error(json.loads(words))
        if numbers != self.numbers or count > len(self.place):
            raise WorkerLostError(f"worker {self.worker['rank']} is at another step")
        self.place = self.place[:count]


class Lane:
    """One connection with each of the other workers, for one sum at a time.

    `timeout` is how many seconds the others may take until they are taken for dead.
    """

    def __init__(self, rank: int, workers: list[Worker], timeout: float) -> None:
        self.rank, self.size, self.workers, self.timeout = rank, len(workers), workers, timeout
        self.patience = timeout
        self.peers: dict[int, _Peer] = {}
        self.space = np.zeros(0, np.uint8)  # for what is sent, and what is received

    def add(self, rank: int, connection: socket.socket) -> None:
        """With a worker, in place of one that is there."""
        if rank in self.peers:  # it has called again
            self.peers[rank].connection.close()
        self.peers[rank] = _Peer(self.workers[rank], connection)

    def all_reduce(self, total: Integers, timeout: float | None = None) -> None:
        """As a Communicator does."""
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

    def _sum(self, ranks: range, total: Integers) -> None:
        """Over some workers, each of which gets all of the others'."""
        others = self._others(ranks)
        self._exchange(dict.fromkeys(others, total), dict.fromkeys(others, total), adds=True)

    def _scatter(self, ranks: range, parts: list[Integers]) -> Integers:
        """This worker's part of the sum over some workers."""
        mine, others = parts[ranks.index(self.rank)], self._others(ranks)
        own = dict(zip(ranks, parts, strict=True))
        self._exchange({k: own[k] for k in others}, dict.fromkeys(others, mine), adds=True)
        return mine

    def _gather(self, ranks: range, parts: list[Integers]) -> None:
        """The parts of some workers, each from who has it."""
        own = dict(zip(ranks, parts, strict=True))
        mine = own.pop(self.rank)
        self._exchange(dict.fromkeys(own, mine), own, adds=False)

    def _others(self, ranks: range) -> list[int]:
        return [rank for rank in ranks if rank != self.rank]

    def _exchange(
        self, sends: dict[int, Integers], receives: dict[int, Integers], adds: bool
    ) -> None:
        """Give numbers to some workers, and put theirs in their places, or add them there."""
        if not sends:
            return
        most = most_bytes(max(map(len, (*sends.values(), *receives.values()))))
        step = -(-most // 64) * 64  # lines of a cache
        if self.space.size < 2 * step * len(sends):
            self.space = np.zeros(2 * step * len(sends), np.uint8)
        given: dict[int, memoryview] = {}
        places: list[Data] = []
        for k, (rank, values) in enumerate(sends.items()):
            space, place = self.space[k * step : (k + 1) * step], self.space[-(k + 1) * step :]
            if id(values) not in given:  # what goes to several is packed once
                given[id(values)] = _packed(values, space)
            places.append(place[:step])
            data, wanted = given[id(values)], len(receives[rank])
            self.peers[rank].begin(len(values), data, wanted, place[:step].data)
        self._drive([self.peers[rank] for rank in sends])
        for rank, place in zip(sends, places, strict=True):
            peer = self.peers[rank]
            if not _unpacked(place[: peer.received], receives[rank], adds):
                raise WorkerLostError(f"{_where(peer.worker)} has sent what is no sum")

    def _drive(self, peers: list[_Peer]) -> None:
        """Until all of them have what they are to get, and so has this worker."""
        poll = select.poll()
        by_number = {peer.connection.fileno(): peer for peer in peers}
        waiting = set(by_number)
        for number, peer in by_number.items():
            with _named(peer):
                peer.try_to_send()
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
                        peer.try_to_send()
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
        """Tell the others, where they are not in the middle of an array."""
        words = json.dumps(as_words(error)).encode()
        if len(words) > _WORDS:
            words = json.dumps(["the error has too many words to be sent"]).encode()
        for peer in self.peers.values():
            with suppress(OSError):
                if not peer.sending:  # else it waits for the rest of an array
                    steps = sent(peer.connection, _HEAD.pack(_ERROR, 0, len(words)) + words)
                    driven(steps, peer.connection, time.monotonic() + 1)

    def close(self) -> None:
        for peer in self.peers.values():
            with suppress(OSError):
                peer.connection.close()


def _parts(total: Integers, count: int) -> list[Integers]:
    bounds = [total.size * k // count for k in range(count + 1)]
    return [total[first:last] for first, last in pairwise(bounds)]


def _packed(values: Integers, space: Data) -> memoryview:
    return values.data.cast("B") if len(values) < _FEW else packed(values, space).data


def _unpacked(data: Data, values: Integers, adds: bool) -> bool:
    if len(values) >= _FEW:
        return unpacked(data, values, adds)
    if len(data) != values.nbytes:
        return False
    if adds:
        values += data.view(np.int64)
    else:
        values[:] = data.view(np.int64)
    return True


@contextmanager
def _named(peer: _Peer) -> Iterator[None]:
    """A connection's failure says who is lost."""
    try:
        yield
    except OSError as error:
        raise WorkerLostError(f"{_where(peer.worker)} is gone: {error}") from None


def _where(worker: Worker) -> str:
    return f"worker {worker['rank']} on {worker['host']}"
