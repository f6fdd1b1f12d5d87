"""What a client is told that cannot be served: a status, and one message with what to do."""

from collections.abc import Mapping

from lenet.dsl.errors import LenetError


class Refusal(Exception):  # noqa: N818 - an answer like others
    """The answer `{"error": title, "fix": fix}` with this status, and headers beside it."""

    def __init__(
        self, status: int, title: str, fix: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.fix = status, title, fix
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, str]:
        """For JSON."""
        return {"error": self.title, **({"fix": self.fix} if self.fix else {})}


def too_many(title: str, seconds: int = 1) -> Refusal:
    """429: come again later."""
    return Refusal(429, title, f"ask again in {seconds} s", {"Retry-After": str(seconds)})


def message_of(error: Exception) -> str:
    """What went wrong, on one line."""
    if isinstance(error, LenetError):
        return ": ".join(part for part in (error.title, error.detail) if part)
    return str(error) or type(error).__name__
