"""A second process that compiles some of the kernels, since numba compiles one at a time.

It writes into the cache, from which the first process takes them. It is a help, not a need: where
it cannot start, or fails, the first process compiles everything itself.
"""

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

from numba import types

SHARES = 2
_ARRAYS = ("arena", "weights", "gradient")


class Helper:
    """The helping process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    @classmethod
    def start(cls, path: Path, name: str) -> "Helper | None":
        """None where there is only one core to work with, or no process can be started."""
        if _cores() < SHARES or not sys.executable:
            return None
        root = str(Path(__file__).parents[1])
        search = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable, "-m", "compiler.helper", str(path), name]
        try:
            # Its standard input is open for as long as we live.
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, env={**os.environ, "PYTHONPATH": search},
            )  # fmt: skip
        except OSError:
            return None
        return cls(process)

    def wait_for_kernels(self) -> None:
        """Until its share of the kernels is in the cache, or it has failed."""
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def wait_for_all(self) -> None:
        self.process.wait()


def compile_share(module: ModuleType, share: int) -> None:
    """Compile every second kernel of training, the longest first."""
    kernels = [
        kernel
        for name in module.train_slice.py_func.__code__.co_names
        if (kernel := getattr(module, name, None)) is not None and _signature(kernel)
    ]
    kernels.sort(key=lambda kernel: (-len(kernel.py_func.__code__.co_code), kernel.__name__))
    for kernel in kernels[share::SHARES]:
        kernel.compile(_signature(kernel))


def _signature(kernel: Any) -> tuple[types.Type, ...]:
    """Of a kernel whose arguments are our arrays and offsets; () for other functions."""
    code = getattr(getattr(kernel, "py_func", None), "__code__", None)
    if code is None or code.co_varnames[:1] != ("arena",):
        return ()
    names = code.co_varnames[: code.co_argcount]
    if set(names) & {"pixels", "rows", "labels", "outputs", "key"}:
        return ()
    floats = types.Array(types.float32, 1, "C")
    return tuple(floats if name in _ARRAYS else types.int64 for name in names)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def main(path: str, name: str) -> None:
    from compiler.cache import SIGNATURES, import_kernels, quick_optimization

    Thread(target=_end_with_parent, daemon=True).start()
    module = import_kernels(Path(path), name)
    with quick_optimization():
        compile_share(module, 1)
        print("kernels", flush=True)
        for function in ("predict_slice", "predict_single"):
            getattr(module, function).compile(SIGNATURES[function])


if __name__ == "__main__":
    main(*sys.argv[1:])
