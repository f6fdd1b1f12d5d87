"""What a model of users and items recommends, in the executors; each worker loads it once."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from lenet.runtime.models.recommend import Recommender
from lenet.runtime.spark.predict import encoded, model_here

# For each user or item, by its name: the others, the best first, and what is told of them.
RECOMMENDED = "id string, recommendations array<struct<id: string, rating: float>>"
_RECOMMENDED = pa.schema(
    [
        ("id", pa.string()),
        (
            "recommendations",
            pa.list_(pa.struct([("id", pa.string()), ("rating", pa.float32())])),
        ),
    ]
)


def for_all(
    batches: Iterator[pa.RecordBatch], data: bytes, items: bool, top: int
) -> Iterator[pa.RecordBatch]:
    """Of users, or with `items` of items, by their numbers in the model, a column of them."""
    known = Recommender(model_here(data))
    asked, others = (known.items, known.users) if items else (known.users, known.items)
    best = known.for_item if items else known.for_user
    for batch in batches:
        numbers = batch.column(0).to_pylist()
        told = []
        for number in numbers:
            found, ratings = best(number, top)
            told.append(
                [
                    {"id": others.entries[other], "rating": rating}
                    for other, rating in zip(found.tolist(), ratings.tolist(), strict=True)
                ]
            )
        names = [asked.entries[number] for number in numbers]
        yield pa.RecordBatch.from_pydict(
            {"id": names, "recommendations": told}, schema=_RECOMMENDED
        )


def numbers(
    batches: Iterator[pa.RecordBatch], data: bytes, items: bool
) -> Iterator[pa.RecordBatch]:
    """The numbers of users, or items, a column of them; those that it does not know are left
    out."""
    from lenet.runtime.inputs.lists import texts_of

    known = Recommender(model_here(data))
    asked = known.items if items else known.users
    for batch in batches:
        texts, places = texts_of(batch.column(0))
        found = [asked.number(texts[place]) for place in places.tolist()]
        yield pa.RecordBatch.from_pydict(
            {"number": pa.array([n for n in found if n is not None], pa.int64())}
        )


def ratings(batches: Iterator[pa.Array], data: bytes) -> Iterator[pa.Array]:
    """Of structs of a user and an item, what is told of them; NaN where the model does not know
    one of both."""
    model = model_here(data)
    known = Recommender(model)
    assert model.features is not None
    for batch in batches:
        found = encoded(model.features, batch)
        rows = found.values.astype(np.int64)
        told = np.full(len(rows), np.nan, np.float32)
        good = (rows[:, 0] < len(known.users)) & (rows[:, 1] < len(known.items))
        good[list(found.problems)] = False
        there = np.flatnonzero(good)
        if len(there):
            told[there] = known.scores(rows[there, 0], rows[there, 1])[1]
        yield pa.array(told)
