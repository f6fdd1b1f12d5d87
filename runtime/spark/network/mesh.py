"""Each worker connected with every other one, twice."""

import json
import socket
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.optimizers.packed import pack, unpack
from lenet.runtime.spark.network.door import Door
from lenet.runtime.spark.network.handshake import Ends, Secret, call
from lenet.runtime.spark.network.lane import Lane
from lenet.runtime.training.communicator import Adder, Worker, WorkerLostError

_HELLO_SECONDS = 60.0


class Mesh:
    """A Communicator. `workers` are those of the run by rank, `server` is this one's `listen`.

    `timeout` is how many seconds the others may take until they are taken for dead.
    """

    functions: tuple[str, ...] = (pack.name, unpack.name)

    def __init__(
        self, rank: int, workers: list[Worker], server: socket.socket, secret: Secret,
        timeout: float,
    ) -> None:  # fmt: skip
        self.rank, self.size, self.workers = rank, len(workers), workers
        self.lanes = tuple(Lane(rank, workers, timeout) for _ in range(2))
        self.aside: Adder | None = self.lanes[1]
        about = f"mesh of {json.dumps(workers)}"  # not that of an attempt before
        callers: SimpleQueue[tuple[int, socket.socket]] = SimpleQueue()
        try:
            door = Door(server, secret, about, rank, lambda *caller: callers.put(caller))
            try:
                for number, lane in enumerate(self.lanes):
                    for other in range(rank):
                        host, port = workers[other]["host"], workers[other]["port"]
                        # The rank by which it calls says which lane it is, too.
                        ends = Ends(secret, about, rank + number * self.size, other)
                        lane.add(other, call(host, port, ends, _HELLO_SECONDS))
                while any(len(lane.peers) < self.size - 1 for lane in self.lanes):
                    caller, connection = callers.get(timeout=_HELLO_SECONDS)
                    number, other = divmod(caller, self.size)
                    self.lanes[number].add(other, connection)
            finally:
                door.close()
        except (OSError, Empty) as error:
            self.close()
            words = str(error) or f"no call for {_HELLO_SECONDS:g} s"
            raise WorkerLostError(f"the workers cannot reach each other: {words}") from None

    def all_reduce(self, total: NDArray[np.int64], timeout: float | None = None) -> None:
        self.lanes[0].all_reduce(total, timeout)

    def abort(self, error: BaseException) -> None:
        for lane in self.lanes:
            lane.abort(error)

    def close(self) -> None:
        for lane in self.lanes:
            lane.close()
