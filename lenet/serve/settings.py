"""What a server is told: where it listens, who may ask, and how much."""

import ipaddress
import re
from dataclasses import dataclass

from lenet.dsl.errors import LenetError

LEAST_TOKEN = 16  # characters; shorter ones can be guessed
_TOKEN = re.compile(r"[!-~]+")  # what an HTTP header can hold
MAKE_TOKEN = 'python3 -c "import secrets; print(secrets.token_urlsafe())"'


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`port` 0 is any that is free. `rate` is requests a second for each client's address, with a
    second's worth at once; `concurrency` is requests that a process works on at once. Of a request,
    the body may have `most_bytes`, and it may be of `most_rows` rows or pictures of `most_pixels`
    each. Without a `token` everybody is served, which LenetError forbids but on this machine."""

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    workers: int = 1
    rate: float = 1000.0
    concurrency: int = 32
    most_bytes: int = 8 * 2**20
    most_rows: int = 1024
    most_pixels: int = 2**24
    patience: float = 30.0  # seconds that a body may take, and that a stop waits for answers

    def __post_init__(self) -> None:
        if self.token is None and not self.is_local:
            raise LenetError(
                f"a token is needed to serve at {self.host}, which other machines can reach",
                "Whoever asks has to know it: Authorization: Bearer TOKEN.",
                f"set LENET_TOKEN to a secret, such as one of\n{MAKE_TOKEN}",
            )
        if self.token is None:
            return
        if not _TOKEN.fullmatch(self.token):
            title = "a token has letters, digits and marks of ASCII, and no spaces"
            raise LenetError(title, "It is sent in a header.", f"make one with\n{MAKE_TOKEN}")
        if len(self.token) < LEAST_TOKEN:
            title = f"a token of {len(self.token)} characters can be guessed"
            detail = f"It needs at least {LEAST_TOKEN}."
            raise LenetError(title, detail, f"make one with\n{MAKE_TOKEN}")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
