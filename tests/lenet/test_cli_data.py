"""`lenet data show`: what it counts, against numpy, and what the sheet shows, pixel by pixel."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from test_cli_train import fails, run, write_idx

from lenet.api import load
from lenet.runtime import contact_sheet as sheet
from lenet.runtime.data.dataset import Dataset, Images
from lenet.runtime.datasets import load_dataset
from lenet.runtime.random_streams import image_key
from lenet.runtime.resolve import resolve_data
from lenet.runtime.samples import samples_of
from lenet.runtime.training.batches import Batches
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.slices.count import least_rows, slice_count
from lenet.runtime.training.slices.shard import deal

ROOT = Path(__file__).parents[2]


def by_class(images: Images) -> dict[int, np.ndarray]:
    """The rows of each."""
    return {label: np.flatnonzero(images.labels == label) for label in range(10)}


DIGITS = "input 1x8x8\nreshape 64\nlinear 10\nlogsoftmax\ndata digits\n"
AUGMENT = "augment\n  rotate 20 degrees\n  shift 1\n  cutout 3\n"
TRAIN = "train\n  rate 0.1\n  batch 256\n  seed 4\n"
RNG = np.random.default_rng(6)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, with net.lenet in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.lenet").write_text(DIGITS)
    return tmp_path


def show(here: Path, text: str, *arguments: object) -> dict:
    """What programs get for a file."""
    (here / "net.lenet").write_text(text)
    done = run("data", "show", "net.lenet", "--json", *arguments)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def picture(path: Path) -> np.ndarray:
    with Image.open(path) as file:
        assert file.format == "PNG" and file.mode == "RGB"
        return np.asarray(file)


def table(path: Path, images: list, labels: list) -> Path:
    pq.write_table(pa.table({"image": images, "label": labels}), path)
    return path


def at(pixels: np.ndarray, row: int, column: int, size: tuple[int, int], group: int = 0,
       count: int = 12) -> np.ndarray:  # fmt: skip
    """What the sheet has in a place: cells of `size`, `count` in a group."""
    tall, wide = size
    across = count * (wide + 4) - 4
    x = 16 + 150 + group * (across + 18) + column * (wide + 4)
    y = 80 + row * (max(tall, 40) + 4)
    return pixels[y : y + tall, x : x + wide]


# Numbers


def test_the_counts_are_those_of_numpy(here: Path) -> None:
    found = show(here, DIGITS)
    digits = load_dataset("digits")
    values = digits.train.pixels / 16
    assert (found["name"], found["shape"], found["dtype"]) == ("digits", [1, 8, 8], "uint8")
    assert (found["train"], found["validation"], found["shown_classes"]) == (1437, 360, 10)
    (channel,) = found["channels"]
    assert channel["mean"] == pytest.approx(values.mean(), rel=1e-12)
    assert channel["deviation"] == pytest.approx(values.std(), rel=1e-9)
    assert (channel["least"], channel["most"]) == (values.min(), values.max())
    assert digits.test is not None
    for k, row in enumerate(found["classes"]):
        assert row == {
            "class": k, "label": str(k), "train": int((digits.train.labels == k).sum()),
            "validation": int((digits.test.labels == k).sum()),
        }  # fmt: skip


@pytest.mark.parametrize("floats", [False, True])
def test_channels_are_told_apart(here: Path, floats: bool) -> None:
    values = RNG.integers(0, 200, (40, 3, 6, 5)) + np.array([0, 20, 50])[:, None, None]
    array = values.astype(np.float32) / 100 - 1 if floats else values.astype(np.uint8)
    flat = array.reshape(40, -1)
    images = [row.tolist() for row in flat] if floats else [row.tobytes() for row in flat]
    table(here / "x.parquet", images, [k % 2 for k in range(40)])
    text = 'input 3x6x5\nflatten\nlinear 2\ndata parquet "x.parquet"\n  validate 10\n'
    found = show(here, text, "-o", "x.png")
    assert found["dtype"] == ("float32" if floats else "uint8") and found["train"] == 30
    dataset = resolve_data(load("net.lenet").graph, Path("net.lenet"), None, None)
    assert isinstance(dataset, Dataset)
    kept = dataset.train.pixels * (1.0 if floats else 1 / 255)
    for number, channel in enumerate(found["channels"]):
        own = kept[:, number].astype(np.float64)
        expected = [own.mean(), own.std(), own.min(), own.max()]
        assert list(channel.values()) == pytest.approx(expected, rel=1e-6)
    assert sum(row["train"] for row in found["classes"]) == 30
    assert found["png"] == "x.png" and (here / "x.png").exists()


def test_what_is_printed(here: Path) -> None:
    done = run("data", "show", "net.lenet")
    assert done.exit_code == 0 and done.stderr == "wrote net.data.png\n"
    lines = done.stdout.splitlines()
    assert lines[0] == "digits: 1,437 images to train with, 360 to validate"
    assert "channel    mean  deviation  least  most" in lines
    assert "      0  0.3051     0.3759      0     1" in lines
    assert "0           145           33" in lines and len(lines) == 17


# The sheet


def test_images_as_they_are(here: Path) -> None:
    """Each is one of its class, and nothing is shown twice."""
    show(here, DIGITS)
    pixels, digits = picture(here / "net.data.png"), load_dataset("digits").train
    whole = np.rint(digits.pixels[:, 0] * (255 / 16)).astype(np.uint8)
    for label in range(10):
        own = {image.tobytes() for image in whole[digits.labels == label]}
        seen = {at(pixels, label, k, (64, 64))[::8, ::8, 0].tobytes() for k in range(12)}
        assert len(seen) == 12 and seen <= own
    cell = at(pixels, 3, 5, (64, 64))
    assert (cell == np.kron(cell[::8, ::8, 0], np.ones((8, 8), np.uint8))[..., None]).all()


def test_augmented_images_are_those_of_the_training() -> None:
    """What the slices of a training with the same seed give to the kernels, epoch by epoch."""
    graph = load(DIGITS + AUGMENT + "  brightness 0.3\n" + TRAIN).graph
    digits = load_dataset("digits").train
    slices = slice_count(256, least_rows(graph))
    assert slices > 1
    shard = deal(digits, digits, slices)
    one = Normalization(np.ones(1, np.float32), np.zeros(1, np.float32), white=16.0)
    found = samples_of(graph, digits, by_class(digits), 4, 2, seed=4, white=16.0)
    for samples in found:
        for image, *epochs in zip(samples.bare, *samples.epochs, strict=True):
            (row,) = np.flatnonzero((digits.pixels == image).all(axis=(1, 2, 3)))
            assert digits.labels[row] == samples.group
            number, place = int(row) % slices, int(row) // slices
            for epoch, seen in enumerate(epochs, 1):
                batches = Batches(shard.slices[number], one, graph.augment)
                pixels, *_ = batches.of(np.array([place]), image_key(4, epoch, number))
                np.testing.assert_array_equal(pixels[0], seen.ravel())


def test_the_sheet_has_them_beside_each_other(here: Path) -> None:
    show(here, DIGITS + AUGMENT + TRAIN)
    pixels = picture(here / "net.data.png")
    graph, digits = load("net.lenet").graph, load_dataset("digits").train
    for label, samples in enumerate(samples_of(graph, digits, by_class(digits), 4, 3, 4, 16.0)):
        for group, images in enumerate((samples.bare, *samples.epochs)):
            for k in range(4):
                seen = at(pixels, label, k, (64, 64), group, 4)[::8, ::8, 0]
                expected = np.rint(images[k, 0] * (255 / 16))  # type: ignore[index, operator]
                np.testing.assert_array_equal(seen, expected)


def test_another_seed_shows_others(here: Path) -> None:
    sheets = []
    for seed in (4, 4, 5):
        show(here, DIGITS + AUGMENT + TRAIN, "--seed", seed)
        sheets.append((here / "net.data.png").read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]
    show(here, DIGITS + AUGMENT + TRAIN)
    assert (here / "net.data.png").read_bytes() == sheets[0], "the file's seed"


def test_colours_and_sizes_of_pictures() -> None:
    red = np.zeros((1, 3, 2, 4), np.uint8)
    red[:, 0] = 255
    (rgb,) = sheet.pictures_of(red, 0, 255)
    assert rgb.shape == (2, 4, 3) and (rgb == [255, 0, 0]).all()
    floats = np.array([-3.0, 0, 3, np.nan], np.float32).reshape(1, 1, 2, 2)
    (grey,) = sheet.pictures_of(floats, -3, 3)
    assert grey.tolist() == [[0, 128], [255, 128]]
    (mean,) = sheet.pictures_of(np.array([0, 255], np.uint8).reshape(1, 2, 1, 1), 0, 255)
    assert mean.tolist() == [[128]]
    vector = np.arange(1, 8, dtype=np.float32).reshape(1, 1, 1, 7)
    (rows,) = sheet.pictures_of(vector, 0, 9)
    assert rows.tolist() == [[28, 57, 85], [113, 142, 170], [198, 255, 255]]
    assert sheet.pictures_of(np.full((1, 1, 2, 2), 7, np.float32), 7, 7)[0].max() == 0


@pytest.mark.parametrize("size", [(300, 200), (1, 400), (28, 28), (3, 3), (64, 1000)])
def test_large_pictures_are_made_small_and_small_ones_large(size: tuple[int, int]) -> None:
    shown = sheet._fitted(np.zeros(size, np.uint8))
    assert 32 <= max(shown.size) <= 96 and min(shown.size) >= 1
    if max(size) > 96 and min(size) > 9:
        assert shown.height / shown.width == pytest.approx(size[0] / size[1], rel=0.1)


def test_the_page_shows_what_is_printed(here: Path) -> None:
    page = (ROOT / "docs" / "before-training.md").read_text()
    done = run("data", "show", ROOT / "specs" / "digits.lenet")
    assert f"$ lenet data show specs/digits.lenet\n{done.stdout}{done.stderr}```" in page


# Data of all kinds


def test_folders_of_pictures(here: Path) -> None:
    for name, many in (("cat", 1), ("a dog with a name that is far too long for it", 3), ("鳥", 2)):
        for part in ("train", "test"):
            folder = here / "pictures" / part / name
            folder.mkdir(parents=True)
            for k in range(many):
                colours = RNG.integers(0, 256, (20, 30, 3), np.uint8)
                Image.fromarray(colours).save(folder / f"{k}.png")
    text = 'input 3x16x16\nflatten\nlinear 3\ndata images "pictures"\n  resize 16x16\n'
    found = show(here, text + "augment\n  flip horizontal\n")
    assert [(c["label"][:5], c["train"]) for c in found["classes"]] == [
        ("a dog", 3), ("cat", 1), ("鳥", 2),
    ]  # fmt: skip
    pixels = picture(here / "net.data.png")
    ground = pixels[0, 0]
    # A class of one image has one in each group.
    assert (at(pixels, 1, 1, (64, 64), 2, 4) == ground).all()
    assert not (at(pixels, 1, 0, (64, 64), 2, 4) == ground).all()
    done = run("data", "show", "net.lenet")
    assert all(len(line) <= 80 for line in done.output.splitlines())
    assert "a dog with a name that is far too long …" in done.stdout
    # A vector as the net's input changes nothing about the pictures.
    vector = show(here, 'input 1800\nlinear 3\ndata images "pictures"\n')
    assert vector["shape"] == [3, 20, 30] and "vectors" not in done.stdout


def test_vectors(here: Path) -> None:
    table(here / "x.parquet", RNG.normal(size=(30, 20)).tolist(), [k % 3 for k in range(30)])
    text = 'input 20\nlinear 3\ndata parquet "x.parquet"\n  validate 6\n'
    found = show(here, text)
    assert found["shape"] == [1, 1, 20]
    printed = run("data", "show", "net.lenet").stdout
    assert "vectors are drawn row by row, 5 values wide" in printed
    assert "on the sheet, black is -" in printed


def test_idx_files_and_maps_of_four_channels(here: Path) -> None:
    for part, many in (("train", 30), ("t10k", 9)):
        write_idx(here / f"{part}-images-idx3-ubyte",
                  RNG.integers(0, 256, (many, 7, 5)).astype(np.uint8))  # fmt: skip
        write_idx(here / f"{part}-labels-idx1-ubyte", np.arange(many, dtype=np.uint8) % 3)
    found = show(here, 'input 1x7x5\nflatten\nlinear 3\ndata idx "."\n')
    assert (found["shape"], found["validation"]) == ([1, 7, 5], 9)
    table(here / "x.parquet", [RNG.bytes(4 * 9) for _ in range(12)], [k % 2 for k in range(12)])
    text = 'input 4x3x3\nflatten\nlinear 2\ndata parquet "x.parquet"\n  validate 2\n'
    assert len(show(here, text)["channels"]) == 4
    assert "of 4 channels, the sheet shows the mean" in run("data", "show", "net.lenet").stdout


def test_many_classes_are_bounded(here: Path) -> None:
    labels = [f"class number {k % 150:03}" for k in range(450)]
    table(here / "x.parquet", [RNG.bytes(64) for _ in labels], labels)
    text = 'input 1x8x8\nflatten\nlinear 150\ndata parquet "x.parquet"\n  validate 5\n'
    found = show(here, text)
    assert len(found["classes"]) == 150 and found["shown_classes"] == 20
    assert picture(here / "net.data.png").shape[0] == 80 + 20 * 68 + 16
    printed = run("data", "show", "net.lenet").stdout
    assert "the sheet has the first 20 of 150 classes" in printed
    assert "50 more classes are not shown; --json has all" in printed
    assert "class number 099" in printed and "class number 100" not in printed


def test_one_image_of_a_single_value(here: Path) -> None:
    table(here / "x.parquet", [[0.5] * 64] * 2, [0, 1])
    text = 'input 1x8x8\nflatten\nlinear 2\ndata parquet "x.parquet"\n  validate 1\n  normalize\n'
    found = show(here, text + "augment\n  shift 1\n")
    assert found["train"] == 1 and found["channels"][0]["deviation"] == 0
    assert [c["train"] + c["validation"] for c in found["classes"]] == [1, 1]


def test_padding_belongs_to_the_images(here: Path) -> None:
    text = DIGITS.replace("1x8x8", "1x12x12").replace("reshape 64", "reshape 144")
    found = show(here, f"{text}  pad 2\n")
    plain = show(here, DIGITS)
    assert found["shape"] == [1, 12, 12]
    mean = plain["channels"][0]["mean"] * 64 / 144
    assert found["channels"][0]["mean"] == pytest.approx(mean)


def test_mnist_and_cifar10(data_folder: Path, here: Path) -> None:
    mnist = run("data", "show", ROOT / "specs" / "lenet5.lenet", "--data", data_folder, "--json")
    found = json.loads(mnist.stdout)
    assert (found["train"], found["validation"]) == (60_000, 10_000)
    assert found["channels"][0]["mean"] == pytest.approx(0.1306605)
    assert found["channels"][0]["deviation"] == pytest.approx(0.3081078)
    cifar = run("data", "show", ROOT / "specs" / "resnet20.lenet", "-o", "x.png", "--json")
    found = json.loads(cifar.stdout)
    assert [c["label"] for c in found["classes"]][:2] == ["airplane", "automobile"]
    assert len(found["channels"]) == 3
    assert picture(here / "x.png").shape == (80 + 10 * 68 + 16, 166 + 4 * (268 + 18) - 18 + 16, 3)


# Warnings, errors, files


def test_what_is_odd_is_said(here: Path) -> None:
    """Also what would end a training: here one looks at the data to find out."""
    table(here / "x.parquet", [RNG.bytes(64) for _ in range(30)], [1 + k % 3 for k in range(30)])
    text = 'input 1x8x8\nflatten\nlinear 3\ndata parquet "x.parquet"\n  validate 3\n'
    found = show(here, text)
    assert [c["label"] for c in found["classes"]] == ["1", "2", "3"]
    done = run("data", "show", "net.lenet")
    assert done.exit_code == 0 and "a training would refuse these data" in done.stderr
    assert "`label from 1` in the data section" in " ".join(done.stderr.split())
    # What it advises names the classes as they are in the data.
    found = show(here, text + "  label from 1\n")
    assert [(c["class"], c["label"]) for c in found["classes"]] == [(0, "1"), (1, "2"), (2, "3")]
    assert run("data", "show", "net.lenet").stderr == "wrote net.data.png\n"
    lonely = text.replace('"x.parquet"', '"y.parquet"')
    table(here / "y.parquet", [RNG.bytes(64) for _ in range(30)], [0] * 30)
    (here / "net.lenet").write_text(lonely)
    assert "of one class" in run("data", "show", "net.lenet").stderr


def test_a_file_that_is_there_is_replaced_as_a_whole(here: Path) -> None:
    """As `lenet draw` does: by the new one, or not at all."""
    (here / "x.png").write_bytes(b"mine")
    fails(run("data", "show", "none.lenet", "-o", "x.png"), "cannot read none.lenet")
    assert (here / "x.png").read_bytes() == b"mine"
    assert run("data", "show", "net.lenet", "-o", "x.png").exit_code == 0
    assert picture(here / "x.png").ndim == 3
    assert sorted(path.name for path in here.iterdir()) == ["net.lenet", "x.png"]
    (here / "file").write_text("")
    done = run("data", "show", "net.lenet", "-o", "file/x.png")
    assert (done.exit_code, done.stdout) == (1, "") and "cannot write file/x.png" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "x.jpg"), "name it x.png"),
        (("-o", "x"), "name it x.png"),
        (("--seed", "-1"), "-1"),
        (("--frob",), "--frob"),
        (("more.lenet",), "more.lenet"),
    ],
)
def test_wrong_usage(here: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run("data", "show", "net.lenet", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert [path.name for path in here.iterdir()] == ["net.lenet"]


def test_files_that_cannot_be_used(here: Path) -> None:
    path = here / "net.lenet"
    for text, words in (
        (DIGITS.replace("linear", "linaer"), "error[E010]"),
        (DIGITS.replace("data digits\n", ""), "does not say what to train on"),
        (DIGITS.replace("digits", "frame"), "a program gives the data"),
        (DIGITS.replace("digits", 'idx "nowhere"'), "nowhere"),
        (DIGITS.replace("digits", 'images "hdfs:///x"'), "--data DIR"),
        (DIGITS + "  validate 5000\n", "1,437"),
    ):
        path.write_text(text)
        fails(run("data", "show", path), words)
    path.write_text(DIGITS)
    fails(run("data", "show", path, "--set", "width=3"), "cannot set width")
    fails(run("data", "show", path, "--data", here), "The digits need no folder.")
    assert [p.name for p in here.iterdir()] == ["net.lenet"]


def test_help() -> None:
    assert "show" in run("data", "--help").stdout
    done = run("data", "show", "--help")
    assert done.exit_code == 0 and "lenet" not in done.stderr and "--seed" in done.stdout
    assert run("data").exit_code == 2 and "Usage" in run("data").output
