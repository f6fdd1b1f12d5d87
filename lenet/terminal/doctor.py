"""What `lenet doctor` says, in at most 79 columns."""

import textwrap
from collections.abc import Iterator, Sequence

from lenet.doctor.finding import Finding
from lenet.dsl.messages.clean import clean

_WIDTH = 79
_NAME = 17  # columns of most names
_SIGNS = {"ok": " ", "odd": "!", "broken": "X"}


def finding_lines(finding: Finding, group: str) -> Iterator[str]:
    """A line, below its group's where that is not the `group` of the one before; with what is odd
    and what mends it below."""
    if finding.group != group:
        yield finding.group
    indent = " " * (_NAME + 4)
    name = f"{_SIGNS[finding.state]} {clean(finding.name):<{_NAME}}"
    yield from _filled(f"{name}  {clean(finding.found)}", indent)
    if finding.problem:
        yield from _filled(f"{indent}{finding.state}: {clean(finding.problem)}", indent)
    if finding.fix:
        yield from _filled(f"{indent}fix: {clean(finding.fix)}", indent)


def _filled(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def verdict(findings: Sequence[Finding]) -> str:
    """The last line: whether a training can run."""
    odd = sum(finding.state == "odd" for finding in findings)
    broken = sum(finding.state == "broken" for finding in findings)
    things = f"{odd} thing{'s' if odd > 1 else ''} odd (!)" if odd else "nothing odd"
    if broken:
        return f"lenet train cannot run: {broken} broken (X), {things}"
    return f"lenet train can run: {things}"
