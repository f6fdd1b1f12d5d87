"""Other processes that compile some of a net's functions, since numba compiles one at a time.

They write into the cache, from which the first process takes them. They are a help, not a need:
where one cannot start, or fails, the first process compiles what is missing.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Thread

from lenet.compiler.jit.folders import cache_folder
from lenet.compiler.jit.forks import STEADY, renewed
from lenet.compiler.machine import available_cores

_MOST = 3
_LEAST = 10  # functions; with fewer, a process takes longer to start than to help
_MANY = 200  # functions; after them a process gives way to a new one: numba keeps some of each
_of_parents: list[object] = []  # that a child must not close, whose threads may be using them


@dataclass(frozen=True)
class Job:
    """A function to compile: of the net, for images of such numbers, or of another module, by its
    full name."""

    name: str
    pixels: str


class Helpers:
    """The jobs that are left, and the processes that take them, first to last."""

    def __init__(
        self, jobs: Collection[Job], later: Iterable[Job], command: Sequence[str], count: int
    ) -> None:
        self._urgent = set(jobs)
        self._waiting = dict.fromkeys((*jobs, *later))
        self._taken: set[Job] = set()
        self._changed = Condition()
        self._processes: list[subprocess.Popen[str]] = []
        self._command = command
        self._feeding = 0  # threads that each keep one process busy
        renewed(self)
        for _ in range(count):
            self._start_feeding()

    def _start_feeding(self) -> None:
        self._feeding += 1
        Thread(target=self._feed, daemon=True).start()

    def renew(self) -> None:
        """In a child: processes end when nobody can write to them any more, so it must not have
        the ends of their pipes."""
        nothing = os.open(os.devnull, os.O_RDWR)
        for process in self._processes:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    os.dup2(nothing, pipe.fileno(), inheritable=False)
        os.close(nothing)
        _of_parents.extend(self._processes)
        self._processes = []

    @classmethod
    def start(cls, path: Path, jobs: Collection[Job], later: Iterable[Job]) -> "Helpers | None":
        """Jobs that are wanted now, and some for later, behind whatever else the processor has to
        do. None where they would not help: for few functions, or on a single core for no more than
        this process may compile."""
        count = min(available_cores() - 1, _MOST)
        if len(jobs) > _MANY:
            count = max(count, 1)
        if len(jobs) < _LEAST or count < 1 or not sys.executable:
            return None
        return cls(jobs, later, command_for(path), count)

    def work_off(self, jobs: Collection[Job], compile: Callable[[Job], object]) -> None:
        """Take some of the jobs oneself, and wait for those that the processes take. Of many, this
        process leaves the rest to another one: it cannot give way to a new one as they do."""
        wanted = set(jobs)
        for _ in range(_MANY):
            if (job := self._take(wanted)) is None:
                break
            try:
                compile(job)
            finally:
                self._finish(job)
        with self._changed:
            if not wanted.isdisjoint(self._waiting):
                self._start_feeding()
            self._changed.wait_for(lambda: self._is_done(wanted))

    def _is_done(self, wanted: set[Job]) -> bool:
        """Whether nobody compiles any of them, or will."""
        coming = self._feeding and not wanted.isdisjoint(self._waiting)
        return not coming and wanted.isdisjoint(self._taken)

    def _take(self, among: Collection[Job] | None = None) -> Job | None:
        with self._changed:
            job = next((j for j in self._waiting if among is None or j in among), None)
            if job is not None:
                del self._waiting[job]
                self._taken.add(job)
            return job

    def _finish(self, job: Job) -> None:
        with self._changed:
            self._taken.remove(job)
            self._changed.notify_all()

    def _feed(self) -> None:
        try:
            while self._waiting and self._feed_one():
                pass
        finally:
            with self._changed:
                self._feeding -= 1
                self._changed.notify_all()

    def _feed_one(self) -> bool:
        """Start a process, and give it a job whenever it is done with one; whether it has done as
        many as it may."""
        root = str(Path(__file__).parents[3])
        search = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        variables = {**os.environ, "PYTHONPATH": search, "LENET_CACHE": str(cache_folder())}
        try:
            # In a session of its own, Ctrl-C does not reach it: it ends when we close its input.
            with STEADY:  # a child is to know of it
                process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, text=True, env=variables, start_new_session=True,
                )  # fmt: skip
                self._processes.append(process)
        except OSError:
            return False
        # One that has ended may leave us with a line that cannot be written.
        with suppress(BrokenPipeError), process:
            assert process.stdin is not None and process.stdout is not None
            process.stdout.readline()  # it is ready, or has ended
            for _ in range(_MANY):
                if process.poll() is not None or (job := self._take()) is None:
                    return False
                try:
                    urgency = "now" if job in self._urgent else "later"
                    print(job.name, job.pixels, urgency, file=process.stdin, flush=True)
                    process.stdout.readline()
                finally:
                    self._finish(job)
            return True
        return False


def command_for(path: Path) -> list[str]:
    """Starts a process for the source at `path`. Without -P, the working folder would come first: a
    folder `compiler` in it is not ours."""
    return [sys.executable, "-P", "-m", "lenet.compiler.jit.compile_workers", str(path)]


def main(path: Path) -> None:
    """Compile what lines of standard input name, for the source at `path`, until the input ends.

    A line is a function, the type of the images, and "now" or "later". "ready" is printed before it
    waits for one.
    """
    # numba would load it, which takes a good part of a second, for algebra that no kernel has.
    sys.modules["scipy"] = None  # type: ignore[assignment]
    from lenet.compiler.jit.kept import source_digest
    from lenet.compiler.jit.kernel_modules import compile_function, import_kernels

    source = path.read_bytes()
    if source_digest(source) != path.parent.name:
        sys.exit(f"{path} has been changed")
    gc.disable()
    lines: SimpleQueue[str] = SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)  # it needs no more, or has ended itself

    Thread(target=read, daemon=True).start()
    module = import_kernels(path, source)
    nice = False
    while True:
        print("ready", flush=True)
        name, pixels, urgency = lines.get().split()
        if urgency == "later" and not nice:
            nice = bool(os.nice(19))
        compile_function(module, name, pixels)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
