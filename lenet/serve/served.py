"""A model that is served: read, checked, and ready to answer at once."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.forks import renewed
from lenet.dsl.errors import LenetError
from lenet.runtime.models.activations import Activation, Activations
from lenet.runtime.models.model import Model
from lenet.runtime.models.prediction import Answered, Prediction
from lenet.serve.batching import Batcher
from lenet.serve.facts import Facts

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # what a part of an address may be
Identity = tuple[int, int, int]


@dataclass(frozen=True)
class Named:
    """A model's file, and the name and version that it is asked for by; "" where these follow from
    the model, and from those before it."""

    path: Path
    name: str = ""
    version: str = ""

    @classmethod
    def of(cls, text: str) -> "Named":
        """PATH, NAME=PATH or NAME@VERSION=PATH; LenetError where a name cannot be one."""
        words, equals, path = text.partition("=")
        if not equals or Path(text).exists() or "/" in words:
            return cls(Path(text))
        name, at, version = words.partition("@")
        for word in (name, *((version,) if at else ())):
            if not _WORD.fullmatch(word):
                title = f"`{word}` is no name of a model or a version"
                detail = "It is a part of addresses: letters, digits, `.`, `_` and `-`."
                raise LenetError(title, detail, "write NAME=MODEL or NAME@VERSION=MODEL")
        return cls(Path(path), name, version)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Served:
    """A `model` and its `facts`, with all kernels compiled and a first answer given. `since` is
    when, in seconds since 1970; `identity` is that of the file that was read."""

    def __init__(self, named: Named, threads: int, seen: Callable[["Served", int], None]) -> None:
        """LenetError where the file cannot be read, or its net cannot answer."""
        self.identity = identity_of(named.path)
        self.model = replace(Model.open(named.path), threads=threads)
        self.facts = Facts.of(self.model)
        self.named = replace(named, name=named.name or _word(self.model.name or named.path.stem))
        self.since = time.time()
        self.digest = self.model.digest
        self.batcher = Batcher(self.predict, lambda rows: seen(self, rows))
        self._activations: Activations | None = None
        self._lock = Lock()
        renewed(self)
        self._try()

    def renew(self) -> None:
        """In a process that was forked."""
        self._lock = Lock()

    def _try(self) -> None:
        """Give an answer to what is like the training images, as rows and as pictures."""
        row = np.zeros((1, self.facts.size), self.facts.dtype)
        self.predict(row)
        if self.facts.pictures:
            black = np.zeros((1, *self.model.preparation().shape), np.uint8)
            self.predict(self.model.of_pictures(black))

    def predict(self, images: NDArray[np.generic]) -> Prediction | Answered:
        """Of rows, (count, values or more axes), as `Facts` describes them: bytes, or values before
        they are scaled. The bits do not depend on what else is predicted with a row."""
        shaped = images.reshape(len(images), *self.facts.shape)
        return self.model.predict(shaped, in_blocks=True)

    def activations(self, image: NDArray[np.generic]) -> list[Activation]:
        """Of one image. The first time, a program is compiled for it."""
        with self._lock:
            if self._activations is None:
                self._activations = Activations(self.model)
        return self._activations.of(image.reshape(self.facts.shape))


def identity_of(path: Path) -> Identity:
    """What changes with a file's content; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino


def _word(text: str) -> str:
    """A name that can be a part of an address."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:64] or "model"
