"""The parent of Spark's Python workers, started while Java starts; see workers/lenet_workers.py."""

import os
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Thread
from typing import TYPE_CHECKING

from lenet.compiler.jit.folders import folder_of_this_process

if TYPE_CHECKING:
    from lenet.dsl.graph import Graph

_PACKAGE = Path(__file__).parents[2]
_MODULE = Path(__file__).with_name("workers") / "lenet_workers.py"


class WorkersAhead:
    """A process that loads what a training with so many threads needs, and waits at `place` for
    Spark. It ends by itself where this process ends before that."""

    def __init__(self, cores: int) -> None:
        self.place = str(folder_of_this_process("lenet-spark-") / "workers")
        # As Spark would have it: what is read at a Python's start cannot be changed any more.
        usual = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": str(cores)}
        # In a group of its own, Ctrl-C in a terminal does not reach it.
        self._process = Popen(
            [sys.executable, "-P", str(_MODULE), "--ahead", self.place, str(_PACKAGE)],
            stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env={**usual, **os.environ},
            process_group=0,
        )  # fmt: skip

    def tell(self, graph: "Graph", dtype: str) -> None:
        """It is to load the kernels of a net, for images of such numbers, if they are there."""
        data = pickle.dumps((graph, dtype))
        # In a thread: nobody reads before everything is loaded.
        Thread(target=self._write, args=(data,), daemon=True, name="lenet workers").start()

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # it has ended, or does Spark's work already
            self._process.stdin.write(len(data).to_bytes(8, "little") + data)
            self._process.stdin.flush()

    def end(self) -> None:
        """Whether Spark has taken it, whose session is over then, or not."""
        self._process.kill()
        self._process.wait()
