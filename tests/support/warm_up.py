"""A short life of Spark, at whose end Java archives the classes that were needed."""

import tempfile
from pathlib import Path

import lenet
from lenet.runtime.spark.session import start_session

if __name__ == "__main__":
    session = start_session("local[2]", "warm-up")
    with tempfile.TemporaryDirectory() as folder:
        rows = str(Path(folder, "rows"))
        session.createDataFrame([(k, k / 2) for k in range(9)], "a long, b double").write.parquet(
            rows
        )
        session.read.parquet(rows).groupBy("a").count().orderBy("a").toPandas()
    spec = str(Path(__file__).parents[2] / "specs" / "digits.lenet")
    lenet.train(spec, spark=session, epochs=1, progress=False)
    session.stop()
