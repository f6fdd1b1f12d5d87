"""All-reduce between processes: exact sums, and what happens when a worker fails."""

import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest

from lenet.dsl.errors import LenetError
from lenet.runtime.spark.network.handshake import Secret
from lenet.runtime.spark.network.mesh import Mesh
from lenet.runtime.spark.network.ways import SHORT, Way, way_of
from lenet.runtime.spark.network.wire import listen
from lenet.runtime.training.communicator import WorkerLostError

_SPAWN = multiprocessing.get_context("fork")
SECRET = Secret("secret")
LENGTHS, LONG = [1, 7, 1000, 40_003], 1_100_003


def _worker(
    rank: int, pipe: Connection, work: Callable[[Mesh], Any], timeout: float, secret: Secret
) -> None:
    server = listen("127.0.0.1")
    pipe.send((server.getsockname()[1], os.getpid()))
    workers = pipe.recv()
    try:
        mesh = Mesh(rank, workers, server, secret, timeout)
    except WorkerLostError as error:
        pipe.send(error)
        return
    try:
        pipe.send(work(mesh))
    except (LenetError, WorkerLostError) as error:
        mesh.abort(error)
        pipe.send((type(error).__name__, str(error)))
    finally:
        mesh.close()


def run(size: int, work: Callable[[Mesh], Any], timeout: float = 20.0) -> list[Any]:
    """What work(mesh) returns in each of `size` processes; None of one that was killed."""
    pipes = [_SPAWN.Pipe() for _ in range(size)]
    processes = [
        _SPAWN.Process(target=_worker, args=(rank, pipes[rank][1], work, timeout, SECRET))
        for rank in range(size)
    ]
    for process in processes:
        process.start()
    met = [mine.recv() for mine, _ in pipes]
    workers = [
        {"rank": rank, "host": "127.0.0.1", "port": port, "process": number}
        for rank, (port, number) in enumerate(met)
    ]
    results = []
    for mine, other in pipes:
        other.close()
        mine.send(workers)
    for (mine, _), process in zip(pipes, processes, strict=True):
        try:
            results.append(mine.recv() if mine.poll(60) else "silent")
        except EOFError:
            results.append(None)
        if process.is_alive():
            process.join(1)
            process.kill()
        process.join()
    return results


@pytest.mark.parametrize("size", [1, 2, 3, 5, 12])
def test_sums_are_exact(size: int) -> None:
    lengths = [*LENGTHS, *([LONG] if size == 12 else [])]

    def work(mesh: Mesh) -> list[int]:
        found = []
        for turn in range(3):
            for length in lengths:
                total = np.arange(length, dtype=np.int64) * (mesh.rank + 1) - 2**61 // size + turn
                mesh.all_reduce(total)
                found.append(int(total.sum()) % 2**64)
        return found

    ranks = sum(range(1, size + 1))
    expected = [
        (length * (length - 1) // 2 * ranks + length * size * (turn - 2**61 // size)) % 2**64
        for turn in range(3)
        for length in lengths
    ]
    assert run(size, work) == [expected] * size


def test_many_workers_add_up_in_groups() -> None:
    """By whichever way is the quickest for so many bytes; those of twelve are tried above."""
    ways = [way_of(12, 8 * length) for length in (*LENGTHS, LONG)]
    kinds = {(way.group < 12, way.cut, way.cut_across) for way in ways}
    assert kinds == {(True, False, False), (True, True, False), (True, True, True)}
    assert way_of(64, 8).cost(8)[1] == 14 and way_of(7, 8) == Way(7, 7, False)
    for size in (2, 3, 4, 5, 6, 9, 16, 96):
        for length in (*LENGTHS, LONG):
            way, flat = way_of(size, 8 * length), Way(size, size, size > 2 and 8 * length > SHORT)
            assert way.groups * way.group == size
            assert way == flat or (size > 5 and way.seconds(8 * length) < flat.seconds(8 * length))


def test_what_is_larger_than_the_sockets_buffers_does_not_block() -> None:
    def work(mesh: Mesh) -> bool:
        total = np.full(3_000_001, mesh.rank, np.int64)
        mesh.all_reduce(total)
        return bool((total == 6).all())

    assert run(4, work) == [True] * 4


def _after(turns: int, what: Callable[[], Any], rank: int = 1) -> Callable[[Mesh], Any]:
    def work(mesh: Mesh) -> str:
        for turn in range(turns * 2):
            if turn == turns and mesh.rank == rank:
                what()
            mesh.all_reduce(np.ones(30_000, np.int64))
        return "done"

    return work


def test_a_worker_that_dies_is_named_at_once() -> None:
    began = time.monotonic()
    results = run(3, _after(50, lambda: os.kill(os.getpid(), signal.SIGKILL)))
    assert time.monotonic() - began < 15
    assert results[1] is None
    for rank in (0, 2):
        kind, text = results[rank]
        assert kind == "WorkerLostError" and "worker" in text


def test_a_worker_that_hangs_is_found_after_the_timeout() -> None:
    began = time.monotonic()
    results = run(3, _after(50, lambda: time.sleep(10)), timeout=3)
    assert 3 <= time.monotonic() - began < 60
    assert results[0][0] == results[2][0] == "WorkerLostError"


def test_a_users_mistake_is_the_same_error_everywhere() -> None:
    def fail() -> None:
        raise LenetError("the training diverged", "A gradient is no number.", "lower the rate")

    results = run(3, _after(10, fail, rank=2))
    assert [kind for kind, _ in results] == ["LenetError"] * 3
    assert all("the training diverged" in text for _, text in results)


def test_strangers_are_not_let_in() -> None:
    def work(mesh: Mesh) -> int:
        total = np.ones(1, np.int64)
        mesh.all_reduce(total)
        return int(total[0])

    server = listen("127.0.0.1")
    port = server.getsockname()[1]
    stranger = socket.create_connection(("127.0.0.1", port))
    stranger.sendall(bytes(36))
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_worker, args=(1, there, work, 10.0, SECRET))
    process.start()
    other, number = here.recv()
    workers = [
        {"rank": 0, "host": "127.0.0.1", "port": port, "process": os.getpid()},
        {"rank": 1, "host": "127.0.0.1", "port": other, "process": number},
    ]
    here.send(workers)
    mesh = Mesh(0, workers, server, SECRET, 10.0)
    assert work(mesh) == here.recv() == 2
    mesh.close()
    process.join()
