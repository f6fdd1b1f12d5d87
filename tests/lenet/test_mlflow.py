"""Models and trainings in MLflow, with a store of files."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lenet
from lenet.dsl.errors import LenetError

mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")

NET = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
train
  loss nll
  rate 0.1
  batch 128
  stop after 3 epochs
  validate top1 confusion every epoch
"""
TABLE = """\
input kind one of 2
input measures 1 numbers
concat
  path from kind
    onehot
  path from measures
linear 1
data frame
  category kind
  number size as measures
  predict price
  validate 20 percent
train
  loss mse
  rate 0.1
  batch 16
  stop after 2 epochs
"""


@pytest.fixture(autouse=True, scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'store.db'}")
    mlflow.create_experiment("tests", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("tests")
    yield folder
    while mlflow.active_run() is not None:
        mlflow.end_run()
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def model() -> Any:
    return lenet.train(NET, engine="local")


@pytest.fixture(scope="module")
def digits() -> Any:
    return lenet.datasets.load("digits").test.pixels


def test_a_saved_model_is_a_file_without_pickles(model: Any, digits: Any, tmp_path: Path) -> None:
    import lenet.mlflow

    lenet.mlflow.save_model(model, tmp_path / "saved")
    names = {path.name for path in (tmp_path / "saved").rglob("*") if path.is_file()}
    assert {"MLmodel", "model.safetensors", "requirements.txt", "input_example.json"} <= names
    assert not {name for name in names if name.endswith((".pkl", ".pickle", ".cloudpickle"))}
    text = (tmp_path / "saved" / "requirements.txt").read_text()
    assert text == f"lenet=={lenet.__version__}\n"
    again = lenet.mlflow.load_model(str(tmp_path / "saved"))
    assert again.digest == model.digest
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "saved"))
    expected = model.predict(digits)
    for given in (
        digits,
        pd.DataFrame({"image": [row.ravel().tolist() for row in digits]}),
    ):
        found = loaded.predict(given)
        assert list(found.columns) == ["prediction", "label", "probability"]
        assert found["prediction"].tolist() == expected.classes.tolist()
        assert np.allclose(found["probability"], expected.probabilities.max(axis=1))
    assert loaded.metadata.flavors["lenet"]["digest"] == model.digest
    with pytest.raises(mlflow.exceptions.MlflowException):
        loaded.predict(digits[:, :, :4])


def test_rows_of_a_table(tmp_path: Path) -> None:
    import lenet.mlflow

    kinds, sizes = ["a", "b"] * 40, [float(k) for k in range(80)]
    rows = pd.DataFrame({"kind": kinds, "size": sizes, "price": [2 * s for s in sizes]})
    model = lenet.train(TABLE, rows, engine="local")
    lenet.mlflow.save_model(model, tmp_path / "saved")
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "saved"))
    names = {spec.name for spec in loaded.metadata.get_input_schema().inputs}
    assert names == {"kind", "size"}
    found = loaded.predict(rows[["kind", "size"]])
    assert list(found.columns) == ["price"]
    assert np.allclose(found.to_numpy(), model.predict(rows).values)
    assert len(loaded.predict(loaded.input_example)) == 1


def test_each_training_is_a_run(tmp_path: Path) -> None:
    import lenet.mlflow

    lenet.mlflow.autolog()
    try:
        model = lenet.train(NET, engine="local", output=tmp_path / "run")

        def stop(event: Any) -> None:
            if event["event"] == "epoch":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            lenet.train(NET, engine="local", watch=stop)
    finally:
        lenet.mlflow.autolog(disable=True)
    lenet.train(NET, engine="local")
    assert mlflow.active_run() is None
    killed, done = mlflow.search_runs(output_format="list")
    assert done.info.status == "FINISHED" and killed.info.status == "KILLED"
    assert done.data.params["train/rate"] == "0.1" and done.data.params["engine"] == "local"
    assert done.data.tags["lenet.digest"] == model.digest
    client = mlflow.MlflowClient()
    values = [each.value for each in client.get_metric_history(done.info.run_id, "validation/top1")]
    assert values == [epoch["validation"]["top1"] for epoch in model.history]
    files = {each.path for each in client.list_artifacts(done.info.run_id)}
    assert {"report.html", "model-card.md", "history.jsonl"} <= files
    (logged,) = mlflow.search_logged_models(output_format="list")
    again = lenet.mlflow.load_model(f"models:/{logged.model_id}")
    assert again.digest == model.digest


def test_a_store_that_fails_costs_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    import lenet.mlflow

    def fails(*_: Any, **__: Any) -> None:
        raise ConnectionError("no such host")

    monkeypatch.setattr(mlflow.MlflowClient, "log_batch", fails)
    lenet.mlflow.autolog(log_models=False)
    try:
        with pytest.warns(UserWarning, match="not followed any more: ConnectionError: no such"):
            assert len(lenet.train(NET, engine="local").history) == 3
    finally:
        lenet.mlflow.autolog(disable=True)


def test_spark_predicts_with_it(spark: Any, model: Any, digits: Any, tmp_path: Path) -> None:
    import lenet.mlflow

    lenet.mlflow.save_model(model, tmp_path / "saved")
    function = mlflow.pyfunc.spark_udf(
        spark, str(tmp_path / "saved"), result_type="string", env_manager="local"
    )
    rows = [(row.ravel().tolist(),) for row in digits[:20]]
    frame = spark.createDataFrame(rows, "image array<int>")
    found = [row[0] for row in frame.select(function("image")).collect()]
    assert found == [str(k) for k in model.predict(digits[:20]).classes]


def test_without_mlflow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("lenet.mlflow")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(LenetError, match=r"pip install 'lenet\[mlflow\]'"):
        import lenet.mlflow  # noqa: F401
