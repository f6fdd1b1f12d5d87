"""Spark ML: a net of users and items, with the names that ALS has."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark import keyword_only
from pyspark.ml import Model
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasPredictionCol
from pyspark.ml.util import MLReadable, MLReader, MLWritable, MLWriter
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lenet.api import Network, train
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.ml_base import NetEstimator
from lenet.ml_model import NetReader, NetWriter
from lenet.ml_values import LenetClassificationSummary
from lenet.runtime.data.columns import Columns
from lenet.runtime.data.features import columns_for
from lenet.runtime.models.model import Model as Net
from lenet.runtime.models.recommend import Recommender
from lenet.runtime.spark.columns import named
from lenet.runtime.spark.recommend import RECOMMENDED
from lenet.runtime.spark.session import check_session
from lenet.runtime.spark.ship import shipped
from lenet.runtime.spark.slots import slots

_COLD = ("nan", "drop")
_PER_SLOT = 4  # partitions


def _cold(value: Any) -> str:
    if value not in _COLD:
        raise LenetError(
            f"coldStartStrategy cannot be {str(value)[:60]!r}", "", f"it is {' or '.join(_COLD)}"
        )
    return str(value)


class PairColumns(HasPredictionCol):
    """Columns of users and of items, and what becomes of those that no training row has."""

    userCol: Param[str] = Param(Params._dummy(), "userCol", "the column of users",
                                TypeConverters.toString)  # fmt: skip
    itemCol: Param[str] = Param(Params._dummy(), "itemCol", "the column of items",
                                TypeConverters.toString)  # fmt: skip
    coldStartStrategy: Param[str] = Param(
        Params._dummy(), "coldStartStrategy", "what is predicted of unknown users and items", _cold
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(userCol="user", itemCol="item", coldStartStrategy="nan")

    def setUserCol(self, value: str) -> Any:  # noqa: N802 - Spark's own names
        return self._set(userCol=value)

    def getUserCol(self) -> str:  # noqa: N802
        return str(self.getOrDefault(self.userCol))

    def setItemCol(self, value: str) -> Any:  # noqa: N802
        return self._set(itemCol=value)

    def getItemCol(self) -> str:  # noqa: N802
        return str(self.getOrDefault(self.itemCol))

    def setPredictionCol(self, value: str) -> Any:  # noqa: N802
        return self._set(predictionCol=value)

    def setColdStartStrategy(self, value: str) -> Any:  # noqa: N802
        """`nan`, or `drop` for such rows to be left out."""
        return self._set(coldStartStrategy=value)

    def getColdStartStrategy(self) -> str:  # noqa: N802
        return str(self.getOrDefault(self.coldStartStrategy))


class LenetRecommender(NetEstimator, PairColumns):
    """Trains a net of users and items on a DataFrame, as ALS is: `userCol` and `itemCol` stand for
    the two columns that the spec names.

    The spec has two inputs `one of`. Its data section says `liked USER ITEM`, where each row is a
    pair that has been seen; or it names both in a line `category` and predicts a number, for which
    `ratingCol` stands if it is set.
    """

    ratingCol: Param[str] = Param(Params._dummy(), "ratingCol", "the column of ratings, where the "
                                  "net predicts them", TypeConverters.toString)  # fmt: skip
    _named = "the recommender"

    @keyword_only
    def __init__(
        self, *, spec: str | Path | None = None, settings: Mapping[str, Any] | None = None,
        userCol: str = "user", itemCol: str = "item", ratingCol: str | None = None,  # noqa: N803
        predictionCol: str = "prediction", coldStartStrategy: str = "nan",  # noqa: N803
        seed: int | None = None, epochs: int | None = None, numWorkers: int | None = None,  # noqa: N803
        validationIndicatorCol: str | None = None, progress: bool = True,  # noqa: N803
    ) -> None:  # fmt: skip
        super().__init__()
        self._take(dict(vars(self)["_input_kwargs"]))  # of keyword_only

    def setRatingCol(self, value: str) -> Any:  # noqa: N802
        """Of a net that predicts ratings; without it, the spec says which column that is."""
        return self._set(ratingCol=value)

    def _check(self, graph: Graph) -> None:
        section = graph.data
        pairs = len(graph.inputs) == 2 and all(given.is_category for given in graph.inputs)
        if section is None or not section.tabular or not pairs or section.series:
            raise LenetError(
                "the net is of no users and items",
                "It needs two inputs `one of`, and a data section with a line `liked`, or with "
                "`category` and `predict`.",
            )
        if section.liked is not None and self._value(self.ratingCol) is not None:
            raise LenetError(
                "the net learns what is `liked`, and no ratings", "",
                "leave ratingCol out, or write `category USER ITEM` and `predict RATING`",
            )  # fmt: skip
        if section.liked is None and (graph.answers != "numbers" or len(section.predict) > 1):
            raise LenetError(
                "the net answers pairs with something else than a rating", "",
                "write `predict` with one column, and end with `linear 1`",
            )  # fmt: skip

    def _fit(self, dataset: DataFrame) -> "LenetRecommenderModel":
        network = self.network()
        types = [_type_of(dataset, name) for name in (self.getUserCol(), self.getItemCol())]
        frame = self._as_the_spec_has_it(dataset, network)
        section = network.graph.data
        assert section is not None
        columns = Columns(label=section.label, validation=self._value(self.validationIndicatorCol))
        net = train(
            network, frame, dataset.sparkSession, columns=columns, epochs=self._value(self.epochs),
            workers=self._value(self.numWorkers), seed=self._value(self.seed),
            progress=self._value(self.progress),
        )  # fmt: skip
        model = LenetRecommenderModel(net)
        model._set(userType=types[0], itemType=types[1])
        model._resetUid(self.uid)
        return self._copyValues(model)

    def _as_the_spec_has_it(self, dataset: DataFrame, network: Network) -> DataFrame:
        """With users, items and ratings in the columns that the spec names."""
        section = network.graph.data
        assert section is not None
        (user,), (item,) = columns_for(network.graph.inputs, section)
        given = {user: self.getUserCol(), item: self.getItemCol()}
        if (rating := self._value(self.ratingCol)) is not None:
            given[section.label] = rating
        return dataset.withColumns({own: named(dataset, name) for own, name in given.items()})


def _type_of(frame: DataFrame, name: str) -> str:
    named(frame, name)
    return dict(frame.dtypes)[name]


class LenetRecommenderModel(Model, PairColumns, MLReadable, MLWritable):  # type: ignore[misc, type-arg]
    """Tells of pairs how likely the user likes the item, or which rating he gives; `net` is the
    trained model as `lenet.open` gives it. Recommendations are those of `lenet recommend`: what a
    user has seen in training is left out, and the order is the same."""

    userType: Param[str] = Param(Params._dummy(), "userType", "the type of the users in training",
                                 TypeConverters.toString)  # fmt: skip
    itemType: Param[str] = Param(Params._dummy(), "itemType", "the type of the items in training",
                                 TypeConverters.toString)  # fmt: skip

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net
        self._known = Recommender(net)
        self._setDefault(userType="string", itemType="string")

    @property
    def summary(self) -> LenetClassificationSummary:
        """How the training went."""
        return LenetClassificationSummary(self.net.history)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        check_session(dataset.sparkSession)
        pair = [named(dataset, name) for name in (self.getUserCol(), self.getItemCol())]
        names = self._known.columns
        given = F.struct(*(c.alias(name) for c, name in zip(pair, names, strict=True)))
        task = shipped(dataset.sparkSession, "recommend.ratings", self.net.to_bytes())
        task.__annotations__ = {"batches": Iterator[pa.Array], "return": Iterator[pa.Array]}
        tell: Any = F.arrow_udf
        column: Column = tell(task, "float")(given)
        found = dataset.withColumn(self.getPredictionCol(), column)
        if self.getColdStartStrategy() == "drop":
            found = found.where(~F.isnan(named(found, self.getPredictionCol())))
        return found

    def recommendForAllUsers(self, numItems: int) -> DataFrame:  # noqa: N802, N803
        """(userCol, recommendations): the best items of each user, as an array of structs (itemCol,
        rating), the best first."""
        return self._recommended(self._all(len(self._known.users)), False, numItems)

    def recommendForAllItems(self, numUsers: int) -> DataFrame:  # noqa: N802, N803
        """(itemCol, recommendations): the users that may like an item most."""
        return self._recommended(self._all(len(self._known.items)), True, numUsers)

    def recommendForUserSubset(self, dataset: DataFrame, numItems: int) -> DataFrame:  # noqa: N802, N803
        """Of the users in `userCol`, each once; those that no training row has are left out."""
        return self._recommended(self._some(dataset, self.getUserCol(), False), False, numItems)

    def recommendForItemSubset(self, dataset: DataFrame, numUsers: int) -> DataFrame:  # noqa: N802, N803
        """Of the items in `itemCol`, as of users."""
        return self._recommended(self._some(dataset, self.getItemCol(), True), True, numUsers)

    def _all(self, count: int) -> DataFrame:
        from pyspark.sql import SparkSession

        session = SparkSession.active()
        check_session(session)
        return session.range(0, count, 1, _PER_SLOT * slots(session))

    def _some(self, dataset: DataFrame, name: str, items: bool) -> DataFrame:
        session = dataset.sparkSession
        check_session(session)
        asked = dataset.select(named(dataset, name))
        task = shipped(session, "recommend.numbers", self.net.to_bytes(), items)
        return asked.mapInArrow(task, "number bigint").distinct()

    def _recommended(self, numbers: DataFrame, items: bool, top: int) -> DataFrame:
        if isinstance(top, bool) or not isinstance(top, int) or top < 1:
            raise LenetError(f"I cannot recommend {str(top)[:60]}", "", "ask for 1 or more")
        task = shipped(numbers.sparkSession, "recommend.for_all", self.net.to_bytes(), items, top)
        found = numbers.mapInArrow(task, RECOMMENDED)
        user, item = (
            (self.getUserCol(), str(self.getOrDefault(self.userType))),
            (self.getItemCol(), str(self.getOrDefault(self.itemType))),
        )
        (name, kind), (other, other_kind) = (item, user) if items else (user, item)
        quoted = f"`{other.replace('`', '``')}`"
        return found.select(
            F.col("id").cast(kind).alias(name),
            F.col("recommendations").cast(f"array<struct<{quoted}: {other_kind}, rating: float>>"),
        )

    def write(self) -> MLWriter:
        """Spark's writer of models, to any file system of Spark's."""
        return NetWriter(self)

    @classmethod
    def read(cls) -> "MLReader[LenetRecommenderModel]":
        """Spark's reader of models."""
        return NetReader(cls)
