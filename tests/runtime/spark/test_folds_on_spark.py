"""A cross-validation in a Spark session, of rows that executors read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lenet

pytestmark = pytest.mark.spark
NET = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data parquet "rows.parquet"
  folds last 2
train
  rate 0.01
  batch 64
  stop after 1 epoch
"""


def test_the_same_as_here(spark, tmp_path: Path) -> None:
    """Rows behind the fold are neither learnt from nor validated."""
    images = lenet.datasets.load("digits").train.take(range(150))
    pixels = pa.array([image.tobytes() for image in images.pixels])
    table = pa.table({"image": pixels, "label": images.labels})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=40)
    spec = tmp_path / "net.lenet"
    spec.write_text(NET)
    here = lenet.cross_validate(spec, engine="local", progress=False)
    there = lenet.cross_validate(spec, spark=spark, progress=False)
    assert here.model is not None and there.model is not None
    assert [f.model.digest for f in here.folds] == [f.model.digest for f in there.folds]
    assert here.model.digest == there.model.digest and here.mean == there.mean
