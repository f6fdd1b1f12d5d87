"""What the executors are: their Python, its packages, their processors.

The function that they run needs nothing but Python's own library: it is there to tell what is
missing.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pyspark import cloudpickle
from pyspark.sql import SparkSession

from lenet.runtime.spark import asked
from lenet.runtime.spark.failures import spark_errors
from lenet.runtime.spark.slots import worker_count

_MOST = 1000  # executors that are asked


def ask_executors(session: SparkSession, packages: Sequence[str]) -> list[dict[str, Any]]:
    """What each slot's Python says of itself, of its `packages` and of its machine; LenetError
    where none of them answers."""
    cloudpickle.register_pickle_by_value(asked)
    count = worker_count(session, None, _MOST)
    wanted = tuple(packages)

    def tell(_: Iterable[int]) -> Iterator[dict[str, Any]]:
        yield asked.told(wanted)

    with spark_errors("the executors do not answer", session):
        found = session.sparkContext.parallelize(range(count), count).mapPartitions(tell).collect()
    return list(found)
