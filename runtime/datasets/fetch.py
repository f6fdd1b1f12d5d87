"""Download a file from the first mirror that delivers it whole."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from lenet.compiler.jit.alone import alone
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.formats.idx import GZIP_ERRORS, open_unzipped
from lenet.runtime.datasets import Progress

TIMEOUT = 20.0  # seconds without a byte
ATTEMPTS = 5  # at one mirror, as long as each gets further than the one before
CHUNK = 1 << 16


@dataclass(frozen=True)
class RemoteFile:
    """A file's name on every mirror, and the SHA-256 of its unzipped bytes.

    Unzipped, because mirrors pack the same bytes differently.
    """

    name: str
    sha256: str


def fetch(
    file: RemoteFile, folder: Path, mirrors: Sequence[str], progress: Progress | None = None
) -> Path:
    """Download `file` into `folder` from the first of `mirrors` (URLs that end in "/") to have it.

    The bytes collect in a `.part` file, where a later attempt resumes; the file itself appears
    only when it is whole and its checksum is right. Returns its path, at once if it is there.
    Raises DataError where no mirror delivers.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with sole_writer(folder):
            return fetch_alone(file, folder, mirrors, progress)
    except OSError as error:
        raise DataError(f"Cannot write to {folder}.", str(error)) from error


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Wait for other processes that download into `folder`, then keep them out."""
    with alone(folder / ".lock"):
        yield


def fetch_alone(
    file: RemoteFile, folder: Path, mirrors: Sequence[str], progress: Progress | None
) -> Path:
    """Download a file into `folder`, or go on with a part of it; LenetError where no mirror gives
    it whole. Nobody else may do so at the same time."""
    target = folder / file.name
    part = folder / f"{file.name}.part"
    if target.is_file():
        return target
    reasons = []
    for mirror in mirrors:
        for _ in range(ATTEMPTS):
            start = size_of(part)
            try:
                download(mirror + file.name, part, file.name, progress)
            except (OSError, HTTPException) as error:
                reason = error.reason if type(error) is URLError else error
                reasons.append(f"{mirror}{file.name}: {reason}")
                if size_of(part) > start:
                    continue
                break
            if has_digest(part, file.sha256):
                os.replace(part, target)
                return target
            part.unlink()
            reasons.append(f"{mirror}{file.name}: the bytes received do not have its SHA-256")
            if start == 0:
                break  # otherwise its beginning may be another mirror's: try this one from scratch
    raise DataError(f"Cannot download {file.name}.", "\n".join(reasons))


def download(url: str, part: Path, name: str, progress: Progress | None) -> None:
    """Append to `part` what it still lacks; start over where the server ignores Range.

    Raises OSError or HTTPException.
    """
    start = size_of(part)
    request = Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response = urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        if error.code == 416 and start:  # nothing lies behind the bytes that we have
            return
        raise
    with response, part.open("ab") as out:
        if response.status != 206:
            start = 0
            out.truncate(0)
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise OSError("the server sent another range than it was asked for")
        length = response.headers.get("Content-Length")
        total = start + int(length) if length else 0
        done = start
        while chunk := response.read(CHUNK):
            out.write(chunk)
            done += len(chunk)
            if progress:
                progress(name, done, total)
    if done < total:
        raise OSError(f"the connection broke after {done:,} of {total:,} bytes")


def size_of(part: Path) -> int:
    """The bytes of a file that are there; 0 where it is not."""
    return part.stat().st_size if part.exists() else 0


def has_digest(path: Path, sha256: str) -> bool:
    """Whether the unzipped bytes have this SHA-256; a damaged gzip file has none."""
    digest = hashlib.sha256()
    try:
        with open_unzipped(path) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    except GZIP_ERRORS:
        return False
    return digest.hexdigest() == sha256
