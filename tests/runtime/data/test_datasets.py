"""CIFAR-10, pictures in folders, parquet files, Fashion-MNIST: what is read, what is refused."""

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from PIL import Image

import lenet
from lenet.dsl.datasets import DATASETS
from lenet.runtime.data import DataError
from lenet.runtime.data.formats.pictures import load_pictures
from lenet.runtime.datasets import digits, load_dataset
from lenet.runtime.datasets.mnist import FILES
from reference.datasets import DATASETS as WRITERS

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("name", WRITERS)
def test_what_the_files_hold(name: str, tmp_path: Path) -> None:
    """In the folder itself, or around it; and as many classes as the checker knows of."""
    *held, tests, test_labels = WRITERS[name](tmp_path)
    for place in (tmp_path, next(path for path in tmp_path.iterdir() if path.is_dir())):
        dataset = load_dataset(name, folder=place)
        assert dataset.shape == DATASETS[name].shape
        assert len(dataset.classes) == len(set(dataset.classes)) == DATASETS[name].classes
        assert dataset.test is not None
        np.testing.assert_array_equal(dataset.train.pixels, held[0])
        np.testing.assert_array_equal(dataset.train.labels, held[1])
        np.testing.assert_array_equal(dataset.test.pixels, tests)
        np.testing.assert_array_equal(dataset.test.labels, test_labels)


def test_digits_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from its file, or by itself where the file lies elsewhere."""
    import sklearn.datasets

    theirs = sklearn.datasets.load_digits()
    for there in (True, False):
        if not there:
            monkeypatch.setattr(Path, "exists", lambda _: False)
        dataset = load_dataset("digits")
        assert dataset.test is not None
        own = np.concatenate([dataset.train.pixels, dataset.test.pixels]).reshape(-1, 64)
        labels = np.concatenate([dataset.train.labels, dataset.test.labels])
        found = sorted((*pixels, label) for pixels, label in zip(own, labels, strict=True))
        pairs = zip(theirs.data, theirs.target, strict=True)
        assert found == sorted((*pixels, label) for pixels, label in pairs)


def test_digits_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "find_spec", lambda _: None)
    with pytest.raises(DataError, match="comes with scikit-learn") as caught:
        load_dataset("digits")
    assert "pip install scikit-learn" in caught.value.fix


def test_cifar10_that_cannot_be_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("LENET_DATA", raising=False)
    with pytest.raises(DataError, match="do not know where"):
        load_dataset("cifar10")
    with pytest.raises(DataError, match="does not hold CIFAR-10"):
        load_dataset("cifar10", folder=tmp_path)
    inside = tmp_path / "cifar-10-batches-bin"
    WRITERS["cifar10"](tmp_path)
    (inside / "data_batch_1.bin").write_bytes(b"\0" * 5000)
    with pytest.raises(DataError, match="whole records"):
        load_dataset("cifar10", folder=tmp_path)
    (inside / "data_batch_1.bin").write_bytes(b"\x0b" + b"\0" * 3072)
    with pytest.raises(DataError, match="label of image 0 is 11"):
        load_dataset("cifar10", folder=tmp_path)


def test_cifar100_as_pickles(tmp_path: Path) -> None:
    (tmp_path / "cifar-100-python").mkdir()
    (tmp_path / "cifar-100-python" / "train").write_bytes(b"\x80\x02}q")
    with pytest.raises(DataError, match="does not hold CIFAR-100") as caught:
        load_dataset("cifar100", folder=tmp_path)
    assert "cifar-100-python has pickles, which may run any program" in caught.value.detail
    assert "unpack cifar-100-binary.tar.gz" in caught.value.fix


def test_the_real_cifar10(data_folder: Path) -> None:
    dataset = load_dataset("cifar10", folder=data_folder)
    assert dataset.test is not None and dataset.shape == (3, 32, 32)
    assert np.bincount(dataset.train.labels, minlength=10).min() > 100


def test_fashion_mnist(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("LENET_DATA", raising=False)
    with pytest.raises(DataError, match="do not know where"):
        load_dataset("fashion-mnist")
    with pytest.raises(DataError, match="does not hold"):
        load_dataset("fashion-mnist", folder=tmp_path)
    for file in FILES:
        images = "images" in file.name
        head = (b"\0\0\x08\x03" + (4).to_bytes(4, "big") + (28).to_bytes(4, "big") * 2) if images \
            else b"\0\0\x08\x01" + (4).to_bytes(4, "big")  # fmt: skip
        data = bytes(4 * 784) if images else bytes([0, 1, 2, 9])
        (tmp_path / file.name).write_bytes(gzip.compress(head + data))
    assert load_dataset("fashion-mnist", folder=tmp_path).classes[9] == "Ankle boot"


def save(path: Path, mode: str = "L", size: tuple[int, int] = (5, 4), value: int = 7) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, 0, 1)).save(path)


def test_pictures(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for name, value in (("cat", 3), ("dog", 9)):
            save(tmp_path / part / name / "b.png", value=value)
            save(tmp_path / part / name / "more" / "a.png", value=value + 1)
    (tmp_path / "train" / "cat" / "notes.txt").write_text("no picture")
    dataset = load_dataset("images", str(tmp_path))
    assert dataset.classes == ("cat", "dog") and dataset.shape == (1, 4, 5)
    assert dataset.train.labels.tolist() == [0, 0, 1, 1]
    assert dataset.train.pixels[:, 0, 0, 0].tolist() == [3, 4, 9, 10]
    assert dataset.test is not None and len(dataset.test) == 4


def test_coloured_pictures_without_a_test_folder(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.png", "RGB", value=200)
    save(tmp_path / "b" / "2.jpg", "RGB", value=100)
    dataset = load_dataset("images", str(tmp_path))
    assert dataset.test is None and dataset.shape == (3, 4, 5)
    assert dataset.train.pixels[0, :, 0, 0].tolist() == [200, 0, 1]


def test_pictures_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        load_dataset("images", str(tmp_path / "none"))
    with pytest.raises(DataError, match="has no folders"):
        load_dataset("images", str(tmp_path))
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match="has no pictures"):
        load_dataset("images", str(tmp_path))
    save(tmp_path / "a" / "1.png")
    save(tmp_path / "a" / "2.png", size=(6, 4))
    with pytest.raises(DataError, match=r"2\.png: the picture has 6x4 pixels; the net takes 5x4"):
        load_dataset("images", str(tmp_path))
    (tmp_path / "a" / "2.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"2\.png: it is no picture"):
        load_dataset("images", str(tmp_path))


def table(images: list, labels: list, **types: pa.DataType) -> pa.Table:
    return pa.table({"image": pa.array(images, types.get("image")), "label": pa.array(labels)})


def write(path: Path, content: pa.Table) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(content, path)
    return str(path)


def test_parquet(tmp_path: Path) -> None:
    images = [bytes(range(k, k + 6)) for k in range(4)]
    whole = load_dataset("parquet", write(tmp_path / "x.parquet", table(images, [0, 1, 2, 1])),
                         shape=(1, 2, 3))  # fmt: skip
    assert whole.test is None and whole.classes == ()
    assert whole.train.pixels[2].ravel().tolist() == [2, 3, 4, 5, 6, 7]
    lists = table([list(i) for i in images], [0, 1, 2, 1])
    write(tmp_path / "data" / "train" / "1.parquet", lists)
    write(tmp_path / "data" / "test" / "1.parquet", table(images[:2], [0, 1]))
    fixed = pa.list_(pa.int16(), 6), pa.binary(6)
    for k, kind in enumerate(fixed):
        given = images if kind == fixed[1] else [list(i) for i in images]
        path = write(tmp_path / f"{k}.parquet", table(given, [0, 1, 2, 1], image=kind))
        again = load_dataset("parquet", path, shape=(6,))
        np.testing.assert_array_equal(again.train.pixels.ravel(), whole.train.pixels.ravel())
    parts = load_dataset("parquet", str(tmp_path / "data"), shape=(6,))
    np.testing.assert_array_equal(parts.train.pixels.ravel(), whole.train.pixels.ravel())
    assert parts.test is not None and len(parts.test) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pa.table({"picture": [b"123456"], "label": [1]}), "no column image"),
        (table([b"123456", None], [1, 2]), "x.parquet, row 1, counted from 0: the image is empty"),
        (table([b"123456"], [1.5]), "row 0, counted from 0: the label is 1.5"),
        (table([b"123456"], [[0, 1, 0]]), "labels of .* are vectors.*one-hot.*its position"),
        (table([b"123456"], [{"a": 1}]), "labels of .* are struct"),
        (table([b"123456", b"123456"], [1, -1]), "row 1, .*: the label is -1"),
        (table([b"123456", b"12345"], [1, 1]), "row 1, .*: the image has 5 bytes"),
        (table(["123456"], [1]), "are string"),
        (table([[1, 2, 3, 4, 5, 300]], [1]), "row 0, .*: a value of the image is not a byte"),
        (table([[1, 2, 3, 4, 5, None]], [1]), "row 0, .*: a value of the image is empty"),
        (table([[0.5] * 5 + [np.inf]], [1]), "not a finite number"),
        (table([b"123456"], [1]).slice(0, 0), "no rows"),
    ],
)
def test_parquet_that_cannot_be_used(tmp_path: Path, content: pa.Table, message: str) -> None:
    path = write(tmp_path / "x.parquet", content)
    with pytest.raises(DataError, match=f"(?s){message}"):
        load_dataset("parquet", path, shape=(1, 2, 3))


def test_parquet_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        load_dataset("parquet", str(tmp_path / "none"), shape=(6,))
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and so on")
    with pytest.raises(DataError, match="Cannot read"):
        load_dataset("parquet", str(tmp_path / "x.parquet"), shape=(6,))


def test_a_net_learns_pictures_of_a_folder(tmp_path: Path) -> None:
    for k in range(24):
        save(tmp_path / "data" / ("dark" if k % 2 else "light") / f"{k}.png",
             value=200 + k if k % 2 == 0 else k)  # fmt: skip
    spec = tmp_path / "net.lenet"
    spec.write_text(
        'input 1x6x7\nreshape 42\nlinear 2\ndata images "data"\n  pad 1\n  validate 6\n'
        "train\n  rate 0.1\n  batch 8\n  stop after 5 epochs\n"
    )
    model = lenet.train(spec, engine="local")
    assert model.classes == ("dark", "light") and model.image_shape == (1, 4, 5)
    bright = model.predict(np.full((1, 4, 5), 220, np.uint8))
    assert bright.label(0) == "light"
    padded = model.predict(np.pad(np.full((4, 5), 220, np.uint8), 1)[None])
    np.testing.assert_array_equal(padded.probabilities, bright.probabilities)


def test_pictures_of_16_bits(tmp_path: Path) -> None:
    for name, value in (("black", 0), ("grey", 0x8000), ("white", 0xFFFF)):
        folder = tmp_path / name
        folder.mkdir()
        Image.fromarray(np.full((2, 2), value, np.uint16)).save(folder / "a.png")
    images = load_pictures(tmp_path).train
    assert images.pixels[:, 0, 0, 0].tolist() == [0, 0x80, 0xFF]


def test_hidden_parts_of_a_parquet_folder(tmp_path: Path) -> None:
    """What Spark keeps beside its files is no data, at any depth."""
    rows = table([b"123456"] * 3, [0, 1, 2])
    write(tmp_path / "data" / "part=1" / "a.parquet", rows)
    for name in ("_temporary/0/b.parquet", ".hidden/c.parquet", "._d.parquet", "_e.parquet"):
        write(tmp_path / "data" / name, rows)
    assert len(load_dataset("parquet", str(tmp_path / "data"), shape=(6,)).train) == 3
