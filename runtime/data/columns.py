"""Which columns of a table are what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Columns:
    """Names of a DataFrame's columns. `key` names a row in messages; `validation` is true of rows
    to validate with, `weight` says how much a row counts. None: not there."""

    image: str = "image"
    label: str = "label"
    validation: str | None = None
    key: str | None = None
    weight: str | None = None
