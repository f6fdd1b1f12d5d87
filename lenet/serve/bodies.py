"""The body of a request: no more of it than is allowed is taken, and its parts are parted."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from lenet.serve.refusals import Refusal
from lenet.serve.settings import Settings

JSON, FORM = "application/json", "multipart/form-data"


async def body_of(request: Request, settings: Settings) -> bytes:
    """All of it; Refusal where it is too long (413) or takes too long (408)."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > settings.most_bytes:
        raise _too_long(settings)  # before any of it is read
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(settings.patience):
            async for part in request.stream():
                size += len(part)
                if size > settings.most_bytes:
                    raise _too_long(settings)
                parts.append(part)
    except TimeoutError:
        title = f"the body did not come within {settings.patience:g} s"
        raise Refusal(408, title, "", {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refusal(400, "the body was cut short") from None
    return b"".join(parts)


def _too_long(settings: Settings) -> Refusal:
    title = f"the body has more than {settings.most_bytes:,} bytes"
    fix = "send smaller pictures, or fewer at once; the server's --most-mb allows more"
    return Refusal(413, title, fix, {"Connection": "close"})


async def files_of(request: Request, body: bytes, settings: Settings) -> list[tuple[str, bytes]]:
    """The files of a form, each with its name; Refusal where there are too many, or none."""

    async def whole() -> AsyncIterator[bytes]:
        yield body

    most = settings.most_rows
    parser = MultiPartParser(request.headers, whole(), max_files=most, max_fields=most)  # type: ignore[arg-type]
    parser.spool_max_size = settings.most_bytes  # in memory, where the body is already
    try:
        form = await parser.parse()
    except MultiPartException as problem:
        status = 413 if problem.message.startswith("Too many") else 400
        raise Refusal(status, f"the form cannot be read: {problem.message}") from None
    except (KeyError, UnicodeError, ValueError):
        raise Refusal(400, "the form cannot be read: it lacks its boundary") from None
    found = []
    for _, value in form.multi_items():
        if not isinstance(value, UploadFile):
            raise Refusal(400, "the form has a field that is no file", "send pictures as files")
        found.append((value.filename or "", await value.read()))
    await form.close()
    if not found:
        raise Refusal(400, "the form has no files", "send a picture as a file")
    return found


def object_of(body: bytes) -> dict[str, Any]:
    """The one object of JSON; Refusal."""
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        said = "it is nested too deeply" if isinstance(problem, RecursionError) else str(problem)
        raise Refusal(400, f"the body is no JSON: {said}") from None
    if not isinstance(found, dict):
        raise Refusal(400, "the body is no JSON object", 'write {"row": [...]}')
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
