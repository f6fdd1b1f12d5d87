"""Pairs of users and items: what has been seen is a yes; the noes are drawn by chance."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.sections.data import Data
from lenet.runtime.data.dataset import DataError, Dataset, Images
from lenet.runtime.data.features import Features, column_of, columns_for
from lenet.runtime.data.seen import Seen
from lenet.runtime.data.series import times_of
from lenet.runtime.data.splits import as_rows, split_table
from lenet.runtime.inputs.lists import texts_of
from lenet.runtime.random_streams import of_tensor

if TYPE_CHECKING:
    from lenet.runtime.datasets import Wanted


def pairs_dataset(table: pa.Table, wanted: "Wanted", name: str) -> Dataset:
    """A yes for each pair to train with, and places for the noes of every epoch behind it; to
    validate with, a pair and items by chance that its user has not seen in all the table."""
    section = wanted.section
    assert section.liked is not None
    train, test = _split(table, section, wanted.seed)
    features = wanted.features
    if features is None:
        columns = columns_for(wanted.inputs, section)
        features = Features.learn(wanted.inputs, columns, section.missing, table.take(train))
        own = features.encode(table.take(train)).values.astype(np.int64)
        items = len(features.facts[1]["categories"])
        among = section.liked.among
        if items < among:
            raise DataError(
                f"{name} has {items:,} items", f"At least {among} are needed.",
                f"end the line `validate` with `among {max(2, items // 2)}`",
            )  # fmt: skip
        seen = Seen.of(own[:, 0], own[:, 1], len(features.facts[0]["categories"]), items)
        features = replace(features, seen=seen, group=among)
    pairs = features.encode(table.take(train)).values
    count = 1 + section.liked.negatives
    rows = np.repeat(pairs, count, axis=0)
    answers = np.zeros((len(rows), 1), np.float32)
    answers[::count] = 1
    held = _groups(features, table, test, wanted.seed) if len(test) else None
    return Dataset(
        name, Images(_images(rows), answers), held, wanted.target.names("liked"), 1.0,
        features=features,
    )  # fmt: skip


def _images(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows.reshape(len(rows), 1, 1, -1)


def _split(
    table: pa.Table, section: Data, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows to train with, and to validate with: the newest one of each user, of several."""
    liked, split = section.liked, section.split
    assert liked is not None
    if split is None or split.how != "newest":
        parts = split_table(table, section, seed)
        if parts is None:
            return np.arange(table.num_rows), np.arange(0)
        return parts.kept, parts.held_out
    users = texts_of(column_of(table, split.column))[1]
    times = times_of(table, liked.order)
    order = np.arange(len(users)) if times is None else np.argsort(times, kind="stable")
    last = np.full(users.max(initial=0) + 1, -1)
    last[users[order]] = order  # the last one wins
    several = np.bincount(users)[users] > 1
    marks = np.zeros(len(users), bool)
    marks[last[last >= 0]] = True
    return as_rows(marks & several)


def _groups(features: Features, table: pa.Table, test: NDArray[np.int64], seed: int) -> Images:
    """For each pair rows that belong together: itself, and items that the user has never seen."""
    count = features.group
    everything = features.encode(table).values.astype(np.int64)
    known = everything[(everything[:, 0] >= 0) & (everything[:, 1] < features.known(1))]
    known = known[known[:, 0] < features.known(0)]
    seen = Seen.of(known[:, 0], known[:, 1], features.known(0), features.known(1))
    stream = of_tensor(seed, "negatives")
    rows = np.zeros((len(test), count, 2), np.float32)
    for place, (user, item) in enumerate(everything[test].tolist()):
        left = np.ones(features.known(1), bool)
        left[item : item + 1] = False  # if it is known
        if user < features.known(0):
            left[seen.of_user(user)] = False
        others = np.flatnonzero(left)
        if len(others) < count - 1:
            most = f"end the line `validate` with `among {len(others) + 1}`, or less"
            raise DataError(
                "a user has seen almost all items",
                f"{len(others):,} are left to compare with, and {count - 1:,} are needed.",
                most if len(others) else "",
            )
        bits = stream.random_raw(len(others))
        draws = np.argpartition(bits, count - 2)[: count - 1]
        draws = draws[np.argsort(bits[draws])]
        rows[place, :, 0] = user
        rows[place, 0, 1] = item
        rows[place, 1:, 1] = others[draws]
    answers = np.zeros((len(test) * count, 1), np.float32)
    answers[::count] = 1
    return Images(_images(rows.reshape(-1, 2)), answers)
