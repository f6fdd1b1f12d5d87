"""HTTP as uvicorn speaks it, with a bound on what comes before a request's body."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 2**16  # bytes of a request's line and headers, about


class BoundedHttp(HttpToolsProtocol):
    """Hangs up on who sends headers without an end, which would fill the memory."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: int | None = 0  # bytes of it; None while a body comes
        self._moved = False  # from one to the other

    def data_received(self, data: bytes) -> None:
        """Of a connection."""
        self._moved = False
        super().data_received(data)
        if self._head is not None and not self._moved:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self.transport.abort()

    def on_headers_complete(self) -> None:
        """The body comes, which is bounded where it is read."""
        self._head, self._moved = None, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Another request may come."""
        self._head, self._moved = 0, True
        super().on_message_complete()
