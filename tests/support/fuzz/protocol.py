"""Hostile connections to a listener and a mesh that work: sums stay exact, and in time."""

import json
import os
import random
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np

from lenet.runtime.events import Event, Warned
from lenet.runtime.records.checkpoint import Checkpoints, Memory
from lenet.runtime.records.supervisor import Desk
from lenet.runtime.spark.network.channel import Address, Line, Star
from lenet.runtime.spark.network.handshake import DRIVER, Ends, Secret, call
from lenet.runtime.spark.network.listener import Listener
from lenet.runtime.spark.network.mesh import Mesh
from lenet.runtime.spark.network.wire import listen

_HOST = "127.0.0.1"
_SECONDS = 20.0  # for what takes some milliseconds on a machine that is free
_LENGTHS = (1, 9_000)  # of what goes to everybody at once, and of what is dealt
_RESET = struct.pack("ii", 1, 0)  # of SO_LINGER
_KINDS = ("silent", "garbage", "drip", "half", "reflected", "replayed", "oversize", "broken",
          "reset", "many", "tls")  # fmt: skip


def run(seed: int) -> str:
    """Workers meet and add while one kind of attack runs against all of their ports."""
    chance = random.Random(seed)
    kind, size, driver = chance.choice(_KINDS), chance.randint(2, 3), chance.random() < 0.3
    before, files = set(threading.enumerate()), _open_files()
    events: list[Event] = []
    desk = Desk(events.append, Checkpoints(Memory(), "", print), lambda: None, None)
    listener = Listener(listen(_HOST), _HOST, desk, Secret())
    servers = [listen(_HOST) for _ in range(size)]
    ports = [listener.address.port, *(server.getsockname()[1] for server in servers)]
    what = (seed, kind, size, driver)
    strangers: list[socket.socket] = []
    try:
        crowded = chance.choice(ports)
        for port in ports:
            count = 300 if kind == "many" and port == crowded else chance.randint(1, 6)
            strangers += attack(kind, count, port, listener.address, chance)
        began = time.monotonic()
        with ThreadPoolExecutor(size) as pool:
            work = [
                pool.submit(_work, rank, servers, listener.address, driver) for rank in range(size)
            ]
            sums = [one.result(2 * _SECONDS) for one in work]
        took = time.monotonic() - began
        strangers += attack(kind, 1, listener.address.port, listener.address, chance)
        listener.drain()
    except Exception as error:
        raise AssertionError(what, repr(error)) from error
    finally:
        for stranger in strangers:
            stranger.close()
        for server in servers:
            server.close()
        listener.close()
    assert sums == [_expected(size)] * size, (what, sums)
    assert took < _SECONDS, (what, took)
    assert events == [Warned("hello")], (what, events)
    _no_threads_left(before, what)
    assert _open_files() <= files, what
    return f"right sums: {kind}"


def _work(rank: int, servers: list[socket.socket], address: Address, driver: bool) -> list[int]:
    me = {"rank": rank, "host": _HOST, "process": 1, "port": servers[rank].getsockname()[1]}
    line = Line(address, me, len(servers))
    together: Mesh | Star
    if driver:
        together = Star(line, rank, len(servers), _SECONDS)
    else:
        together = Mesh(rank, line.workers, servers[rank], address.secret, _SECONDS)
    found = []
    for length in _LENGTHS:
        total = np.arange(length, dtype=np.int64) * (rank + 1) - 2**61 // len(servers)
        together.all_reduce(total)
        found.append(int(total.sum()) % 2**64)
    together.close()
    if rank == 0:
        line.report(Warned("hello"))
    line.close()
    return found


def _expected(size: int) -> list[int]:
    ranks, less = size * (size + 1) // 2, size * (2**61 // size)
    return [(ranks * n * (n - 1) // 2 - n * less) % 2**64 for n in _LENGTHS]


def _no_threads_left(before: set[threading.Thread], what: Any) -> None:
    end = time.monotonic() + _SECONDS
    left = set(threading.enumerate()) - before
    while left and time.monotonic() < end:
        time.sleep(0.001)
        left = {thread for thread in left if thread.is_alive()}
    assert not left, (what, left)


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def attack(
    kind: str, count: int, port: int, address: Address, chance: random.Random
) -> list[socket.socket]:
    """Connections that are left open; the answers of the other end are not waited for long."""
    return [made for _ in range(count) if (made := _one(kind, port, address, chance)) is not None]


def _one(kind: str, port: int, address: Address, chance: random.Random) -> socket.socket | None:
    if kind == "broken":
        return _broken(port, address, chance)
    made = socket.create_connection((_HOST, port), _SECONDS)
    made.settimeout(0.05)
    hello = struct.pack("!i32s", chance.choice([-1, 0, 1, 2, 2**31 - 1]), chance.randbytes(32))
    with suppress(OSError):
        if kind == "garbage":
            made.sendall(chance.randbytes(chance.randint(1, 3000)))
        elif kind == "tls":
            made.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(506))
        elif kind == "drip":
            for byte in hello[: chance.randint(1, 36)]:
                made.send(bytes([byte]))
        elif kind == "half":
            made.sendall(hello)
        elif kind == "oversize":
            for _ in range(4):
                made.sendall(bytes([chance.choice(b'{["a\n')]) * 2**18)
        elif kind == "reflected":  # what the other end says is said to it; a mesh is silent yet
            made.sendall(hello)
            made.sendall(made.recv(64)[32:] if port == address.port else hello[4:])
        elif kind == "replayed":
            made.sendall(_overheard(address, chance))
        if kind == "reset" or chance.random() < 0.2:
            made.sendall(hello[: chance.randint(1, 36)])
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            made.close()
    return made


def _overheard(address: Address, chance: random.Random) -> bytes:
    """All that a true worker has sent in another handshake with the same secret."""
    challenge = chance.randbytes(32)
    ends = Ends(address.secret, "line", 0, DRIVER)
    answer = ends.answer("caller", challenge + chance.randbytes(32))
    return struct.pack("!i32s", 0, challenge) + answer


def _broken(port: int, address: Address, chance: random.Random) -> socket.socket | None:
    """Nonsense from one who knows the secret; only the driver's port lets him in so early."""
    if port != address.port:
        return None
    ends = Ends(address.secret, "line", chance.randint(0, 3), DRIVER)
    made = call(_HOST, port, ends, _SECONDS)
    made.setblocking(True)
    line = chance.choice(
        [
            b"\n", b"{}\n", b"[]\n", b"null\n", b"{\n", b"[" * 100_000 + b"\n", b"\xff\xfe\n",
            b'{"worker": 1, "size": 1}\n', b'{"worker": {"rank": "x", "host": 1}, "size": 2}\n',
            b'{"worker": {}, "size": 2}\n', b'{"worker": {"rank": 0}}\n',
            b'{"worker": {"rank": 1e999, "host": "a"}, "size": 1e999}\n', b'{"size": 2}\n',
            json.dumps({"worker": {"rank": [], "host": "a"}, "size": {}}).encode() + b"\n",
            chance.randbytes(chance.randint(1, 200)) + b"\n", b'"' + b"a" * 2**20,
        ]
    )  # fmt: skip
    with suppress(OSError):
        made.sendall(line)
    return made
