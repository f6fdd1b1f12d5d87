"""Spark ML of nets with columns, and of users and items; the same bits on every way out."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from test_cli_train import run
from test_tables import LIKED, PRICES, TABLE, TEXTS, pairs

import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.models.recommend import recommended

pytestmark = pytest.mark.spark
RATED = """\
input user one of 20
input item one of 150
dot
  path from user
    embed 4
  path from item
    embed 4

data frame
  category who as user
  category what as item
  predict stars

train
  optimizer adam
  rate 0.03
  stop after 3 epochs
"""


@pytest.fixture(scope="module")
def frame(spark):
    from pyspark.ml.feature import VectorAssembler

    table = TABLE.append_column("held", pa.array([k % 5 == 0 for k in range(TABLE.num_rows)]))
    rows = spark.createDataFrame(table.to_pandas())
    # Vectors are of no use here, and are in many a pipeline.
    kept = VectorAssembler(inputCols=["size"], outputCol="vector").transform(rows).cache()
    yield kept
    kept.unpersist()


@pytest.fixture(scope="module")
def fitted(frame):
    from lenet.ml import LenetRegressor

    return LenetRegressor(
        spec=PRICES, validationIndicatorCol="held", errorCol="why", progress=False
    ).fit(frame.repartition(3))


def test_the_same_bits_on_every_way_out(fitted, frame, spark, tmp_path: Path) -> None:
    """Spark ML, a stream of it, the function, SQL, the command, many rows and one in Python."""
    assert fitted.net.history[-1]["validation"].keys() >= {"rmse"}
    rows = frame.select("kind", "size", "price").limit(25)
    told = fitted.transform(rows).toArrow()
    assert told.column_names == ["kind", "size", "price", "rawPrediction", "prediction", "why"]
    bits = told["prediction"].to_numpy().astype(np.float32)
    table = told.select(["size", "kind"])
    assert np.array_equal(fitted.net.predict(table).values[:, 0], bits)
    alone = [fitted.net.predict(row).values[0, 0] for row in table.to_pylist()]
    assert np.array_equal(alone, bits)
    spark.udf.register("price_of", lenet.udf(fitted.net, spark))
    told.to_pandas().to_parquet(tmp_path / "rows.parquet")
    spark.read.parquet(str(tmp_path / "rows.parquet")).createOrReplaceTempView("diamonds")
    found = spark.sql("select price_of(struct(*)).prediction p from diamonds").toArrow()
    assert np.array_equal(found["p"].to_numpy().astype(np.float32), bits)
    fitted.net.save(tmp_path / "m.safetensors")
    done = run("predict", tmp_path / "m.safetensors", tmp_path / "rows.parquet", "--json")
    values = [json.loads(line)["answers"] for line in done.stdout.splitlines()]
    assert [np.float32(next(iter(v.values()))) for v in values] == bits.tolist()
    rows.write.parquet(str(tmp_path / "in"))
    stream = spark.readStream.schema(rows.schema).parquet(str(tmp_path / "in"))
    query = (
        fitted.transform(stream).writeStream.format("memory").queryName("prices")
        .trigger(availableNow=True).start()
    )  # fmt: skip
    query.awaitTermination(120)
    streamed = spark.table("prices").sort("size").toArrow()
    wanted = told.sort_by("size")
    assert streamed["prediction"].to_numpy().tolist() == wanted["prediction"].to_numpy().tolist()


def test_rows_that_cannot_be_used_have_their_reason(fitted, spark) -> None:
    rows = spark.createDataFrame(
        [("k1", None), (None, 0.5), ("new", 0.5)], "kind string, size double"
    )
    found = fitted.transform(rows).collect()
    assert [row["why"] for row in found] == ["a number is missing (size)", None, None]
    assert found[0]["prediction"] is None and found[1]["prediction"] == found[2]["prediction"]
    texts = spark.createDataFrame([("k1", "0.5 "), ("k1", "1,5")], "kind string, size string")
    told = fitted.transform(texts).collect()
    assert told[0]["prediction"] is not None and told[1]["why"] == "1,5 is no number (size)"
    dates = fitted.transform(rows.selectExpr("kind", "date'2020-01-01' as size")).collect()
    assert dates[0]["why"].startswith("a column of numbers holds date32")
    with pytest.raises(LenetError, match="the rows lack the column size"):
        fitted.transform(rows.select("kind"))


def test_a_class_is_a_number_and_its_name_in_another_column(frame, tmp_path: Path) -> None:
    from lenet.ml import LenetClassifier, LenetModel

    renamed = frame.withColumnRenamed("liked", "mood").withColumn(
        "w", frame["held"].cast("int") + 1
    )
    classifier = LenetClassifier(
        spec=TEXTS, labelCol="mood", weightCol="w", predictedLabelCol="said", epochs=2,
        progress=False,
    )  # fmt: skip
    model = classifier.fit(renamed)
    assert model.labels == ["no", "yes"]
    model.save(str(tmp_path / "model"))
    again = LenetModel.load(str(tmp_path / "model"))
    for row in again.transform(renamed.limit(5)).collect():
        assert row["said"] == model.labels[int(row["prediction"])] and row["probability"].size == 2
    assert classifier.copy({classifier.weightCol: "size"}).getWeightCol() == "size"


def test_specs_that_do_not_fit(frame) -> None:
    from lenet.ml import LenetClassifier, LenetRecommender, LenetRegressor

    with pytest.raises(LenetError, match="use LenetRecommender"):
        LenetRegressor(spec=LIKED).fit(frame)
    with pytest.raises(LenetError, match="there is no column cost"):
        LenetRegressor(spec=PRICES, labelCol="cost").fit(frame)
    with pytest.raises(LenetError, match="is of no users and items"):
        LenetRecommender(spec=PRICES).fit(frame)
    with pytest.raises(LenetError, match="use LenetRegressor"):
        LenetClassifier(spec=PRICES).fit(frame)
    with pytest.raises(LenetError, match="and no ratings"):
        LenetRecommender(spec=LIKED, ratingCol="size").fit(frame)
    with pytest.raises(LenetError, match="coldStartStrategy cannot be 'no'"):
        LenetRecommender(spec=LIKED, coldStartStrategy="no")


def test_recommendations(spark, tmp_path: Path) -> None:
    from lenet.ml import LenetRecommender, LenetRecommenderModel

    rows = spark.createDataFrame(pairs().to_pandas()).withColumnRenamed("who", "visitor")
    recommender = LenetRecommender(
        spec=LIKED, userCol="visitor", itemCol="what", coldStartStrategy="drop", progress=False
    )
    model = recommender.fit(rows.repartition(3))
    assert model.net.digest == recommender.fit(rows.repartition(1)).net.digest
    model.save(str(tmp_path / "model"))
    model = LenetRecommenderModel.load(str(tmp_path / "model"))
    everybody = model.recommendForAllUsers(5)
    assert dict(everybody.dtypes) == {
        "visitor": "bigint", "recommendations": "array<struct<what:string,rating:float>>",
    }  # fmt: skip
    told = {
        row["visitor"]: [tuple(r) for r in row["recommendations"]] for row in everybody.collect()
    }
    assert told.keys() == set(range(20))
    assert all(told[user] == recommended(model.net, str(user), 5) for user in (0, 7, 19))
    some = spark.createDataFrame([(7,), (7,), (99,), (None,)], "visitor int")
    found = model.recommendForUserSubset(some, 5).collect()
    assert [(r["visitor"], [tuple(x) for x in r["recommendations"]]) for r in found] == [
        (7, told[7])
    ]
    # What is told of pairs is what is recommended.
    asked = spark.createDataFrame(
        [(7, told[7][0][0]), (99, "i1"), (7, "none")], "visitor int, what string"
    )
    assert [row["prediction"] for row in model.transform(asked).collect()] == [told[7][0][1]]
    cold = model.copy({model.coldStartStrategy: "nan"}).transform(asked).collect()
    assert [np.isnan(row["prediction"]) for row in cold] == [False, True, True]
    of_items = {r["what"]: r["recommendations"] for r in model.recommendForAllItems(20).collect()}
    fans = {user["visitor"]: user["rating"] for user in of_items[told[7][0][0]]}
    assert fans[7] == told[7][0][1]
    users, items = (facts["categories"] for facts in model.net.features.facts)
    seen = {
        (int(u), items[i]) for k, u in enumerate(users) for i in model.net.features.seen.of_user(k)
    }
    assert not [item for item, own in of_items.items() for u in own if (u["visitor"], item) in seen]


@pytest.mark.large
def test_a_grid_of_ratings(spark, tmp_path: Path) -> None:
    from pyspark.ml.tuning import ParamGridBuilder

    from lenet.ml import LenetRecommender

    table = pairs().append_column("rating", pa.array(np.tile([1.0, 5.0], 400)))
    rows = spark.createDataFrame(table.to_pandas())
    recommender = LenetRecommender(
        spec=RATED, userCol="who", itemCol="what", ratingCol="rating", progress=False
    )
    grid = ParamGridBuilder().addGrid(recommender.epochs, [1, 2]).build()
    models = recommender.fit(rows, grid)
    assert [len(model.net.history) for model in models] == [1, 2]
    best = models[1].recommendForAllUsers(150).where("who = 3").collect()[0]["recommendations"]
    assert len(best) == len(set(table["what"].to_pylist()))  # nothing is left out of ratings
    models[1].net.save(tmp_path / "m.safetensors")
    done = run("recommend", tmp_path / "m.safetensors", "--user", "3", "--top", "1", "--json")
    assert json.loads(done.stdout) == {"item": best[0]["what"], "rating": best[0]["rating"]}
