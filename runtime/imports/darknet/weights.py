"""Weights of Darknet: a short head, then float32 numbers, layer after layer."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.runtime.imports.draft import Floats
from lenet.runtime.imports.unread import Unread

_MOST = 2**33  # bytes
_ROOT = 1e-6  # Darknet adds it to the deviation, and we to the variance


@dataclass
class Weights:
    """Those of a file, from the place that was read up to."""

    values: Floats
    place: int = 0

    def take(self, count: int) -> Floats:
        """The next ones; Unread where there are not as many."""
        found = self.values[self.place : self.place + count]
        if len(found) < count:
            raise Unread("for which the file of weights has too few")
        self.place += count
        return found.copy()

    def norms(self, count: int) -> dict[str, Floats]:
        """A scale, a mean and a variance of each channel, for which the same comes out here."""
        scale, mean, variance = (self.take(count) for _ in range(3))
        divisor = np.sqrt(np.maximum(variance, 0).astype(np.float64)) + _ROOT
        ours = np.maximum(divisor**2 - _ROOT, 0)
        factor = np.sqrt(ours + _ROOT) / divisor
        return {"scale": (scale * factor).astype(np.float32), "mean": mean,
                "variance": ours.astype(np.float32)}  # fmt: skip

    @property
    def left(self) -> int:
        """How many have not been read."""
        return len(self.values) - self.place


def read_weights(path: Path) -> Weights:
    """Those of a file; LenetError where it cannot be read, or has numbers that are none."""
    try:
        data = read_file(path, _MOST)
    except FileNotFoundError:
        raise LenetError(f"there is no file {path}") from None
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    major, minor = (int.from_bytes(data[k : k + 4], "little", signed=True) for k in (0, 4))
    head = 20 if major * 10 + minor >= 2 else 16
    if len(data) < head or (len(data) - head) % 4 or not 0 <= major < 1000 or not 0 <= minor < 1000:
        raise LenetError(f"{path} is not a readable file of Darknet's weights",
                         "It is cut short, damaged, or another kind of file.")  # fmt: skip
    values = np.frombuffer(data, "<f4", offset=head)
    if not np.isfinite(values).all():
        raise LenetError(f"the weights of {path} have values that are no numbers")
    return Weights(values)
