"""What is worked out when it is first asked for."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from lenet.compiler.jit.forks import STEADY

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - a decorator, like `property`
    """Like functools.cached_property. But a fork waits for what is being worked out: Python 3.11's
    has a lock that would stay locked in the child."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self.work, self.name, self.__doc__ = work, work.__name__, work.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> "lazy[T]": ...

    @overload
    def __get__(self, owner: object, kind: type | None = None) -> T: ...

    def __get__(self, owner: object | None, kind: type | None = None) -> "T | lazy[T]":
        if owner is None:
            return self
        with STEADY:
            if self.name not in owner.__dict__:
                owner.__dict__[self.name] = self.work(owner)
            found: T = owner.__dict__[self.name]
            return found
