"""Checkpoints: the state of a training between two steps, from which it goes on."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from lenet.dsl.errors import LenetError
from lenet.runtime.machine.files import write_atomically

FORMAT = "lenet-checkpoint-1"
_MOST = 10**9  # iterations, as in the names of files
_SAID = 300  # characters of what safetensors says
_SHOWN = 60  # characters of what a file says, in a message
KEPT = 3  # the newest ones, since one may be damaged
_NAME = re.compile(r"iteration-(\d{9})\.safetensors")


@dataclass(frozen=True, eq=False)
class State:
    """Everything that changes while a net is trained.

    `weights` and `optimizer` are flat, as the worker has them; `position` says where the training
    is, in numbers that JSON keeps exactly: `iteration` is among them. `best` are the best weights
    so far.
    """

    weights: NDArray[np.float32]
    optimizer: NDArray[np.float32]
    position: dict[str, Any]
    best: NDArray[np.float32] | None = None

    @property
    def iteration(self) -> int:
        """After how many the checkpoint was made."""
        return int(self.position["iteration"])

    def to_bytes(self, job: str, model: str = "") -> bytes:
        """A safetensors file; `job` tells which training it belongs to, `model` are the facts of
        the model that its weights make, in JSON."""
        tensors = {"weights": self.weights, "optimizer": self.optimizer}
        if self.best is not None:
            tensors["best"] = self.best
        metadata = {"format": FORMAT, "job": job, "position": json.dumps(self.position)}
        if model:
            metadata["model"] = model
        metadata["checksum"] = _checksum(tensors, metadata)
        return bytes(save_tensors(tensors, metadata))

    @classmethod
    def from_bytes(cls, data: bytes, job: str) -> "State":
        """LenetError where the data are damaged, or of another training."""
        state, metadata = cls._read(data)
        if metadata["job"] != job:
            raise OtherJobError(
                "the checkpoint is of another training",
                "The net or the images have changed since it was written; other settings could.",
                "train from the beginning, without --resume",
                "train from the beginning, with overwrite=True in place of resume=True",
            )
        return state

    @classmethod
    def opened(cls, data: bytes) -> "tuple[State, dict[str, str]]":
        """Of whatever training, with the facts of its model; LenetError where there are none."""
        state, metadata = cls._read(data)
        try:
            facts = json.loads(metadata["model"])
            return state, {str(name): str(text) for name, text in facts.items()}
        except (KeyError, ValueError, AttributeError, RecursionError):
            detail = "It was written by an earlier version."
            raise LenetError("the checkpoint does not say what its net is", detail) from None

    @classmethod
    def job_of(cls, data: bytes) -> str:
        """The digest of the training that wrote it; LenetError where the data are damaged."""
        return cls._read(data)[1]["job"]

    @classmethod
    def _read(cls, data: bytes) -> "tuple[State, dict[str, str]]":
        try:
            tensors = load_tensors(data)
            size = int.from_bytes(data[:8], "little")
            metadata = json.loads(data[8 : 8 + size])["__metadata__"]
            sound = metadata["checksum"] == _checksum(tensors, metadata)
            position = json.loads(metadata["position"])
            weights, optimizer = tensors["weights"], tensors["optimizer"]
            version, iteration = metadata["format"], position["iteration"]
        except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise damaged(str(error)[:_SAID]) from None
        if version != FORMAT:
            detail = f"It has the format {version[:_SHOWN]}; this version reads {FORMAT}."
            raise LenetError("the checkpoint is of another version", detail)
        if not sound:
            raise damaged("Its checksum is another.")
        if type(iteration) is not int or not 0 <= iteration < _MOST:
            raise damaged("It does not say where the training is.")
        return cls(weights, optimizer, position, tensors.get("best")), metadata


def damaged(detail: str) -> LenetError:
    """What a checkpoint says that no training has written."""
    return LenetError("the checkpoint is damaged", detail)


class OtherJobError(LenetError):
    """A sound checkpoint, but not of this training, or not one that it can go on from."""


def _checksum(tensors: dict[str, NDArray[Any]], metadata: dict[str, str]) -> str:
    total = hashlib.sha256()
    for key in ("format", "job", "position", "model"):
        total.update(metadata.get(key, "").encode())
    for name in sorted(tensors):
        total.update(name.encode())
        total.update(tensors[name].tobytes())
    return total.hexdigest()


class Store(Protocol):
    """A folder of files, which are there as a whole or not at all. Raises LenetError."""

    def names(self) -> list[str]:
        """Of the files that are there."""

    def read(self, name: str) -> bytes:
        """The bytes of a file."""

    def write(self, name: str, data: bytes) -> None:
        """Put a whole file there, or none."""

    def remove(self, name: str) -> None:
        """Take a file away."""


class Folder:
    """On a disk of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        with self._errors("read", self.path):
            return [path.name for path in self.path.iterdir()] if self.path.is_dir() else []

    def read(self, name: str) -> bytes:
        with self._errors("read", self.path / name):
            return (self.path / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        with self._errors("write", self.path / name):
            self.path.mkdir(exist_ok=True)  # in a run's folder, which may have disappeared
            write_atomically(self.path / name, data)

    def remove(self, name: str) -> None:
        with self._errors("remove", self.path / name):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def _errors(self, what: str, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LenetError(f"cannot {what} {path}", error.strerror or str(error)) from None


class Memory:
    """Of a run without a folder: for as long as the driver lives."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def names(self) -> list[str]:
        return list(self.files)

    def read(self, name: str) -> bytes:
        return self.files[name]

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def remove(self, name: str) -> None:
        self.files.pop(name, None)


class Checkpoints:
    """The newest checkpoints of one training. `warn` is told of those that are damaged.

    Without `resume`, those of an earlier training are removed when this one first looks for its
    own, that is, when it has started. `taken` makes of one that the run has written with other
    settings one of this training, or raises OtherJobError; the file stays as it is, so that a run
    that is killed before it has told its settings goes on with those that it had.
    """

    def __init__(
        self, store: Store, job: str, warn: Callable[[str], None], resume: bool = True,
        taken: Callable[[bytes], bytes] | None = None,
    ) -> None:  # fmt: skip
        self.store, self.job, self.warn, self.resume = store, job, warn, resume
        self.taken = taken

    @property
    def lasting(self) -> bool:
        """Whether they outlive this process, so that another run can go on from them."""
        return not isinstance(self.store, Memory)

    def _found(self) -> list[str]:
        return sorted((name for name in self.store.names() if _NAME.fullmatch(name)), reverse=True)

    def newest(self) -> bytes | None:
        """The newest one that is sound; None where there is none. OtherJobError where it belongs
        to another training."""
        if not self.resume:
            self.resume = True
            for name in self._found():
                self.store.remove(name)
        for name in self._found():
            try:
                data = self.store.read(name)
                return self._own(data)
            except OtherJobError:
                raise
            except LenetError as error:
                self.warn(f"the checkpoint {name} is skipped: {error.title}. {error.detail}")
        return None

    def jobs(self) -> set[str]:
        """The digests of the trainings that wrote those that are sound."""
        found = set()
        for name in self._found():
            with suppress(LenetError):
                found.add(State.job_of(self.store.read(name)))
        return found

    def _own(self, data: bytes) -> bytes:
        """One of this training; if it is of what it was before, it is `taken` over."""
        try:
            State.from_bytes(data, self.job)
            return data
        except OtherJobError:
            if self.taken is None:
                raise
        return self.taken(data)

    def save(self, data: bytes) -> int:
        """Keep one, and forget the oldest; its iteration."""
        iteration = State.from_bytes(data, self.job).iteration
        self.store.write(f"iteration-{iteration:09d}.safetensors", data)
        for name in self._found()[KEPT:]:
            self.store.remove(name)
        return iteration
