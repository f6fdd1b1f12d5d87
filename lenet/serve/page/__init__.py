"""The page for visitors: one file of HTML that holds its script and its styles, and asks nobody but
this server."""

import base64
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response

_HERE = Path(__file__).parent
_SCRIPTS = ("ask.js", "draw.js", "show.js", "page.js")  # in the order in which they need each other


class Page:
    """It is put together once. Its policy lets the browser run this very script only."""

    def __init__(self) -> None:
        script = "".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)
        style = (_HERE / "page.css").read_text("utf-8")
        page = (_HERE / "page.html").read_text("utf-8")
        page = page.replace("/* STYLE */", style).replace("/* SCRIPT */", script)
        self._content = page.encode()
        self._policy = "; ".join(
            (
                "default-src 'none'",
                f"script-src '{_digest(script)}'",
                f"style-src '{_digest(style)}'",
                "img-src 'self' data: blob:",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
            )
        )

    def response(self) -> Response:
        """The page with its policy."""
        headers = {"Content-Security-Policy": self._policy}
        return Response(self._content, media_type="text/html", headers=headers)


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"
