"""Datasets as Hugging Face's hub has them: parquet files that are named after their part, whose
metadata tell which columns hold pictures, and what the classes are called."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from lenet.dsl.messages.clean import clean
from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.target import Target

_PART = re.compile(r"(train|validation|valid|val|dev|test)([-_.].*)?\.parquet")
_TESTS = ("validation", "valid", "val", "dev", "test")  # the first of these validates
KEY = "huggingface"  # of a schema's metadata
_IMAGES, _LABELS = ("img", "pixels"), ("labels", "target")  # what columns are called without these
# The names of the files and of the folders in a folder.
Listing = Callable[[str], tuple[list[str], list[str]]]


@dataclass(frozen=True)
class Parts:
    """The files to train with, and to validate with, by their paths behind the dataset's folder."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def parts_of(listing: Listing, name: str) -> Parts | None:
    """Those of a folder, of its folder `data`, or of the only other one that has such files; None
    where there are none. DataError where it is not clear which they are."""
    files, folders = listing("")
    if found := _of_names(files, "", name):
        return found
    inside = {folder: _of_names(listing(folder)[0], f"{folder}/", name) for folder in folders}
    known = {folder: parts for folder, parts in inside.items() if parts is not None}
    if len(known) > 1 and "data" not in known:
        listed = ", ".join(sorted(map(clean, known)))
        fix = f'name the folder of one, as in `data parquet "{name}/{min(known)}"`'
        raise DataError(f"{name} has several datasets: {listed}", "", fix)
    return known.get("data") or next(iter(known.values()), None)


def _of_names(files: list[str], place: str, name: str) -> Parts | None:
    by_part: dict[str, list[str]] = {}
    others = []
    for file in sorted(files):
        if not file.endswith(".parquet") or file.startswith((".", "_")):
            continue
        found = _PART.fullmatch(file)
        if found:
            by_part.setdefault(found[1], []).append(place + file)
        else:
            others.append(place + file)
    if "train" not in by_part:
        return None
    if others:
        raise DataError(
            f"{name} has {clean(others[0])} beside {clean(by_part['train'][0])}",
            "Beside a file of the name train, others are named after validation or test.",
            "move it elsewhere, or give it such a name",
        )
    test = next((by_part[part] for part in _TESTS if part in by_part), [])
    return Parts(tuple(by_part["train"]), tuple(test))


@dataclass(frozen=True)
class Features:
    """What the metadata of a file tell: the columns that hold pictures, and the names of the
    classes of those that hold labels."""

    images: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = ()  # type: ignore[assignment]

    @classmethod
    def of(cls, metadata: Mapping[Any, Any] | None) -> "Features":
        """Nothing, where the metadata of a schema tell nothing of it."""
        known = metadata or {}
        try:
            told = json.loads(known.get(KEY.encode()) or known[KEY])["info"]["features"]
            kinds = {name: known for name, known in told.items() if isinstance(known, dict)}
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls((), {})
        images = tuple(name for name, known in kinds.items() if known.get("_type") == "Image")
        labels = {
            name: tuple(map(str, known.get("names") or ()))
            for name, known in kinds.items()
            if known.get("_type") == "ClassLabel"
        }
        return cls(images, labels)

    def columns(self, section: Data, known: list[str], target: Target, name: str) -> Data:
        """The section, with the columns of images and labels where it does not name them and they
        have other names; DataError where several may be meant."""
        blank = Data(section.kind)
        if section.image == blank.image and section.image not in known:
            images = _one(self.images or _IMAGES, known, "image", name)
            section = replace(section, image=images or section.image)
        asked = target.is_class and not target.columns
        if asked and section.label == blank.label and section.label not in known:
            labels = _one(tuple(self.labels) or _LABELS, known, "label", name)
            section = replace(section, label=labels or section.label)
        return section

    def classes(self, section: Data, whole: bool) -> tuple[str, ...]:
        """The names of the numbers in the column of labels, if these are whole, as the section
        counts them."""
        if section.distinct or section.first or not whole:
            return ()
        return self.labels.get(section.label, ())


def _one(wanted: tuple[str, ...], known: list[str], line: str, name: str) -> str:
    found = [column for column in wanted if column in known]
    if len(found) > 1:
        listed = ", ".join(map(clean, found))
        fix = f'say which one, in the data section: `{line} "{found[0]}"`'
        raise DataError(f"{name} has several columns of {line}s: {listed}", "", fix)
    return found[0] if found else ""


def is_picture(kind: pa.DataType) -> bool:
    """Whether a column has structs of the bytes of pictures and of their paths."""
    return bool(pa.types.is_struct(kind)) and {field.name for field in kind} == {"bytes", "path"}


def bytes_of(column: Any) -> Any:
    """The bytes of such a column; others as they are."""
    return pa.compute.struct_field(column, "bytes") if is_picture(column.type) else column
