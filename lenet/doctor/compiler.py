"""The processor that kernels are compiled for, and whether they are."""

from collections.abc import Iterator

from lenet.doctor.finding import Finding

_GROUP = "machine"


def compiler_findings() -> Iterator[Finding]:
    """The processor, as the compiler knows it."""
    try:
        from lenet.compiler.target import LANES, host
        from lenet.runtime.machine.environment import processor

        width = host().width
    except Exception as error:  # a package that is not there, or does not fit this machine
        said = str(error).splitlines()[0] if str(error) else ""
        yield Finding(
            _GROUP, "processor", "unknown", f"the compiler does not start: {said}",
            "install lenet's packages again, for this machine: pip install --force-reinstall numba "
            "llvmlite", broken=True,
        )  # fmt: skip
        return
    found = f"{processor()}, {width} floats at a time"
    if width < LANES // 4:
        yield Finding(_GROUP, "processor", found, "it is slow: it has no vectors to speak of")
    else:
        yield Finding(_GROUP, "processor", found)
