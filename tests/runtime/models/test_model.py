"""A trained model: its one file, predictions, evaluation, and files that are damaged."""

import errno
import json
import os
import pickletools
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from onnx_nets import run
from safetensors import safe_open
from safetensors.numpy import save

import lenet
from lenet.dsl.metrics import METRICS, named
from lenet.runtime.data.dataset import Dataset
from lenet.runtime.datasets import load_dataset
from lenet.runtime.machine.files import write_atomically
from lenet.runtime.metrics import all_metrics
from lenet.runtime.models.model import Model

HERE = Path(__file__).parent
SPEC = """\
let filters = 2
input 1x8x8
conv filters x 3 x 3 as conv
relu
maxpool 2
reshape filters*3*3
linear 10 as score
logsoftmax

data digits
  normalize

train
  loss nll
  rate 0.3
  batch 64
"""


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    spec = tmp_path_factory.mktemp("model") / "tiny.lenet"
    spec.write_text(SPEC)
    return lenet.train(spec, engine="local", epochs=1, settings={"filters": 4})


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    model.save(path)
    return path


def refused(path: Path) -> str:
    with pytest.raises(lenet.LenetError) as caught:
        lenet.open(path)
    return str(caught.value)


def parts_of(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    with safe_open(path, "numpy") as file:
        names = file.keys()
        return {name: file.get_tensor(name) for name in names}, file.metadata()


# The file.


def test_a_saved_model_is_the_same_model(model: Model, saved: Path, digits: Dataset) -> None:
    again = lenet.open(saved)
    assert again.digest == model.digest
    assert again.settings == model.settings == {"filters": 4}
    for name in ("source", "classes", "pixel_scale", "mean", "deviation", "history"):
        assert getattr(again, name) == getattr(model, name), name
    assert digits.test is not None
    first, second = (m.predict(digits.test.pixels) for m in (model, again))
    assert first.probabilities.tobytes() == second.probabilities.tobytes()


def test_metadata(model: Model, saved: Path, digits: Dataset) -> None:
    tensors, metadata = parts_of(saved)
    assert set(tensors) == {"conv.weight", "conv.bias", "score.weight", "score.bias"}
    assert metadata["format"] == "lenet-1"
    assert metadata["spec"] == SPEC
    assert metadata["spec_digest"] == sha256(SPEC.encode()).hexdigest()
    assert metadata["digest"] == model.digest
    assert json.loads(metadata["settings"]) == {"filters": "4"}
    assert json.loads(metadata["classes"]) == list("0123456789")
    normalization = json.loads(metadata["normalization"])
    assert normalization["pixel_scale"] == 1 / 16
    values = digits.train.pixels / 16
    assert normalization["mean"] == [pytest.approx(values.mean())]
    assert normalization["deviation"] == [pytest.approx(values.std())]
    (epoch,) = json.loads(metadata["history"])
    assert epoch["epoch"] == 1 and epoch["iteration"] == 23
    assert set(epoch["validation"]) == {"top1", "loss"}


def test_nothing_in_the_file_is_pickled(saved: Path) -> None:
    """All of it is the format's: a length, JSON, and the numbers."""
    data = saved.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    assert 8 + length + max(ends) == len(data)
    with pytest.raises(ValueError):
        list(pickletools.genops(data))


def test_the_file_opens_without_spark(saved: Path) -> None:
    code = (
        "import sys, lenet, numpy; m = lenet.open(sys.argv[1]);"
        "m.predict(numpy.zeros((8, 8), 'uint8'));"
        "sys.exit(any(n in sys.modules for n in ('pyspark', 'tensorboardX', 'sklearn')))"
    )
    environment = {**os.environ, "JAVA_HOME": "/nowhere", "PATH": "/nowhere"}
    assert subprocess.run([sys.executable, "-c", code, saved], env=environment).returncode == 0


# Predictions.


def test_predictions(model: Model, digits: Dataset) -> None:
    assert digits.test is not None
    prediction = model.predict(digits.test.pixels)
    assert prediction.classes.shape == (360,)
    assert prediction.probabilities.shape == (360, 10)
    np.testing.assert_allclose(prediction.probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(prediction.probabilities.argmax(axis=1), prediction.classes)
    assert (prediction.classes == digits.test.labels).mean() > 0.7
    assert prediction.label(3) == str(prediction.classes[3])


def test_onnx_runtime_says_the_same(model: Model, saved: Path, digits: Dataset) -> None:
    """Of the bytes of the data; from the file that `to_onnx` writes."""
    lenet.open(saved).to_onnx(saved.with_name("net.onnx"))
    assert digits.test is not None
    found = run(saved.with_name("net.onnx").read_bytes(), digits.test.pixels)
    expected = model.predict(digits.test.pixels).probabilities
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_bytes_and_their_values_mean_the_same(model: Model, digits: Dataset) -> None:
    pixels = digits.train.pixels[:100]
    expected = model.predict(pixels).probabilities
    for kind in (np.float16, np.float32, np.float64):
        given = model.predict(pixels.astype(kind) / 16).probabilities
        np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("convert", [lambda x: x, lambda x: x / 16], ids=["uint8", "float64"])
@pytest.mark.parametrize("shape", [(1, 8, 8), (8, 8), (64,)])
@pytest.mark.parametrize("count", [0, 1, 8, 17])
def test_shapes(
    model: Model, digits: Dataset, count: int, shape: tuple[int, ...], convert: Callable
) -> None:
    pixels = digits.train.pixels[:count]
    expected = model.predict(pixels)
    prediction = model.predict(convert(pixels.reshape(count, *shape)))
    assert prediction.probabilities.shape == (count, 10)
    np.testing.assert_allclose(prediction.probabilities, expected.probabilities, rtol=1e-5)


@pytest.mark.parametrize("shape", [(8, 8), (1, 8, 8), (1, 64)])
def test_a_single_image(model: Model, digits: Dataset, shape: tuple[int, ...]) -> None:
    image = digits.train.pixels[5]
    prediction = model.predict(image.reshape(shape))
    assert prediction.probabilities.shape == (1, 10)
    np.testing.assert_array_equal(
        prediction.probabilities, model.predict(digits.train.pixels[5:6]).probabilities
    )


def test_images_may_lie_in_memory_in_any_way(model: Model, digits: Dataset) -> None:
    pixels = digits.train.pixels[:40]
    expected = model.predict(pixels[::-2]).probabilities
    np.testing.assert_array_equal(model.predict(pixels[::-2].copy()).probabilities, expected)
    turned = np.asfortranarray(pixels[::-2])
    np.testing.assert_array_equal(model.predict(turned).probabilities, expected)


@pytest.mark.parametrize(
    "shape", [(), (0,), (64,), (3, 65), (3, 3, 8, 8), (8, 8, 1), (2, 8, 8, 1), (3, 9, 8), (1, 1)]
)
def test_wrong_shapes(model: Model, shape: tuple[int, ...]) -> None:
    with pytest.raises(lenet.LenetError, match="the images do not fit the model") as caught:
        model.predict(np.zeros(shape, np.uint8))
    assert str(shape) in caught.value.detail
    assert "(count, 1, 8, 8)" in caught.value.detail


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint16, bool, complex, object, str])
def test_wrong_types(model: Model, kind: type) -> None:
    with pytest.raises(lenet.LenetError, match="have no agreed scale"):
        model.predict(np.zeros((2, 8, 8), kind))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [3, 1300])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_values_that_are_not_numbers(model: Model, value: float, count: int) -> None:
    images = np.zeros((count, 8, 8))
    images[count // 2, 2, 3] = images[-1, 7, 7] = value
    with pytest.raises(lenet.LenetError, match="not a finite number") as caught:
        model.predict(images)
    assert f"Image {count // 2} is the first" in caught.value.detail


def test_values_too_large_for_the_net(model: Model) -> None:
    images = np.zeros((3, 8, 8), np.float32)
    images[1] = 3e38
    with pytest.raises(lenet.LenetError, match="outputs are not numbers") as caught:
        model.predict(images)
    assert "Image 1 is the first" in caught.value.detail


# Evaluation.


def test_evaluate(model: Model, digits: Dataset) -> None:
    assert digits.test is not None
    metrics = model.evaluate(digits.test.pixels, digits.test.labels)
    fitting = [use for use in all_metrics() if "class" in METRICS[use.name].answers]
    numbers = [named(use) for use in fitting if not METRICS[use.name].table]
    assert list(metrics) == ["count", *numbers]
    assert metrics["count"] == 360
    validation = model.history[-1]["validation"]
    assert {name: metrics[name] for name in validation} == pytest.approx(validation, rel=1e-6)
    prediction = model.predict(digits.test.pixels)
    assert metrics["top1"] == (prediction.classes == digits.test.labels).mean()


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64, np.uint64])
def test_labels_of_any_whole_type(model: Model, kind: type) -> None:
    assert model.evaluate(np.zeros((2, 8, 8)), np.array([0, 9], kind))["count"] == 2


@pytest.mark.parametrize(
    "labels, title, detail",
    [
        ([0, 1], "do not fit together", "For 3 images I need as many"),
        ([0, 1, 2, 3], "do not fit together", "int64 of shape (4,)"),
        (1, "do not fit together", "shape ()"),
        ([0.0, 1.0, 2.0], "do not fit together", "the labels are float64"),
        (np.eye(10, dtype=int)[:3], "do not fit together", "shape (3, 10)"),
        ([0, -1, 2], "out of range", "from -1 to 2, the model has 10 classes"),
        ([0, 10, 2], "out of range", "from 0 to 10, the model has 10 classes"),
        (np.array([0, 2**63, 1], np.uint64), "out of range", "the model has 10 classes"),
    ],
)
def test_wrong_labels(model: Model, labels: object, title: str, detail: str) -> None:
    with pytest.raises(lenet.LenetError) as caught:
        model.evaluate(np.zeros((3, 8, 8)), np.asarray(labels))
    assert title in caught.value.title and detail in caught.value.detail


def test_nothing_to_evaluate(model: Model) -> None:
    with pytest.raises(lenet.LenetError, match="no images to evaluate"):
        model.evaluate(np.zeros((0, 8, 8)), np.zeros(0, int))


# Files that are damaged, missing, or somebody else's.


def test_a_missing_file(tmp_path: Path) -> None:
    message = refused(tmp_path / "model.safetensors")
    assert "there is no file" in message and "lenet.train" in message


def test_a_folder(tmp_path: Path) -> None:
    message = refused(tmp_path)
    assert "is a folder, not a model" in message and "model.safetensors" in message


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 100, "header", "header+1", "all-1"])
def test_a_file_cut_short(saved: Path, keep: int | str) -> None:
    data = saved.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    places = {"header": header, "header+1": header + 1, "all-1": len(data) - 1}
    saved.write_bytes(data[: places.get(str(keep), keep)])
    message = refused(saved)
    assert str(saved) in message and "cut short" in message


@pytest.mark.parametrize(
    "content", [b"input 1x8x8\nlinear 10\n", b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(1000)]
)
def test_another_kind_of_file(saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    assert "another kind of file" in refused(saved)


def test_anybodys_safetensors(saved: Path) -> None:
    for metadata in (None, {"format": "pt"}):
        saved.write_bytes(save({"weight": np.zeros(3, np.float32)}, metadata))
        assert "was not written by lenet" in refused(saved)


def test_a_version_to_come(saved: Path) -> None:
    tensors, metadata = parts_of(saved)
    saved.write_bytes(save(tensors, {**metadata, "format": "lenet-3"}))
    message = refused(saved)
    assert "of another version" in message
    assert "the format lenet-3; this version reads lenet-1 and lenet-2" in message


@pytest.mark.parametrize("key", ["spec", "digest", "normalization", "classes", "history"])
def test_metadata_that_are_missing_or_changed(saved: Path, key: str) -> None:
    tensors, metadata = parts_of(saved)
    saved.write_bytes(save(tensors, {**metadata, key: metadata[key].replace("0", "1")}))
    assert "Its metadata are not those it was saved with" in refused(saved)
    del metadata[key]
    saved.write_bytes(save(tensors, metadata))
    assert f"Its metadata lack {key}" in refused(saved)


def test_a_changed_weight(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    data[-5] ^= 1
    saved.write_bytes(data)
    message = refused(saved)
    assert "is damaged" in message and "Its weights are not those" in message


@pytest.mark.parametrize("bit", [0, 5, 7])
def test_no_flipped_bit_goes_unnoticed(saved: Path, bit: int) -> None:
    whole = saved.read_bytes()
    for place in range(0, len(whole), 41):
        data = bytearray(whole)
        data[place] ^= 1 << bit
        saved.write_bytes(data)
        assert str(saved) in refused(saved), place


def test_tensors_that_do_not_fit_the_spec(model: Model, tmp_path: Path) -> None:
    """The file is whole, but was not made by training."""
    bias = model.tensors["score.bias"]
    cases = {
        "It lacks the tensor score.bias.": {},
        "is float32 (9,), but the net needs float32 (10,)": {"score.bias": bias[:9].copy()},
        "is float64 (10,), but the net needs": {"score.bias": bias.astype(np.float64)},
        "Its net has no tensor other.": {"score.bias": bias, "other": bias},
    }
    for expected, change in cases.items():
        tensors = {k: v for k, v in model.tensors.items() if k != "score.bias"} | change
        path = tmp_path / "other.safetensors"
        Model(
            model.source, tensors, model.classes, model.pixel_scale, model.mean, model.deviation,
            settings=model.settings,
        ).save(path)  # fmt: skip
        assert expected in refused(path)


WRONG_FACTS = {
    "Its mean and deviation have 0 and 0 values, but should have 1": {
        "normalization": {"pixel_scale": 1.0, "mean": [], "deviation": []}
    },
    "Its mean and deviation have 1 and 3 values, but should have 1": {
        "normalization": {"pixel_scale": 1.0, "mean": [0.0], "deviation": [1.0] * 3}
    },
    "Its deviation is not positive": {
        "normalization": {"pixel_scale": 1.0, "mean": [0.0], "deviation": [0.0]}
    },
    "or beyond all reason": {
        "normalization": {"pixel_scale": 1.0, "mean": [0.0], "deviation": [1e-44]}
    },
    "Its mean is no finite number": {
        "normalization": {"pixel_scale": 1.0, "mean": [float("nan")], "deviation": [1.0]}
    },
    "The scale of its pixels is not positive": {
        "normalization": {"pixel_scale": -1, "mean": [0.0], "deviation": [1.0]}
    },
    "It names 2 classes, but its net has 10 outputs": {"classes": ["a", "b"]},
    "Its classes are no list of names": {"classes": [1] * 10},
    "One of its settings is no number": {"settings": {"filters": "1e9999999"}},
    "has a spec that I cannot read": {"settings": {"others": "1"}},
    "Its imports are not texts by their names": {"imports": {"a": 1}},
    "Its history has an entry that is no epoch": {"history": [1]},
    "Its history has an epoch with values that are no numbers": {
        "history": [{"epoch": 1, "iteration": 2, "validation": {"top1": "all"}}]
    },
    "has an epoch with values that are no": {
        "history": [{"epoch": 1, "iteration": 2, "validation": {"top1": 10**400}}]
    },
    "Its training images were 3x8x8, but its input is 1x8x8": {
        "observed": {"shape": [3, 8, 8], "least": 0, "most": 1, "borders": None}
    },
    "The borders of its training images are no two brightnesses": {
        "observed": {"shape": [1, 8, 8], "least": 0, "most": 1, "borders": [2, 3]}
    },
    "Its classes cannot be read": {"classes": "[" * 100_000},
    "One of its texts has 2,000,000 characters": {"spec": "x" * 2_000_000},
}


@pytest.mark.parametrize("expected", WRONG_FACTS)
def test_nothing_that_a_file_says_is_believed(saved: Path, expected: str) -> None:
    """The checksums are right: whoever makes such a file writes them anew."""
    tensors, metadata = parts_of(saved)
    for key, value in WRONG_FACTS[expected].items():
        metadata[key] = value if isinstance(value, str) else json.dumps(value)
    del metadata["checksum"]
    metadata["checksum"] = sha256(json.dumps(metadata, sort_keys=True).encode()).hexdigest()
    saved.write_bytes(save(tensors, metadata))
    started = time.process_time()
    assert expected in refused(saved)
    assert time.process_time() - started < 5


def test_weights_that_are_no_numbers(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    bias = model.tensors["score.bias"].copy()
    bias[3] = np.inf
    replace(model, tensors={**model.tensors, "score.bias": bias}).save(path)
    assert "The tensor score.bias has a value that is no finite number" in refused(path)


def test_a_model_without_a_mean() -> None:
    """Its answers came from beyond the arrays, others at each run."""
    assert "0 and 0 values, but should have 64" in refused(HERE / "no-mean.safetensors")


@pytest.mark.parametrize(
    "change",
    [{"mean": ()}, {"deviation": (1.0,) * 9}, {"pixel_scale": float("nan")}],
    ids=lambda change: next(iter(change)),
)
def test_kernels_are_given_nothing_that_does_not_fit(
    model: Model, digits: Dataset, change: dict
) -> None:
    """A model that a program has made itself."""
    with pytest.raises((lenet.LenetError, ValueError)):
        replace(model, **change).predict(digits.train.pixels[:3])


def test_a_spec_of_another_language(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    source = "input 1x8x8\nteleport 3\n"
    Model(source, model.tensors, model.classes, 1.0, (0.0,), (1.0,)).save(path)
    message = refused(path)
    assert f"{path} has a spec that I cannot read" in message
    assert "teleport" in message


# Writing.


def test_saving_makes_folders(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "a" / "b" / "model.safetensors")
    assert lenet.open(tmp_path / "a" / "b" / "model.safetensors").digest == model.digest


@pytest.mark.parametrize("function", ["os.replace", "os.fdopen", "os.fsync", "tempfile.mkstemp"])
def test_a_full_disk_leaves_the_old_file(
    saved: Path, model: Model, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = saved.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(function, full)
        with pytest.raises(lenet.LenetError) as caught:
            model.save(saved)
    assert caught.value.title == f"cannot write {saved}"
    assert caught.value.detail == "No space left on device"
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_file_size_limit_leaves_the_old_file(tmp_path: Path) -> None:
    """A real failure in the middle of a write."""
    path = tmp_path / "model.safetensors"
    write_atomically(path, b"old")
    code = (
        "import sys; from pathlib import Path\n"
        "from lenet.runtime.machine.files import write_atomically\n"
        "write_atomically(Path(sys.argv[1]), bytes(100_000))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, path],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert f"cannot write {path}" in result.stderr
    assert "File too large" in result.stderr
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(saved: Path, model: Model, tmp_path: Path) -> None:
    for path in (saved / "model.safetensors", tmp_path):
        with pytest.raises(lenet.LenetError, match="cannot write"):
            model.save(path)
