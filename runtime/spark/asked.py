"""Runs on executors, which have no lenet yet: it imports nothing but Python's own library."""

from typing import Any

_WAIT = 1.0  # seconds, so that no slot answers for another one


def told(packages: tuple[str, ...]) -> dict[str, Any]:
    """What this Python and its machine are; of each package the version, or "" where it is not
    there, or why it cannot be imported."""
    import importlib
    import importlib.metadata
    import os
    import platform
    import socket
    import sys
    import time

    versions, failures = {}, {}
    for name in packages:
        try:
            versions[name] = importlib.metadata.version(name)
            importlib.import_module(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = ""
        except Exception as error:
            failures[name] = f"{type(error).__name__}: {error}"
    lines: list[str] = []
    try:
        with open("/proc/cpuinfo") as file:
            lines = file.read().splitlines()
    except OSError:
        pass
    facts = {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in lines}
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    time.sleep(_WAIT)
    return {
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "packages": versions,
        "failures": failures,
        "processor": facts.get("model name", platform.machine()),
        "features": sorted(facts.get("flags", facts.get("Features", "")).split()),
        "cores": cores,
    }
