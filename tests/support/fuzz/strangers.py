"""Strangers at every port of some processes: silent connections, and some that babble.

    python tests/support/fuzz/strangers.py PID... [--silent 20] [--babbling 5] [--spare PORT]...

Spark's own ports are not all made for that: spare those of its Java processes, and the one at which
the driver's Python gathers accumulators.
"""

import argparse
import ipaddress
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_LISTENING = "0A"
Place = tuple[str, int]


def listening(processes: Iterable[int]) -> set[Place]:
    """Addresses and ports at which the processes listen on TCP."""
    inodes = {inode for process in processes for inode in _sockets(process)}
    return {place for inode, place in _places() if inode in inodes}


def _sockets(process: int) -> Iterator[str]:
    with suppress(OSError):  # it has ended
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                name = str(file.readlink())
                if name.startswith("socket:["):
                    yield name[len("socket:[") : -1]


def _places() -> Iterator[tuple[str, Place]]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING:
                    host, port = fields[1].split(":")
                    yield fields[9], (_address(host), int(port, 16))


def _address(text: str) -> str:
    """/proc writes it in words of the machine."""
    words = bytes.fromhex(text)
    packed = b"".join(words[k : k + 4][::-1] for k in range(0, len(words), 4))
    address = ipaddress.ip_address(packed)
    return str(getattr(address, "ipv4_mapped", None) or address)


class Strangers:
    """Keeps `silent` and `babbling` connections open to each of `places()` while its block lasts.
    Who is hung up on calls again.

    `called` are the ports so far, `calls` the connections.
    """

    def __init__(
        self, places: Callable[[], set[Place]], silent: int = 20, babbling: int = 5, seed: int = 0
    ) -> None:
        self.called: set[int] = set()
        self.calls = 0
        self._places, self._counts = places, (silent, babbling)
        self._random = random.Random(seed)
        self._open: dict[Place, tuple[list[socket.socket], list[socket.socket]]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Strangers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.02):
            places = self._places()
            for place in places | set(self._open):
                kinds = self._open.setdefault(place, ([], []))
                for connections, count in zip(kinds, self._counts, strict=True):
                    self._renew(connections, place, count if place in places else 0)
                for connection in kinds[1]:
                    with suppress(OSError):
                        connection.send(self._random.randbytes(self._random.randint(1, 200)))
                if place not in places:
                    del self._open[place]
        for kinds in self._open.values():
            for connections in kinds:
                self._renew(connections, ("", 0), 0)

    def _renew(self, connections: list[socket.socket], place: Place, count: int) -> None:
        for connection in list(connections):
            if not count or _ended(connection):
                connection.close()
                connections.remove(connection)
        with suppress(OSError):
            while len(connections) < count:
                host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place[0], place[0])
                connection = socket.create_connection((host, place[1]), 0.5)
                connection.setblocking(False)
                connections.append(connection)
                self.called.add(place[1])
                self.calls += 1


def _ended(connection: socket.socket) -> bool:
    try:
        return not connection.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("processes", type=int, nargs="+", metavar="PID")
    parser.add_argument("--silent", type=int, default=20)
    parser.add_argument("--babbling", type=int, default=5)
    parser.add_argument("--spare", type=int, action="append", default=[], metavar="PORT")
    given = parser.parse_args()

    def places() -> set[Place]:
        return {place for place in listening(given.processes) if place[1] not in given.spare}

    with Strangers(places, given.silent, given.babbling) as strangers:
        with suppress(KeyboardInterrupt):
            while any(Path(f"/proc/{process}").exists() for process in given.processes):
                time.sleep(1)
        print(f"{strangers.calls:,} calls at {len(strangers.called)} ports")


if __name__ == "__main__":
    main()
