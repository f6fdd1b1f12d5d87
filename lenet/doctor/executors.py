"""What the executors of a cluster are, beside this machine: asked through a session."""

import platform
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lenet.doctor.finding import Finding
from lenet.dsl.errors import LenetError

_GROUP = "executors"
PACKAGES = ("numpy", "numba", "llvmlite", "pyarrow", "lark")  # that a task imports
_VECTORS = ("avx512f", "avx2", "avx", "asimd")  # the widest first


def executor_findings(master: str) -> Iterator[Finding]:
    """What a session of this master tells."""
    try:
        from lenet.runtime.spark.ask import ask_executors
        from lenet.runtime.spark.session import used_session
    except ImportError as error:
        fix = "pip install 'lenet[spark]'"
        yield Finding(_GROUP, "session", "none", str(error), fix, broken=True)
        return
    started = False
    try:
        with used_session(master, "lenet doctor") as session:
            started, context = True, session.sparkContext
            yield Finding(_GROUP, "session", f"{context.master}, Spark {context.version}")
            told = ask_executors(session, PACKAGES)
    except LenetError as error:
        yield _failed("answer", "none", error) if started else _failed("session", master, error)
        return
    yield from compared(told)


def _failed(name: str, found: str, error: LenetError) -> Finding:
    problem = " ".join([error.title + ":" * bool(error.detail), *error.detail.splitlines()])
    fix = error.fix or "see whether lenet train does better with --engine local"
    return Finding(_GROUP, name, found, problem, fix, broken=True)


def compared(told: list[dict[str, Any]]) -> Iterator[Finding]:
    """What they have told, beside what this Python is."""
    hosts = Counter(str(each["host"]) for each in told)
    shown = ", ".join(f"{host} ({count})" for host, count in list(hosts.items())[:6])
    more = f" and {len(hosts) - 6:,} more" if len(hosts) > 6 else ""
    yield Finding(_GROUP, "slots", f"{len(told):,}, on {shown}{more}")
    yield _pythons(told)
    for name in PACKAGES:
        yield _package(name, told)
    yield _processors(told)


def _pythons(told: list[dict[str, Any]]) -> Finding:
    found = Counter(f"{each['python']}, {each['executable']}" for each in told)
    own = platform.python_version().rpartition(".")[0]
    other = [text for text in found if text.partition(",")[0].rpartition(".")[0] != own]
    if other:
        fix = f"set PYSPARK_PYTHON to a Python {own} that is on all of them"
        problem = f"this one is {own}: Spark wants the same"
        return Finding(_GROUP, "Python", _listed(found), problem, fix, broken=True)
    return Finding(_GROUP, "Python", _listed(found))


def _package(name: str, told: list[dict[str, Any]]) -> Finding:
    """Machine code is kept by numba's and llvmlite's versions: another one compiles anew, and its
    last bits may be others."""
    found = Counter(each["packages"].get(name) or "not there" for each in told)
    failures = {each["failures"][name] for each in told if name in each["failures"]}
    try:
        own = version(name)
    except PackageNotFoundError:
        own = "not there"
    pythons = sorted({each["executable"] for each in told if name in each["failures"]
                      or not each["packages"].get(name)})  # fmt: skip
    if pythons:
        problem = f"it cannot be imported: {failures.pop()}" if failures else "it is missing"
        fix = f"on the executors: {pythons[0]} -m pip install {name}=={own}"
        return Finding(_GROUP, name, _listed(found), problem, fix, broken=True)
    if set(found) != {own}:
        return Finding(
            _GROUP, name, _listed(found), f"it is {own} here: the bits may not be the same",
            f"on the executors: {told[0]['executable']} -m pip install {name}=={own}",
        )  # fmt: skip
    return Finding(_GROUP, name, f"{own}, as here")


def _processors(told: list[dict[str, Any]]) -> Finding:
    """They may differ: all of them give the same bits, but the slowest one sets the pace."""
    kinds = Counter(
        f"{each['processor']}, {_vectors(each['features'])}, {each['cores']} cores" for each in told
    )
    if len({_vectors(each["features"]) for each in told}) > 1:
        return Finding(
            _GROUP, "processors", _listed(kinds),
            "they are not alike: the bits are the same, but all wait for the slowest one",
            "use machines of one kind, if speed matters",
        )  # fmt: skip
    return Finding(_GROUP, "processors", _listed(kinds))


def _vectors(features: list[str]) -> str:
    return next((name for name in _VECTORS if name in features), "no wide vectors")


def _listed(found: "Counter[str]") -> str:
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{text} ({count})" for text, count in found.most_common(4))
