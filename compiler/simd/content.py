"""What a function of a net is made of, as a digest: its machine code is kept under it.

So functions that are alike share machine code, in one net, in two, or in one that has been changed
somewhere else. What a function is called, where it stands, and its description do not count; what
it calls does, to the end. The sources of this package count by themselves (compiler/jit/kept.py).
"""

import hashlib
import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any, ParamSpec

import numpy as np

P = ParamSpec("P")
_described: dict[int, tuple[Any, str]] = {}  # by id, of what lives as long


def described(factory: Callable[P, Any]) -> Callable[P, Any]:
    """A function that makes intrinsics: each is known by what it was made of, whose texts must tell
    all of it."""

    @wraps(factory)
    def make(*args: P.args, **kwargs: P.kwargs) -> Any:
        made = factory(*args, **kwargs)
        text = f"{factory.__module__}.{factory.__qualname__}{args!r}{sorted(kwargs.items())!r}"
        _described[id(made)] = made, text
        return made

    return make


def digest_of(function: Callable[..., Any], kind: str) -> str:
    """Of a function's code, and of all that it names; `kind` is what else makes a difference."""
    code, known = function.__code__, function.__globals__
    constants = [c for c in code.co_consts if c is None or c != function.__doc__]
    text = repr(
        (
            kind,
            code.co_code,
            constants,
            code.co_varnames,  # arguments have the types that their names stand for
            code.co_argcount,
            sorted(function.__annotations__.items(), key=str),
            [_content_of(name, known[name]) if name in known else name for name in code.co_names],
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _content_of(name: str, value: Any) -> str:
    """What a name in a function's code means."""
    if hasattr(type(value), "content"):
        return str(value.content)
    if isinstance(value, np.ndarray):  # which is in the machine code
        return f"{value.dtype} {value.shape} {value.tobytes()!r}"
    if id(value) in _described:
        return _described[id(value)][1]
    if isinstance(value, ModuleType):
        return value.__name__
    function = getattr(value, "py_func", getattr(value, "_defn", value))  # of numba's objects
    home = getattr(function, "__module__", "")
    assert getattr(sys.modules.get(home), name, None) is value, (
        f"nothing tells what {name} is made of"
    )
    return f"{home}.{name}"
