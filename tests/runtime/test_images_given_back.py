"""`predict image`: nets that give their images back, from the command line and measured."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_cli_train import fails, run, write_idx

import lenet
from lenet.dsl.check import check_graph
from lenet.runtime.data import Dataset
from lenet.runtime.resolve import resolve_data

SPEC = """\
input 1x10x10
flatten
linear 32
relu
linear 12
tanh
linear 32
relu
linear 100
data digits
  pad 1
  predict image
  validate 300
augment
  noise 0.02
train
  optimizer adam
  rate 0.005
  batch 50
  stop after 20 epochs
  validate rmse psnr every epoch
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    (folder / "net.lenet").write_text(SPEC)
    done = run("train", folder / "net.lenet", "--engine", "local", "-o", folder / "run")
    assert done.exit_code == 0 and "warning" not in done.output, done.output
    return folder


def test_images_are_their_answers(tmp_path: Path) -> None:
    graph = check_graph(SPEC, "net.lenet")
    data = resolve_data(graph, tmp_path / "net.lenet", None, None)
    assert isinstance(data, Dataset) and data.test is not None
    for part in (data.train, data.test):
        assert np.array_equal(part.labels.reshape(part.array.shape) * 16, part.array)
    assert len(data.test) == 300 and data.shape == (1, 10, 10)


def test_a_net_gives_digits_back(trained: Path) -> None:
    """All pixels have one unit: those that hardly vary count little."""
    model = lenet.open(trained / "run/model.safetensors")
    assert model.unit is not None and len(set(model.unit.deviation)) == 1
    digits = lenet.datasets.load("digits")
    pixels = np.pad(digits.test.array, ((0, 0), (0, 0), (1, 1), (1, 1))) / 16
    said = model.predict(pixels.astype(np.float32)).values.reshape(pixels.shape)
    error = np.sqrt(np.mean((said - pixels) ** 2))
    assert error < 0.13
    told = run("evaluate", trained / "run/model.safetensors", "--json")
    assert told.exit_code == 0 and '"rmse"' in told.stdout


def test_what_is_given_back_is_written(trained: Path) -> None:
    model, images = trained / "run/model.safetensors", lenet.datasets.load("digits").test.array[:3]
    path = write_idx(trained / "some.idx", images[:, 0])
    done = run("predict", model, path, "--pictures", trained / "back")
    assert done.exit_code == 0
    said = lenet.open(model).predict(images).values.reshape(3, 10, 10)[:, 1:-1, 1:-1]
    for k, line in enumerate(done.stdout.splitlines()):
        written = np.array(Image.open(trained / f"back/some-{k}.png"))
        assert written.shape == (8, 8)
        assert np.abs(written / 255 - np.clip(said[k], 0, 1)).max() <= 0.5 / 255 + 1e-6
        error = np.sqrt(np.mean((said[k] - images[k, 0] / 16) ** 2))
        assert line == f"{path}[{k}]  rmse {error:.4g}"
    as_json = run("predict", model, path, "--json").stdout.splitlines()[0]
    assert '"pixel 99"' in as_json and '"rmse"' in as_json


def test_other_nets_write_no_pictures(tmp_path: Path) -> None:
    x, y = np.zeros((20, 1, 4, 4), np.float32), np.arange(20) % 2
    spec = "input 1x4x4\nflatten\nlinear 2\ntrain\n  rate 0.1\n  stop after 1 epochs\n"
    lenet.train(spec, (x, y), engine="local", progress=False).save(tmp_path / "m.safetensors")
    failed = run("predict", tmp_path / "m.safetensors", tmp_path, "--pictures", tmp_path / "p")
    fails(failed, "so there are no pictures to write", "leave --pictures out")


def test_a_map_of_numbers_is_a_picture(tmp_path: Path) -> None:
    x = np.random.default_rng(1).random((40, 3, 4, 4), np.float32)
    spec = "input 3x4x4\nconv 3x1x1\ntrain\n  loss mse\n  rate 0.1\n  stop after 1 epochs\n"
    model = lenet.train(spec, (x, x), engine="local", progress=False)
    model.save(tmp_path / "m.safetensors")
    Image.new("RGB", (4, 4), (200, 100, 0)).save(tmp_path / "a.png")
    done = run("predict", tmp_path / "m.safetensors", tmp_path / "a.png", "--pictures", tmp_path)
    assert done.exit_code == 0, done.output
    written = np.array(Image.open(tmp_path / "a.png"))
    assert written.shape == (4, 4, 3)


def test_spark_trains_it_with_the_same_answers(tmp_path: Path) -> None:
    """Executors get images and answers from here: pictures in folders are read here, too."""
    for kind in ("a", "b"):
        (tmp_path / "p" / kind).mkdir(parents=True)
        for k in range(3):
            Image.new("L", (4, 4), 40 * k).save(tmp_path / "p" / kind / f"{k}.png")
    text = 'input 1x4x4\nconv 1x1x1\ndata images "p"\n  predict image\ntrain\n  rate 0.1\n'
    found = resolve_data(check_graph(text, "x"), tmp_path / "x.lenet", None, None, "spark")
    assert isinstance(found, Dataset)
    assert np.array_equal(found.train.labels, found.train.array.reshape(6, 16) / np.float32(255))
