"""This Python, the packages that lenet needs, those of its extras, and kernels of notebooks."""

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from packaging.requirements import Requirement

from lenet.doctor.finding import Finding

_GROUP = "Python"
_OLDEST = (3, 11)


def package_findings() -> Iterator[Finding]:
    """All of them."""
    yield _python()
    yield _lenet()
    known = _required()
    yield _needed(known)
    yield from _numba()
    yield from _extras(known)
    yield from _kernels()


def fits(name: str, found: str) -> bool:
    """Whether lenet runs with this version of a package, as far as it says."""
    wanted = [each.specifier for each in _required() if each.name == name]
    return all(each.contains(found, prereleases=True) for each in wanted)


def _required() -> list[Requirement]:
    try:
        return [Requirement(text) for text in distribution("lenet").requires or ()]
    except PackageNotFoundError:
        return []


def _python() -> Finding:
    found = f"{platform.python_version()}, {sys.executable}"
    if sys.version_info[:2] < _OLDEST:
        fix = "install Python 3.11 or newer, and lenet for it"
        return Finding(_GROUP, "Python", found, "that is too old", fix, broken=True)
    return Finding(_GROUP, "Python", found)


def _lenet() -> Finding:
    from lenet import __version__

    found = f"{__version__}, {Path(__file__).parents[1]}"
    try:
        installed = version("lenet")
    except PackageNotFoundError:
        return Finding(
            _GROUP, "lenet", found, "it is not installed, so nothing tells what it needs",
            f"{sys.executable} -m pip install lenet, or pip install -e . in its folder",
        )  # fmt: skip
    if installed != __version__:
        return Finding(
            _GROUP, "lenet", found, f"another version is installed, {installed}",
            "see which folder PYTHONPATH names, or install it again",
        )  # fmt: skip
    return Finding(_GROUP, "lenet", found)


def _needed(known: list[Requirement]) -> Finding:
    """What `lenet train` does not do without: with Spark, where that is installed."""
    chosen = {"extra": "spark" if _version("pyspark") else ""}
    needed = [each for each in known if each.marker is None or each.marker.evaluate(chosen)]
    wrong = [each for each in needed if _lacks(each)]
    if wrong:
        fix = f"{sys.executable} -m pip install {' '.join(map(_quoted, wrong))}"
        problem = "; ".join(map(_lacks, wrong))
        return Finding(_GROUP, "packages", "not all are there", problem, fix, broken=True)
    shown = ("numpy", "numba", "llvmlite", "pyarrow", "pandas", "pyspark")
    versions = [(name, _version(name)) for name in shown]
    return Finding(_GROUP, "packages", ", ".join(f"{n} {v}" for n, v in versions if v))


def _lacks(each: Requirement) -> str:
    """What is wrong with a package; "" where it is there as it should be."""
    found = _version(each.name)
    if not found:
        return f"{each.name} is not installed"
    if not each.specifier.contains(found, prereleases=True):
        return f"{each.name} is {found}, and has to be {each.specifier}"
    return ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _quoted(each: Requirement) -> str:
    text = f"{each.name}{each.specifier}"
    return f"'{text}'" if each.specifier else text


def _numba() -> Iterator[Finding]:
    """Its variables change what is compiled, for all that uses it."""
    given = {k: v for k, v in os.environ.items() if k.startswith("NUMBA_")}
    if not given:
        return
    found = ", ".join(f"{name}={value}" for name, value in sorted(given.items()))
    unset = f"unset {' '.join(sorted(given))}"
    if given.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        problem = "with NUMBA_DISABLE_JIT nothing is compiled, and kernels do not run"
        yield Finding(_GROUP, "numba", found, problem, "unset NUMBA_DISABLE_JIT", broken=True)
    else:
        problem = "numba's own variables change how kernels are compiled"
        yield Finding(_GROUP, "numba", found, problem, f"{unset}, unless you want that")


def _extras(known: list[Requirement]) -> Iterator[Finding]:
    """Each extra, and the command that installs what is not there."""
    found: dict[str, list[Requirement]] = {}
    try:
        extras = distribution("lenet").metadata.get_all("Provides-Extra") or []
    except PackageNotFoundError:
        return
    for extra in extras:
        chosen = [
            each
            for each in known
            if each.marker is not None
            and each.marker.evaluate({"extra": extra})
            and not each.marker.evaluate({"extra": ""})
        ]
        found[extra] = [each for each in chosen if each.name != "lenet"]
    for extra, needed in found.items():
        missing = [each.name for each in needed if _lacks(each)]
        if not missing:
            yield Finding("extras", extra, "all there")
        else:
            how = f"pip install 'lenet[{extra}]'"
            yield Finding("extras", extra, f"without {', '.join(missing)}: {how}")


def _kernels() -> Iterator[Finding]:
    """Whether notebooks can run in this Python."""
    if not _version("ipykernel"):
        yield Finding("extras", "notebooks", "without ipykernel: pip install ipykernel")
        return
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        yield Finding("extras", "notebooks", f"ipykernel {_version('ipykernel')}")
        return
    specs = KernelSpecManager().get_all_specs()
    own = [name for name, known in specs.items() if _is_own(known["spec"].get("argv") or [""])]
    if own:
        found = f"ipykernel {_version('ipykernel')}; this Python is the kernel {', '.join(own)}"
        yield Finding("extras", "notebooks", found)
    else:
        others = ", ".join(specs) or "none"
        yield Finding(
            "extras", "notebooks", f"kernels: {others}", "none of them is this Python",
            f"{sys.executable} -m ipykernel install --user --name lenet",
        )  # fmt: skip


def _is_own(argv: list[str]) -> bool:
    """Whether a kernel starts this Python; a name without a folder is that of its environment."""
    program = Path(argv[0])
    if not program.is_absolute():
        return program.name.startswith("python")
    own = Path(sys.executable)
    return program.parent.resolve() == own.parent.resolve() and program.exists()
