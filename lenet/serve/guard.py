"""Who may ask: before anything of a request's body is read."""

from hmac import compare_digest
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenet.serve.refusals import Refusal
from lenet.serve.settings import Settings

_LOCAL = ("localhost", "127.0.0.1", "::1")
OPEN = ("/", "/health", "/ready")  # without a token: they tell nothing of the models
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Turns away who does not know the token (401), pages of other sites in a visitor's browser
    (403), and, of a server that is this machine's only, names that are not (421): a page could let
    a name of its own point here."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                pairs = [(k.lower().encode(), v.encode()) for k, v in _ALWAYS.items()]
                message["headers"] = [*message.get("headers", []), *pairs]
            await send(message)

        try:
            self._check(Headers(scope=scope), scope["path"])
        except Refusal as refusal:
            headers = {**refusal.headers, "Connection": "close"}  # its body is not read
            answer = JSONResponse(refusal.body, refusal.status, headers)
            return await answer(scope, receive, send_with_headers)
        return await self._app(scope, receive, send_with_headers)

    def _check(self, headers: Headers, path: str) -> None:
        host = headers.get("host", "")
        if self._settings.is_local and _name_of(host) not in (*_LOCAL, self._settings.host):
            title = "this server answers on this machine only"
            raise Refusal(421, title, "ask for it as 127.0.0.1 or localhost")
        origin = headers.get("origin")
        if origin is not None and _place_of(origin) != host.lower():
            raise Refusal(403, "pages of other sites may not ask", "open this server's own page")
        token = self._settings.token
        if token is not None and path not in OPEN:
            given = headers.get("authorization", "").encode("latin-1", "replace")
            if not compare_digest(given, f"Bearer {token}".encode()):
                title = "the token is wrong" if given else "a token is needed"
                raise Refusal(
                    401, title, "send Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"}
                )


def _name_of(host: str) -> str:
    """Without the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _place_of(origin: str) -> str:
    """The host and port of an origin."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
