"""`lenet doctor`: what this machine has that lenet needs, and what is odd."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.commands import Json
from lenet.terminal.console import say, say_json

if TYPE_CHECKING:
    from lenet.doctor.finding import Finding


def doctor(
    master: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Start a session of this master, and ask its executors."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look at what lenet needs: Python, Java, Spark, caches, cores, memory, disks.

    What is odd is told with what mends it. The exit code is 1 where `lenet train` could not run.
    With --json, an object a line: group, name, state (ok, odd or broken), found, problem, fix.
    """
    from lenet.terminal.doctor import finding_lines, verdict

    findings: list[Finding] = []
    for finding in _findings(master):
        if as_json:
            say_json(finding.as_dict())
        else:
            before = findings[-1].group if findings else ""
            for line in finding_lines(finding, before):
                say(line)
        findings.append(finding)
    if not as_json:
        say("")
        say(verdict(findings))
    if any(finding.broken for finding in findings):
        raise typer.Exit(1)


def _findings(master: str | None) -> "Iterator[Finding]":
    from lenet.doctor.caches import cache_findings
    from lenet.doctor.compiler import compiler_findings
    from lenet.doctor.executors import executor_findings
    from lenet.doctor.machine import machine_findings
    from lenet.doctor.packages import package_findings
    from lenet.doctor.spark import spark_findings

    yield from package_findings()
    yield from machine_findings()
    yield from compiler_findings()
    yield from cache_findings()
    yield from spark_findings()
    if master is not None:
        yield from executor_findings(master)
