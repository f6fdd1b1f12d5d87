"""Numbers of words and categories in the lanes of a block: one float each, exact up to 2**24."""

from textwrap import indent

from lenet.compiler.target import LANES


def each_code(steps: int, inside: str, otherwise: str = "", of: int = 0) -> str:
    """Source that runs `inside` for every step's `code` of every `lane` of x that is one of the
    `of` known, and `otherwise` for those that are not."""
    body = f"code = int(arena[x + step * {LANES} + lane])\nif 0 <= code < {of}:\n"
    body += indent(inside, "    ")
    if otherwise:
        body += f"else:\n{indent(otherwise, '    ')}"
    return f"for step in range({steps}):\n    for lane in range({LANES}):\n" + indent(body, " " * 8)


def each_code_single(steps: int, inside: str, otherwise: str = "", of: int = 0) -> str:
    """The same of one image, whose values lie side by side."""
    body = f"code = int(arena[x + step])\nif 0 <= code < {of}:\n" + indent(inside, "    ")
    if otherwise:
        body += f"else:\n{indent(otherwise, '    ')}"
    return f"for step in range({steps}):\n{indent(body, '    ')}"
