"""The sections of a spec that is written: what its images were, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lenet.dsl.answers import Answers
from lenet.dsl.shapes import Shape

_COLUMNS = 16  # that are named in a line
_LEAST = 1e-6  # deviation that a section takes


@dataclass(frozen=True)
class Asked:
    """What a net answers, with the `log` of numbers, and how its images are prepared; mean and
    deviation are of values in which white is 1, () where there are none."""

    answers: Answers
    log: bool = False
    pad: tuple[int, int] = (0, 0)
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()


def sections_of(asked: Asked, output: Shape, names: Sequence[str]) -> str:
    """As text; names are those of the answers."""
    lines = []
    if any(asked.pad):
        lines.append(f"  pad {asked.pad[0]}x{asked.pad[1]}")
    if asked.mean and min(asked.mean) >= 0 and min(asked.deviation) >= _LEAST:
        mean, deviation = (" ".join(map(decimal, own)) for own in (asked.mean, asked.deviation))
        lines.append(f"  normalize mean {mean} deviation {deviation}")
    loss = {"places": "crossentropy", "yes or no": "bce", "numbers": "mse"}.get(asked.answers, "")
    few = len(output) == 1 and output[0] <= _COLUMNS
    if loss and few and (not asked.log or len(names) == 1):
        any_of = "any of " if asked.answers == "yes or no" else "log " if asked.log else ""
        lines.append(f"  predict {any_of}{' '.join(_column(name) for name in names)}")
        loss = ""
    text = "\n".join(["data frame", *lines]) + "\n" if lines else ""
    if loss:
        text += f"\ntrain  # the rate is no more than a beginning\n  loss {loss}\n  rate 0.001\n"
    return text


def decimal(value: float) -> str:
    """A number without an exponent, of as many digits as float32 has."""
    return np.format_float_positional(np.float32(value), trim="-")


def _column(name: str) -> str:
    plain = "".join(" " if own in '"\n\r' or not own.isprintable() else own for own in name)
    return f'"{plain}"'
