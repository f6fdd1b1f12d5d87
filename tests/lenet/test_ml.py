"""Spark ML: fit and transform, pipelines, cross-validation, saving, SQL and streams."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from test_frames import DIGITS, NET, rows_of

import lenet
from lenet.dsl.errors import LenetError

pytestmark = pytest.mark.spark
SPEC = NET.replace(
    'data parquet "rows"\n  normalize\n  validate 97\n', "data digits\n  normalize\n"
)


@pytest.fixture(scope="module")
def frame(spark):
    rows = [
        {**row, "label": float(row["label"]), "test": k % 5 == 0}
        for k, row in enumerate(rows_of(DIGITS))
    ]
    kept = spark.createDataFrame(
        rows, "image binary, label double, id string, test boolean"
    ).cache()
    yield kept
    kept.unpersist()


@pytest.fixture(scope="module")
def fitted(frame):
    from lenet.ml import LenetClassifier

    return LenetClassifier(
        spec=SPEC, featuresCol="image", validationIndicatorCol="test", epochs=3
    ).fit(frame)


def test_fit_and_transform(fitted, frame) -> None:
    from pyspark.ml.evaluation import MulticlassClassificationEvaluator

    found = fitted.transform(frame)
    new = {"rawPrediction": "vector", "probability": "vector", "prediction": "double"}
    assert dict(found.dtypes).items() >= new.items() and found.count() == frame.count()
    rows = found.collect()
    images = np.array([np.frombuffer(row["image"], np.uint8) for row in rows]).reshape(-1, 1, 8, 8)
    expected = fitted.net.predict(images)
    assert [row["prediction"] for row in rows] == expected.classes.tolist()
    probabilities = np.array([row["probability"].toArray() for row in rows])
    np.testing.assert_array_equal(probabilities.astype(np.float32), expected.probabilities)
    accuracy = MulticlassClassificationEvaluator(metricName="accuracy").evaluate(found)
    assert accuracy > 0.85
    assert fitted.summary.totalIterations == 36 and len(fitted.summary.objectiveHistory) == 3
    assert fitted.summary.validationHistory[-1]["top1"] > 0.8
    assert fitted.numClasses == 10 and fitted.hasSummary


@pytest.mark.large
def test_without_rows_to_validate_with(frame) -> None:
    from lenet.ml import LenetClassifier

    classifier = LenetClassifier(spec=SPEC, featuresCol="image", epochs=1, seed=7)
    model = classifier.fit(frame)
    assert model.summary.validationHistory == [] and model.summary.totalIterations == 15
    other = classifier.copy({classifier.seed: 8}).fit(frame)
    assert other.net.digest != model.net.digest
    assert classifier.fit(frame).net.digest == model.net.digest


def test_saving(fitted, frame, tmp_path: Path) -> None:
    from pyspark.ml import Pipeline, PipelineModel

    from lenet.ml import LenetClassifier, LenetModel

    fitted.copy().setPredictionCol("digit").write().overwrite().save(str(tmp_path / "model"))
    again = LenetModel.load(str(tmp_path / "model"))
    assert again.net.digest == fitted.net.digest and again.uid == fitted.uid
    assert "digit" in again.transform(frame).columns
    assert lenet.open(tmp_path / "model" / "model.safetensors").digest == fitted.net.digest
    assert not [p for p in tmp_path.rglob("*") if p.suffix in (".pkl", ".pickle")]
    spec = tmp_path / "net.lenet"
    spec.write_text(
        SPEC.replace("rate 0.1", "rate speed").replace("\ninput", "\nlet speed = 1\ninput")
    )
    classifier = LenetClassifier(spec=spec, settings={"speed": 0.1}, featuresCol="image", epochs=1)
    spec.unlink()
    Pipeline(stages=[classifier]).save(str(tmp_path / "pipeline"))
    pipeline = Pipeline.load(str(tmp_path / "pipeline"))
    assert pipeline.getStages()[0].extractParamMap() == classifier.extractParamMap()
    trained = pipeline.fit(frame)
    trained.save(str(tmp_path / "trained"))
    loaded = PipelineModel.load(str(tmp_path / "trained"))
    assert loaded.stages[0].net.digest == classifier.fit(frame).net.digest


@pytest.mark.large
def test_cross_validation_in_parallel(frame) -> None:
    """Two fits at once in one driver."""
    from pyspark.ml.evaluation import MulticlassClassificationEvaluator
    from pyspark.ml.tuning import CrossValidator, ParamGridBuilder

    from lenet.ml import LenetClassifier

    classifier = LenetClassifier(spec=SPEC, featuresCol="image")
    grid = ParamGridBuilder().addGrid(classifier.epochs, [1, 3]).build()
    evaluator = MulticlassClassificationEvaluator(metricName="accuracy")
    validator = CrossValidator(
        estimator=classifier, estimatorParamMaps=grid, evaluator=evaluator, numFolds=2,
        parallelism=2, seed=1,
    )  # fmt: skip
    found = validator.fit(frame)
    assert found.avgMetrics[1] > found.avgMetrics[0] and found.avgMetrics[1] > 0.8


def test_in_sql_and_in_a_stream(fitted, frame, spark, tmp_path: Path) -> None:
    spark.udf.register("digit", lenet.udf(fitted.net, spark))
    frame.limit(20).createOrReplaceTempView("images")
    rows = spark.sql("select digit(image) as d, image from images").collect()
    images = np.array([np.frombuffer(row["image"], np.uint8) for row in rows]).reshape(-1, 1, 8, 8)
    expected = fitted.net.predict(images)
    assert [row["d"]["label"] for row in rows] == [expected.label(k) for k in range(20)]
    frame.limit(30).write.parquet(str(tmp_path / "in"))
    stream = fitted.transform(spark.readStream.schema(frame.schema).parquet(str(tmp_path / "in")))
    query = (
        stream.select("prediction").writeStream.format("memory").queryName("predicted")
        .trigger(availableNow=True).start()
    )  # fmt: skip
    query.awaitTermination(120)
    assert spark.table("predicted").count() == 30


def test_images_that_are_null(fitted, spark) -> None:
    rows = [(bytearray(64),), (None,), (bytearray(range(64)),), (None,)]
    found = fitted.transform(spark.createDataFrame(rows, "image binary")).collect()
    assert [row["prediction"] is None for row in found] == [False, True, False, True]


def test_mistakes(fitted, frame, spark) -> None:
    from lenet.ml import LenetClassifier

    with pytest.raises(LenetError, match="no column features"):
        LenetClassifier(spec=SPEC).fit(frame)
    with pytest.raises(LenetError, match="1 error"):
        LenetClassifier(spec="input 8\nfoo\n")


def test_a_row_that_cannot_be_used_has_its_reason_in_the_struct(fitted, spark) -> None:
    rows = [(bytearray(64),), (bytearray(3),), (None,)]
    frame = spark.createDataFrame(rows, "image binary")
    found = frame.select(lenet.udf(fitted.net, spark)("image").alias("p")).collect()
    good, bad, empty = (row["p"] for row in found)
    assert good["error"] is None and good["prediction"] is not None and empty is None
    assert bad["error"] == "the image has 3 bytes; the net takes 64, or a picture such as PNG"
    rest = [bad[name] for name in ("prediction", "label", "probability", "raw")]
    assert rest == [None] * 4
    shown = fitted.copy({fitted.errorCol: "why"}).transform(frame).collect()
    assert [row["why"] for row in shown] == [None, bad["error"], None]
    assert [row["prediction"] is None for row in shown] == [False, True, True]
    assert [row["probability"] is None for row in shown] == [False, True, True]


# Grids.

WIDE = SPEC.replace("\ninput", "\nlet width = 4\ninput")


def rows_of_errors(action) -> str:
    with pytest.raises(LenetError) as caught:
        action()
    return str(caught.value)


@pytest.mark.large
def test_grids_take_what_the_constructor_takes(frame, tmp_path: Path, monkeypatch) -> None:
    """A file, a path with imports, and a text; the files may be gone when the training begins."""
    from pyspark.ml.tuning import ParamGridBuilder

    from lenet.ml import LenetClassifier

    monkeypatch.chdir(tmp_path)
    Path("a.lenet").write_text(SPEC)
    Path("parts").mkdir()
    Path("parts/own.lenet").write_text("block squash\n  tanh\n")
    text = 'import "own.lenet"\n' + SPEC.replace("\nrelu", "\nsquash").replace("\ntanh", "\nsquash")
    Path("parts/b.lenet").write_text(text)
    classifier = LenetClassifier(spec=SPEC, featuresCol="image", epochs=1, progress=False)
    grid = ParamGridBuilder().addGrid(
        classifier.spec, ["a.lenet", Path("parts/b.lenet"), SPEC, SPEC.replace("0.1", "0.01")]
    ).build()  # fmt: skip
    for path in ("a.lenet", "parts/own.lenet", "parts/b.lenet"):
        Path(path).unlink()
    models = classifier.fit(frame, grid)
    assert [m.net.imports for m in models] == [{}, {"own.lenet": "block squash\n  tanh\n"}, {}, {}]
    assert [m.net.name for m in models] == ["a", "b", "spec", "spec"]
    assert models[0].net.digest == models[2].net.digest != models[3].net.digest
    assert models[1].net.source == text


@pytest.mark.large
def test_settings_in_a_grid_and_in_fit(frame, tmp_path: Path) -> None:
    from pyspark.ml.evaluation import MulticlassClassificationEvaluator
    from pyspark.ml.tuning import CrossValidator, CrossValidatorModel, ParamGridBuilder

    from lenet.ml import LenetClassifier

    spec = SPEC.replace("rate 0.1", "rate speed").replace("\ninput", "\nlet speed = 1\ninput")
    classifier = LenetClassifier(spec=spec, settings={"speed": 0.3}, featuresCol="image", epochs=1)
    one = classifier.fit(frame, {classifier.settings: {"speed": "1/10"}})
    assert one.net.settings == {"speed": Fraction(1, 10)}
    assert classifier.network().settings == {"speed": Fraction(3, 10)}
    grid = ParamGridBuilder().addGrid(
        classifier.settings, [{"speed": 0.1}, {"speed": np.float32(1e-7)}]
    ).build()  # fmt: skip
    evaluator = MulticlassClassificationEvaluator(metricName="accuracy")
    validator = CrossValidator(
        estimator=classifier, estimatorParamMaps=grid, evaluator=evaluator, numFolds=2, seed=1
    )
    found = validator.fit(frame)
    assert found.avgMetrics[0] > found.avgMetrics[1] + 0.2
    found.save(str(tmp_path / "validated"))
    again = CrossValidatorModel.load(str(tmp_path / "validated"))
    assert again.bestModel.net.digest == found.bestModel.net.digest
    assert [sorted(m.values(), key=str) for m in again.getEstimatorParamMaps()] == [
        sorted(m.values(), key=str) for m in grid
    ]


def test_wrong_values_of_a_grid_are_refused_at_once(frame, tmp_path: Path) -> None:
    from pyspark.ml.tuning import ParamGridBuilder

    from lenet.ml import LenetClassifier

    classifier = LenetClassifier(spec=WIDE, featuresCol="image")

    def built(param, value) -> str:
        grid = ParamGridBuilder().addGrid(param, [value])
        return rows_of_errors(grid.build)

    assert "cannot read nowhere.lenet" in built(classifier.spec, "nowhere.lenet")
    assert "spec has 1 error" in built(classifier.spec, "input 8\nfoo\n")
    assert "a spec cannot be '3', which is of type int" in built(classifier.spec, 3)
    assert "abc is not a number" in built(classifier.settings, {"width": "abc"})
    assert "settings cannot be '8', which is of type int" in built(classifier.settings, 8)
    assert "settings cannot be" in built(classifier.settings, {3: 8})
    wrong = {classifier.settings: {"wdth": 8}}
    trained = []
    classifier._fit = lambda *_: trained.append(1)  # type: ignore[method-assign]
    good = {classifier.settings: {"width": 8}}
    assert "did you mean `width`?" in rows_of_errors(lambda: classifier.fit(frame, [good, wrong]))
    assert not trained
    with pytest.raises(LenetError, match="not a number"):
        LenetClassifier(spec=WIDE, settings={"width": "x"})
    with pytest.raises(LenetError, match="the classifier has no spec"):
        LenetClassifier(featuresCol="image").fit(frame)


def test_a_text_imports_from_the_working_folder(tmp_path: Path, monkeypatch) -> None:
    from lenet.ml import LenetClassifier

    monkeypatch.chdir(tmp_path)
    Path("own.lenet").write_text("block squash\n  tanh\n")
    text = 'import "own.lenet"\n' + SPEC.replace("\nrelu", "\nsquash").replace("\ntanh", "\nsquash")
    classifier = LenetClassifier(spec=text, featuresCol="image")
    Path("own.lenet").unlink()
    assert classifier.copy().network().graph.imports == {"own.lenet": "block squash\n  tanh\n"}


def test_a_spec_that_is_right_with_its_settings_only() -> None:
    from lenet.ml import LenetClassifier

    text = WIDE.replace("let width = 4", "let width = 0").replace("linear 10", "linear width")
    with pytest.raises(LenetError, match="1 error"):
        LenetClassifier(spec=text)
    classifier = LenetClassifier(spec=text, settings={"width": 10}).copy()
    assert classifier.network().settings == {"width": 10}


def test_the_progress_of_fit(frame, monkeypatch) -> None:
    from lenet.ml import LenetClassifier
    from lenet.terminal import watching
    from lenet.terminal.progress import Lines

    said = []

    class Heard(Lines):
        def say(self, text: str) -> None:
            said.append(text)

    monkeypatch.setattr(watching, "_chosen", lambda stop, folder: Heard(False))
    classifier = LenetClassifier(spec=SPEC, featuresCol="image", epochs=2)
    classifier.fit(frame)
    assert [line.split()[:2] for line in said if line.startswith("epoch")] == [
        ["epoch", "1"], ["epoch", "2"],
    ]  # fmt: skip
    said.clear()
    classifier.setProgress(False).fit(frame)
    assert said == []
