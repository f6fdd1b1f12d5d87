"""DataFrames, parquet files and pictures as training data on Spark: the same bits as elsewhere."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_training import SMALL

import lenet
from lenet.dsl.errors import LenetError
from lenet.runtime.data.columns import Columns
from lenet.runtime.data.counts import count
from lenet.runtime.data.dataset import Images
from lenet.runtime.datasets import load_dataset

# One process runs them all, since they share a table.
pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("frames")]
NET = SMALL.replace("data digits\n", 'data parquet "rows"\n  normalize\n  validate 97\n').replace(
    "dropout 0.2\n", ""
)
DIGITS = load_dataset("digits").train


def rows_of(images: Images) -> list[dict]:
    return [
        {"image": bytearray(p.tobytes()), "label": int(label), "id": f"n{k}"}
        for k, (p, label) in enumerate(zip(images.pixels, images.labels, strict=True))
    ]


@pytest.fixture(scope="module")
def table(spark, tmp_path_factory):
    frame = spark.createDataFrame(rows_of(DIGITS), "image binary, label int, id string")
    path = tmp_path_factory.mktemp("data") / "rows"
    frame.repartition(3).write.parquet(str(path))
    return path


@pytest.fixture
def spec(table: Path) -> Path:
    path = table.parent / "net.lenet"
    path.write_text(NET)
    return path


def test_parquet_on_spark_gives_the_bits_of_the_local_engine(spec: Path, spark) -> None:
    events: list[dict] = []
    local = lenet.train(spec, engine="local")
    cluster = lenet.train(spec, spark=spark, watch=events.append)
    assert cluster.digest == local.digest
    assert (cluster.mean, cluster.deviation) == (local.mean, local.deviation)
    data = next(e for e in events if e["event"] == "data")
    assert (data["name"], data["rows"], data["held_out"]) == ("rows", 1340, 97)


def test_rows_are_numbered_by_content(spec: Path, table: Path, spark) -> None:
    """However Spark has cut and ordered them, and whatever type holds the values."""
    from pyspark.sql import functions as F

    frame = spark.read.parquet(str(table))
    first = lenet.train(spec, frame, spark=spark)
    again = lenet.train(spec, frame.orderBy(F.rand(3)).repartition(5), spark=spark)
    assert again.digest == first.digest
    ints = [([int(v) for v in row["image"]], float(row["label"])) for row in rows_of(DIGITS)]
    lists = spark.createDataFrame(ints, "pixels array<int>, digit double")
    third = lenet.train(spec, lists, spark=spark, columns=Columns("pixels", "digit"))
    assert third.digest == first.digest


def test_floats_and_vectors(spec: Path, spark) -> None:
    from pyspark.ml.linalg import Vectors

    values = DIGITS.pixels.reshape(len(DIGITS), -1) / np.float32(16)
    rows = [(Vectors.dense(v), float(y), k % 7 == 0) for k, (v, y) in
            enumerate(zip(values, DIGITS.labels, strict=True))]  # fmt: skip
    frame = spark.createDataFrame(rows, ["features", "label", "test"])
    columns = Columns("features", validation="test")
    vectors = lenet.train(spec, frame, spark=spark, columns=columns)
    assert vectors.history[-1]["validation"]["top1"] > 0.8 and vectors.pixel_scale == 1.0
    arrays = frame.selectExpr("label", "test")
    from pyspark.ml.functions import vector_to_array

    arrays = frame.select(vector_to_array("features").alias("features"), "label", "test")
    assert lenet.train(spec, arrays, spark=spark, columns=columns).digest == vectors.digest
    again = vectors.predict(values[:50].reshape(-1, 1, 8, 8))
    assert (again.classes == DIGITS.labels[:50]).mean() > 0.8


def test_statistics_of_floats() -> None:
    random = np.random.default_rng(1)
    images = Images(random.normal(2, 3, (90, 2, 5, 4)).astype(np.float32), np.zeros(90, np.int32))
    mean, deviation = count(images, 1.0).normal(1.0)
    np.testing.assert_allclose(mean, images.pixels.mean(axis=(0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(deviation, images.pixels.std(axis=(0, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("form", ["png", "struct"])
def test_encoded_pictures_and_sparks_images(spec: Path, spark, tmp_path: Path, form: str) -> None:
    count = 300
    for k in range(count):
        Image.fromarray(DIGITS.pixels[k, 0] * 15).save(tmp_path / f"{k:04}.png")
    source = "binaryFile" if form == "png" else "image"
    frame = spark.read.format(source).load(str(tmp_path))
    path = "path" if form == "png" else "image.origin"
    frame = frame.selectExpr(
        "content as image" if form == "png" else "image",
        f"int(regexp_extract({path}, '(\\\\d+).png', 1)) as k",
    )
    labels = [(k, int(DIGITS.labels[k])) for k in range(count)]
    joined = frame.join(spark.createDataFrame(labels, "k int, label int"), "k")
    got = lenet.train(spec, joined, spark=spark)
    rows = [(bytearray((DIGITS.pixels[k] * 15).tobytes()), int(DIGITS.labels[k]))
            for k in range(count)]  # fmt: skip
    plain = spark.createDataFrame(rows, "image binary, label int")
    assert got.digest == lenet.train(spec, plain, spark=spark).digest


def test_folders_of_pictures(spark, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for part, number in (("train", 40), ("test", 12)):
        for k in range(number):
            name = ("dark", "light thing")[k % 2]
            folder = tmp_path / "data" / part / name / f"more {k % 3}"
            folder.mkdir(parents=True, exist_ok=True)
            pixels = random.integers(0, 100, (6, 7, 3), np.uint8) + np.uint8(120 * (k % 2))
            Image.fromarray(pixels).save(folder / f"{k} ü.PNG")
    (tmp_path / "data" / "train" / "dark" / "notes.txt").write_text("no picture")
    spec = tmp_path / "net.lenet"
    spec.write_text(
        'input 3x8x9\nreshape 216\nlinear 2\ndata images "data"\n  normalize\n  pad 1\n'
        "train\n  rate 0.1\n  batch 8\n  stop after 3 epochs\n"
    )
    cluster = lenet.train(spec, spark=spark)
    assert cluster.classes == ("dark", "light thing")
    assert cluster.digest == lenet.train(spec, engine="local").digest
    assert cluster.history[-1]["validation"]["top1"] == 1.0
    (tmp_path / "data" / "train" / "dark" / "bad.png").write_bytes(b"no picture")
    for options in ({"spark": spark}, {"engine": "local"}):
        with pytest.raises(LenetError, match="row that cannot be used") as caught:
            lenet.train(spec, **options)
        assert "dark/bad.png: it is no picture" in caught.value.detail


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"image": None}, "id bad: the image is empty"),
        ({"image": b"123"}, "id bad: the image has 3 bytes; the net takes 64"),
        ({"label": None}, "id bad: the label is empty"),
        ({"label": -1}, "id bad: the label is -1"),
    ],
)
def test_a_row_that_cannot_be_used(spec: Path, spark, row: dict, words: str) -> None:
    rows = [*rows_of(DIGITS)[:200], {"image": bytearray(64), "label": 1, "id": "bad", **row}]
    frame = spark.createDataFrame(rows, "image binary, label int, id string")
    with pytest.raises(LenetError, match="has a row that cannot be used") as caught:
        lenet.train(spec, frame, spark=spark, columns=Columns(key="id"))
    assert words in caught.value.detail


def test_frames_that_cannot_be_used(spec: Path, spark) -> None:
    rows = spark.createDataFrame(
        [(bytearray(64), 10 + k % 2) for k in range(200)], "image binary, label int"
    )
    frame = spark.createDataFrame([("x", 1)], "image string, label int")
    with pytest.raises(LenetError, match="the column image has the type string"):
        lenet.train(spec, frame, spark=spark)
    with pytest.raises(LenetError, match="there is no column label"):
        lenet.train(spec, rows.drop("label"), spark=spark)
    with pytest.raises(LenetError, match="no rows to train on"):
        empty = spark.createDataFrame([], "image binary, label int")
        lenet.train(spec, empty, spark=spark)
    floats = spark.createDataFrame([([0.5, float("nan")] * 32, 1)] * 200,
                                   "image array<double>, label int")  # fmt: skip
    with pytest.raises(LenetError, match="row that cannot be used, and 199 others") as caught:
        lenet.train(spec, floats, spark=spark)
    assert "not a finite number" in caught.value.detail
    with pytest.raises(LenetError, match="go from 10 to 11.*(?s:.*)`label from 10`.*`linear 2`"):
        lenet.train(spec, rows, spark=spark)
    with pytest.raises(LenetError, match="local engine"):
        lenet.train(spec, frame, engine="local")


def labelled(spark, kind: str, labels: list) -> object:
    rows = [(bytearray(x.tobytes()), y) for x, y in zip(DIGITS.pixels[:300], labels, strict=True)]
    return spark.createDataFrame(rows, f"image binary, label {kind}")


def test_labels_of_all_kinds(spec: Path, spark, tmp_path: Path) -> None:
    """Text becomes classes, `distinct` and `from 1` hold; the local engine does the same."""
    numbers = DIGITS.labels[:300].tolist()
    section = 'data parquet "rows"\n  normalize\n  validate 97\n'
    assert section in NET
    frame_net = NET.replace(section, "data frame\n  validate 30\n{0}")

    def net(line: str = "") -> Path:
        path = tmp_path / "labels.lenet"
        path.write_text(frame_net.format(line))
        return path

    names = [f"digit {k}" for k in numbers]
    text = lenet.train(net(), labelled(spark, "string", names), spark=spark)
    assert text.classes == tuple(f"digit {k}" for k in range(10))
    assert text.predict(DIGITS.pixels[0]).label(0) in names
    plain = lenet.train(net(), labelled(spark, "int", numbers), spark=spark)
    assert plain.digest == text.digest and plain.classes == tuple("0123456789")
    ones = labelled(spark, "int", [k + 1 for k in numbers])
    with pytest.raises(LenetError, match="(?s)go from 1 to 10.*`label from 1`"):
        lenet.train(net(), ones, spark=spark)
    assert lenet.train(net("  label from 1\n"), ones, spark=spark).digest == plain.digest
    gaps = labelled(spark, "double", [1450.0 + 11 * k for k in numbers])
    with pytest.raises(LenetError, match="(?s)have gaps: 1,450, .*`label distinct`"):
        lenet.train(net(), gaps, spark=spark)
    distinct = lenet.train(net("  label distinct\n"), gaps, spark=spark)
    assert distinct.classes[:2] == ("1450", "1461") and distinct.digest == plain.digest
    path = str(tmp_path / "rows")
    labelled(spark, "string", names).coalesce(1).write.parquet(path)
    files = tmp_path / "files.lenet"
    files.write_text(NET.replace(section, 'data parquet "rows"\n  validate 30\n'))
    cluster = lenet.train(files, spark=spark)
    here = lenet.train(files, engine="local")
    assert cluster.digest == here.digest and cluster.classes == here.classes == text.classes


@pytest.mark.large
def test_distinct_labels_of_all_kinds(spec: Path, spark, tmp_path: Path) -> None:
    """The same names as in this process."""
    from decimal import Decimal

    path = tmp_path / "net.lenet"
    section = "data frame\n  label distinct\ntrain\n"
    for kind, values, names in (
        ("boolean", [False, True], ("false", "true")),
        ("decimal(10,1)", [Decimal("0"), Decimal("2.5")], ("0", "2.5")),
        ("double", [1e-5, 7.0], ("1e-05", "7")),
    ):
        net = f"input 1x8x8\nreshape 64\nlinear 2\n{section}  rate 0.1\n  stop after 1 epochs\n"
        path.write_text(net)
        frame = labelled(spark, kind, [values[k % 2] for k in range(300)])
        assert lenet.train(path, frame, spark=spark).classes == names
    for kind, odd in (("double", float("inf")), ("double", float("nan"))):
        frame = labelled(spark, kind, [odd, *([0.0] * 299)])
        with pytest.raises(LenetError, match="row that cannot be used"):
            lenet.train(spec, frame, spark=spark)


def test_names_of_columns(spec: Path, spark) -> None:
    frame = labelled(spark, "int", DIGITS.labels[:300].tolist())
    dotted = frame.withColumnRenamed("label", "my.label")
    model = lenet.train(spec, dotted, spark=spark, columns=Columns(label="my.label"))
    assert model.digest == lenet.train(spec, frame, spark=spark).digest
    twice = frame.select("image", "label", "label")
    with pytest.raises(LenetError, match="there are two columns label"):
        lenet.train(spec, twice, spark=spark)


def test_one_hot_labels_are_named_as_that(spec: Path, spark) -> None:
    from pyspark.ml.linalg import Vectors

    hot = [[float(k == y) for k in range(10)] for y in DIGITS.labels[:300].tolist()]
    frame = labelled(spark, "array<double>", hot)
    with pytest.raises(LenetError, match="(?s)column label are vectors.*one-hot") as caught:
        lenet.train(spec, frame, spark=spark)
    assert "array_position(`label`, 1) - 1" in caught.value.fix
    mended = frame.selectExpr("image", "array_position(label, 1) - 1 as label")
    assert lenet.train(spec, mended, spark=spark).history
    rows = [(Vectors.dense(x), Vectors.dense(y)) for x, y in zip([[0.0] * 64] * 9, hot[:9],
                                                               strict=True)]  # fmt: skip
    with pytest.raises(LenetError, match="vectors"):
        lenet.train(spec, spark.createDataFrame(rows, ["image", "label"]), spark=spark)


def test_a_row_can_be_found(spec: Path, spark, tmp_path: Path) -> None:
    """By its key, or by its file and its place there; else it is said what could name it."""
    rows = [*rows_of(DIGITS)[:150], {"image": bytearray(3), "label": 4, "id": "row-77"}]
    frame = spark.createDataFrame(rows, "image binary, label int, id string")
    with pytest.raises(LenetError, match="a row with the label 4: the image has 3") as caught:
        lenet.train(spec, frame, spark=spark)
    assert 'columns=Columns(key="id")' in caught.value.fix and "17" not in str(caught.value)
    with pytest.raises(LenetError, match="id row-77: the image has 3"):
        lenet.train(spec, frame, spark=spark, columns=Columns(key="id"))
    frame.coalesce(1).write.parquet(str(tmp_path / "files"))
    read = spark.read.parquet(str(tmp_path / "files"))
    with pytest.raises(LenetError, match=r"part-.*parquet, row 150, counted from 0: the image"):
        lenet.train(spec, read.where("label >= 0"), spark=spark)


def test_pictures_in_a_column_are_brought_to_size_or_left_out(spark, tmp_path: Path) -> None:
    import io

    rows = []
    for k in range(60):
        data = io.BytesIO()
        Image.new("L", (8 + k % 5, 9), 40 + 160 * (k % 2)).save(data, "png")
        rows.append((bytearray(data.getvalue()), ("dark", "light")[k % 2]))
    rows.append((bytearray(b"\x89PNG and no more"), "dark"))
    frame = spark.createDataFrame(rows, "image binary, label string")
    path = tmp_path / "net.lenet"
    net = "input 1x8x8\nreshape 64\nlinear 2\ndata frame\n{0}train\n  rate 0.1\n  batch 8\n"
    path.write_text(net.format(""))
    with pytest.raises(LenetError, match="row that cannot be used"):
        lenet.train(path, frame, spark=spark)
    path.write_text(net.format("  resize 8x8 stretch\n  skip unreadable\n"))
    events: list[dict] = []
    model = lenet.train(path, frame, spark=spark, watch=events.append)
    assert events[0]["left_out"] == 1 and events[0]["rows"] == 60
    import pyarrow as pa

    table = pa.table({"image": [bytes(r[0]) for r in rows], "label": [r[1] for r in rows]})
    local = lenet.train(path, table, engine="local")
    assert local.classes == model.classes and local.observed == model.observed
    numbers = spark.createDataFrame([([0.5] * 64, "a")] * 20, "image array<float>, label string")
    with pytest.raises(LenetError, match="`resize` is for pictures"):
        lenet.train(path, numbers, spark=spark)


def test_floats_of_bytes_given_to_a_model_of_bytes(spark, tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    net = "input 1x8x8\nreshape 64\nlinear 10\n"
    path.write_text(f"{net}train\n  rate 0.1\n  stop after 1 epochs\n")
    model = lenet.train(path, (15 * DIGITS.pixels, DIGITS.labels), engine="local")
    rows = [([float(v) for v in 15 * x.ravel()],) for x in DIGITS.pixels[:4]]
    rows.append(([v / 255 for v in rows[0][0]],))
    frame = spark.createDataFrame(rows, "image array<float>")
    found = [r["p"] for r in frame.select(lenet.udf(model, spark)("image").alias("p")).collect()]
    assert [p["prediction"] is None for p in found] == [True] * 4 + [False]
    assert "are these bytes? Divide them by 255" in found[0]["error"]
