"""The server's addresses, and what they answer."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenet.dsl.errors import LenetError
from lenet.serve.answers import answer_of
from lenet.serve.bodies import FORM, JSON, body_of, files_of
from lenet.serve.explaining import explanation_of
from lenet.serve.guard import Guard
from lenet.serve.limits import Rate
from lenet.serve.measures import Measures
from lenet.serve.openapi import document_of
from lenet.serve.page import Page
from lenet.serve.reading import Asked, Way, asked_in_json, asked_in_pictures, check_kind
from lenet.serve.refusals import Refusal, message_of, too_many
from lenet.serve.served import Served
from lenet.serve.settings import Settings
from lenet.serve.shelf import Shelf

T = TypeVar("T")
_LONG = 2**16  # bytes of JSON, or numbers in it, that are not read or written between others
_EVERY = 1.0  # seconds from one look at the files to the next


class App:
    """Answers requests to the models of a shelf. `reloaded` is called where a client has asked that
    files be read again, for the other processes' sake."""

    def __init__(
        self, shelf: Shelf, settings: Settings, measures: Measures, rate: Rate,
        reloaded: Callable[[], None],
    ) -> None:  # fmt: skip
        self.shelf, self._settings, self._measures = shelf, settings, measures
        self._rate, self._reloaded = rate, reloaded
        self._page = Page()
        self._working = 0

    def asgi(self) -> ASGIApp:
        """The whole server, for uvicorn and for tests."""
        one, other = "/v1/models/{name}", "/v1/models/{name}/versions/{version}"
        places = [
            Route("/", self._home),
            Route("/health", self._health),
            Route("/ready", self._ready),
            Route("/metrics", self._metrics),
            Route("/openapi.json", self._document),
            Route("/v1/models", self._models),
            Route("/v1/reload", self._reload, methods=["POST"]),
        ]
        for path in (one, other):
            places += [
                Route(path, self._model),
                Route(f"{path}/predict", self._predict, methods=["POST"]),
                Route(f"{path}/explain", self._explain, methods=["POST"]),
            ]
        return Starlette(
            routes=places,
            middleware=[
                Middleware(_Measured, measures=self._measures),
                Middleware(Guard, settings=self._settings),
            ],
            exception_handlers={
                Refusal: _refused, HTTPException: _other, LenetError: _mistaken,
                Exception: _broken,
            },
            lifespan=self._life,
        )  # fmt: skip

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        """Threads and what looks at the files belong to the process that serves."""
        with (
            ThreadPoolExecutor(4, "predict") as self._predicting,
            ThreadPoolExecutor(2, "read") as self._reading,
            ThreadPoolExecutor(1, "explain") as self._explaining,
        ):
            watching = asyncio.create_task(self._watch())
            yield
            self.shelf.stopping = True
            watching.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            await self.shelf.look()

    async def _home(self, _: Request) -> Response:
        return self._page.response()

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _ready(self, _: Request) -> Response:
        """A model whose new file cannot be served is ready all the same: with the old one."""
        stopping = self.shelf.stopping
        found = {"status": "stopping" if stopping else "ready"}
        return JSONResponse(found, 503 if stopping else 200)

    async def _metrics(self, _: Request) -> Response:
        content, kind = self._measures.written(self.shelf)
        return Response(content, headers={"Content-Type": kind})

    async def _document(self, _: Request) -> Response:
        return JSONResponse(document_of(self.shelf, self._settings))

    async def _models(self, _: Request) -> Response:
        found: dict[str, Any] = {"models": [self._told(served) for served in self.shelf.all]}
        if problems := self.shelf.problems:
            found["problems"] = [looked.as_dict() for looked in problems]
        return JSONResponse(found)

    async def _model(self, request: Request) -> Response:
        return JSONResponse(self._told(self._found(request)))

    def _told(self, served: Served) -> dict[str, Any]:
        named = served.named
        return {
            "name": named.name, "version": named.version, "newest": self.shelf.is_newest(served),
            "digest": served.digest, **served.facts.as_dict(),
        }  # fmt: skip

    async def _reload(self, request: Request) -> Response:
        self._check_rate(request)
        found = await self.shelf.look(again=True)
        self._reloaded()
        failed = any(looked.outcome == "failed" for looked in found)
        return JSONResponse({"models": [f.as_dict() for f in found]}, 409 if failed else 200)

    async def _predict(self, request: Request) -> Response:
        with self._counted(request):
            served = self._found(request)
            asked = await self._asked(request, served, ("invert", "resize"))
            prediction = await served.batcher.answer(asked.images, self._predicting)
            return await self._written(
                lambda: answer_of(served, asked, prediction), len(prediction) * served.facts.outputs
            )

    async def _explain(self, request: Request) -> Response:
        with self._counted(request):
            served = self._found(request)
            asked = await self._asked(request, served, ("invert", "resize", "answer"))
            if not asked.single:
                raise Refusal(400, "one row or picture is explained at a time", "send one")
            number = _number(request.query_params.get("answer"))
            found = await _in(self._explaining, lambda: explanation_of(served, asked, number))
            return JSONResponse(found)

    def _found(self, request: Request) -> Served:
        return self.shelf.find(request.path_params["name"], request.path_params.get("version"))

    def _check_rate(self, request: Request) -> None:
        client = request.client.host if request.client is not None else ""
        wait = self._rate.wait(client)
        if wait:
            title = f"more than {self._settings.rate:g} requests a second"
            raise too_many(title, max(1, math.ceil(wait)))

    @contextmanager
    def _counted(self, request: Request) -> Iterator[None]:
        """While one of the requests is worked on that take time."""
        self._check_rate(request)
        if self._working >= self._settings.concurrency:
            raise too_many(f"{self._working} requests are worked on already")
        self._working += 1
        self._measures.working.inc()
        try:
            yield
        finally:
            self._working -= 1
            self._measures.working.dec()

    async def _asked(self, request: Request, served: Served, known: tuple[str, ...]) -> Asked:
        query = dict(request.query_params)
        if strange := sorted(query.keys() - set(known)):
            raise Refusal(400, f"there is no parameter {strange[0]}", f"use {', '.join(known)}")
        way, settings = Way.of(query), self._settings
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        check_kind(kind, served.facts)
        body = await body_of(request, settings)
        if kind == JSON:
            if len(body) < _LONG and b'"picture' not in body:  # to decode takes long
                return asked_in_json(body, served, way, settings)
            return await _in(self._reading, lambda: asked_in_json(body, served, way, settings))
        files = [("", body)]
        if kind == FORM:
            files = await files_of(request, body, settings)
        return await _in(
            self._reading,
            lambda: asked_in_pictures(files, served, way, settings, single=kind != FORM),
        )

    async def _written(self, answer: Callable[[], dict[str, Any]], numbers: int) -> Response:
        if numbers < _LONG:
            return JSONResponse(answer())
        content = await _in(self._reading, lambda: json.dumps(answer()).encode())
        return Response(content, media_type=JSON)


async def _in(pool: Executor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, work)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Refusal(400, f"answer={text[:20]} is no number of an answer")
    return int(text)


class _Measured:
    """Counts each request by its endpoint and its status, with how long it took."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            name = getattr(scope.get("endpoint"), "__name__", "other").strip("_")
            self._measures.requests.labels(name, str(status)).inc()
            self._measures.seconds.labels(name).observe(time.perf_counter() - started)


async def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return JSONResponse(refusal.body, refusal.status, refusal.headers)


async def _mistaken(_: Request, error: Exception) -> Response:
    """What the model cannot answer."""
    fix = error.fix if isinstance(error, LenetError) else ""
    return JSONResponse(Refusal(400, message_of(error), fix).body, 400)


async def _other(_: Request, error: Exception) -> Response:
    """There is no such address (404), or it is asked in another way (405)."""
    assert isinstance(error, HTTPException)
    body = {"error": error.detail, "fix": "/openapi.json tells what can be asked"}
    return JSONResponse(body, error.status_code, error.headers)


async def _broken(_: Request, error: Exception) -> Response:
    """A mistake of ours, which the server's own output tells of."""
    return JSONResponse({"error": "the server has made a mistake"}, 500)
