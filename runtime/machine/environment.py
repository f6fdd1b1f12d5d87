"""What a run was computed with: versions and the machine."""

import platform
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lenet.compiler.machine import available_cores, total_memory
from lenet.compiler.target import host

_PACKAGES = ("lenet", "numpy", "numba", "llvmlite", "pyspark")


def environment() -> dict[str, str]:
    """By what a reader calls it, as text; packages that are not there are left out."""
    found = {}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    found["Python"] = platform.python_version()
    found["system"] = f"{platform.system()} {platform.release()} {platform.machine()}"
    found["processor"] = processor()
    found["cores"] = str(available_cores())
    if memory := total_memory():
        found["memory"] = f"{memory / 2**30:.1f} GiB"
    return found


def processor() -> str:
    """The name that its maker gives it, where the system tells, and the compiler's."""
    name = ""
    with suppress(OSError, UnicodeDecodeError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    if not name and sys.platform == "darwin":
        name = platform.processor()
    return f"{name} ({host().name})" if name else host().name
