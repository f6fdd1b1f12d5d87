"""The folders in which the pages of the docs are followed: their specs, tables and pictures."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx_graphs
import photos
import pyarrow as pa
import pyarrow.parquet
import pytest
from pages import FENCE, Saved, steps
from PIL import Image, ImageDraw, ImageFilter
from safetensors.numpy import save_file

from lenet.datasets import load

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TORCHVISION = ROOT / "tests" / "runtime" / "weights" / "torchvision"


@dataclass(frozen=True)
class Place:
    """A folder, in which the files lie that the page has its reader save."""

    folder: Path
    data: Path  # the folder of the datasets
    page: Path

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "specs", self.folder / "specs")
        for step in steps(self.page):
            if isinstance(step, Saved):
                (self.folder / step.name).write_text(step.text)

    def piece(self, words: str) -> str:
        """The one block of the page in which these stand."""
        (found,) = (text for _, text in FENCE.findall(self.page.read_text()) if words in text)
        return str(found)

    def edit(self, name: str, base: str, *changes: tuple[str, str]) -> None:
        """Write a file as `base` with other words."""
        text = (self.folder / base).read_text()
        for old, new in changes:
            assert old in text, (base, old)
            text = text.replace(old, new)
        (self.folder / name).write_text(text)

    def tables(self, *names: str) -> None:
        """Tables of the data's folder."""
        for name in names:
            found = self.data / "tables" / name
            if not found.exists():
                pytest.skip(f"there is no {found}")
            (self.folder / name).symlink_to(found.absolute())

    def spec(self, name: str, *changes: tuple[str, str]) -> None:
        """A copy of a net of the repository, with other words."""
        self.edit(f"{name}.lenet", f"specs/{name}.lenet", *changes)


def few_digits(folder: Path, count: int) -> Path:
    """MNIST with so many images to train with, and a sixth of that to test with."""
    mnist = load("mnist")
    (folder / "mnist").mkdir(parents=True)
    for part, images, own in (("train", mnist.train, count), ("t10k", mnist.test, count // 6)):
        assert images is not None
        pixels, labels = images.pixels[:own].reshape(own, 28, 28), images.labels[:own]
        for kind, array in (("images-idx3", pixels), ("labels-idx1", labels)):
            sizes = np.array([0x800 + array.ndim, *array.shape], ">i4").tobytes()
            path = folder / "mnist" / f"{part}-{kind}-ubyte"
            path.write_bytes(sizes + array.astype(np.uint8).tobytes())
    return folder


def seven(path: Path) -> None:
    """A photo of a 7 on paper, whose light falls from the left."""
    page = Image.new("L", (480, 640), 215)
    ImageDraw.Draw(page).line([(150, 180), (330, 175), (215, 470)], 45, 26, joint="curve")
    light = Image.linear_gradient("L").rotate(90).resize(page.size).point(lambda v: 205 + v // 6)
    page = Image.composite(page, Image.new("L", page.size), light)
    page.filter(ImageFilter.GaussianBlur(1.5)).rotate(4, fillcolor=190).convert("RGB").save(path)


IN_SPARK = """\
import pandas as pd
from lenet.runtime.spark.session import start_session

spark = start_session("local[2]", "tables")
frame = pd.read_csv("diamonds.csv")[:1000]
rows = spark.createDataFrame(frame)
rows.createOrReplaceTempView("diamonds")
train = rows.withColumn("test", rows.rownames % 5 == 0)
ratings = spark.createDataFrame(pd.read_csv("ratings.csv")[:5000])
pairs = ratings.limit(10)
some_users = ratings.select("userId").distinct().limit(3)
"""


def nothing(at: Place) -> None:
    """The nets of the repository are all that there is."""


def before_training(at: Place) -> None:
    at.tables("diamonds.csv")


def compress(at: Place) -> None:
    own = ("data mnist\n", 'data images "nine"\n  resize 28x28\n')
    at.edit("nine.lenet", "student.lenet", ("linear 10 ", "linear 9 "), own)
    (at.folder / "other.lenet").write_text(
        "input 1x8x8\nflatten\nlinear 16\nlayernorm\nrelu\nlinear 10\nlogsoftmax\n"
        "data digits\ntrain\n  rate 0.1\n  stop after 1 epochs\n"
    )


def cross_validation(at: Place) -> None:
    at.tables("weather.csv")
    at.spec("digits", ("data digits\n  normalize\n", at.piece("folds 5\n")))
    at.spec("weather", ("validate last 20 percent", "folds last 3"))


def imports(at: Place) -> None:
    """Nets as other programs write them: Darknet's with words that it does not read."""
    writer, end = onnx_graphs.resnet()
    writer.save(at.folder / "net.onnx", end)
    writer = onnx_graphs.Writer((1, 8, 16, 16))
    x = writer.op("DepthToSpace", "input", name="/up/DepthToSpace", blocksize=2)
    x = writer.op("MaxPool", x, name="/pool/MaxPool", kernel_shape=[2, 2], dilations=[2, 2])
    writer.save(at.folder / "odd.onnx", writer.op("LRN", x, name="/norm/LRN", size=4))
    cfg = _first(DOCS / "from-darknet.md", "ini")
    cfg = cfg.replace("batch=128\n", "batch=128\nsubdivisions=1\nmax_crop=32\nwiggle=3\n")
    (at.folder / "tiny.cfg").write_text(cfg.replace("size=5\n", "size=5\npaddding=2\n", 1))
    net = _first(DOCS / "from-caffe.md", "protobuf")
    head = 'layer {\n  name: "data"'
    assert head in net
    train = 'layer { name: "data" type: "Data" top: "data" top: "label" }\nlayer {\n  name: "conv1"'
    start, end = net.index(head), net.index('layer {\n  name: "conv1"')
    net = net[:start] + train + net[end:].removeprefix('layer {\n  name: "conv1"')
    (at.folder / "lenet_train.prototxt").write_text(net)


def _first(page: Path, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def own_photos(at: Place) -> None:
    """Random weights in torchvision's names and shapes; ships and trucks of CIFAR-10, enlarged."""
    random, tensors = np.random.default_rng(1), {}
    for line in (TORCHVISION / "resnet18.txt").read_text().splitlines():
        name, sizes, kind = line.split()
        shape = [int(size) for size in sizes.split("x")] if sizes != "-" else []
        if len(shape) > 1:
            values = random.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape)
        else:
            values = np.full(shape, float(name.endswith(("running_var", "weight"))))
        tensors[name] = values.astype(kind)
    save_file(tensors, at.folder / "resnet18.safetensors")
    (at.folder / "blocks").symlink_to("specs/blocks")
    names = ["tench", *(f"kind {k}" for k in range(998)), "toilet tissue"]
    (at.folder / "imagenet.txt").write_text("\n".join(names))
    cifar = load("cifar10", at.data / "cifar10-subset").train
    for label, name in ((8, "ship"), (9, "truck")):
        (at.folder / "photos" / name).mkdir(parents=True)
        for k, pixels in enumerate(cifar.pixels[cifar.labels == label][:150]):
            picture = Image.fromarray(pixels.transpose(1, 2, 0)).resize((96, 96))
            picture.save(at.folder / "photos" / name / f"{k}.jpg")


def pictures(at: Place) -> None:
    photos.fill(at.folder / "photos" / "train", 60)
    photos.fill(at.folder / "photos" / "test", 12, 60)


def search(at: Place) -> None:
    data, _, section = at.piece("validate 20 percent\n\nsearch").partition("\n\n")
    seed = "  seed 1\n"
    changes = ("data digits\n  normalize\n", f"{data}\n"), (seed, f"{seed}\n{section}")
    at.spec("digits", *changes)


def served(at: Place) -> None:
    seven(at.folder / "seven.png")


def tables(at: Place) -> None:
    at.tables("diamonds.csv", "ratings.csv", "reviews.csv", "weather.csv")
    for name, epochs in (("diamonds", 30), ("ratings", 20), ("stars", 20), ("weather", 12)):
        at.spec(name, (f"stop after {epochs} epochs", "stop after 2 epochs"))
    lines = (at.folder / "diamonds.csv").read_text().splitlines(keepends=True)
    (at.folder / "rows.csv").write_text("".join(lines[:5]) + "5,,Good,E,VS1,,,335,,,\n")
    (at.folder / "million.csv").write_text("".join(lines + lines[1:]))  # a tenth of one
    (at.folder / "pairs.csv").write_text("userId,movieId\n7,318\n7,858\n7,999999\n")


def training(at: Place) -> None:
    at.tables("diamonds.csv")
    stop = "  stop after 12 epochs\n"
    at.edit("early.lenet", "digits.lenet", (stop, at.piece("stop when loss stalls")))
    for name, words in (("smooth", "smooth 0.1"), ("balanced", "loss nll weights balanced")):
        at.edit(f"{name}.lenet", "digits.lenet", ("train\n", f"train\n{at.piece(words)}"))
    rate = "  rate 0.1\n"
    at.edit("high.lenet", "digits.lenet", (rate, "  rate 2\n"))
    at.edit("clipped.lenet", "digits.lenet", (rate, at.piece("clip norm 0.1\n")))
    for name, base in (("rare", "digits"), ("balanced", "balanced")):
        change = ("data digits\n  validate 360\n", 'data parquet "data/rare"\n')
        at.edit(f"{name}.lenet", f"{base}.lenet", change)
    _rare(at.folder / "data" / "rare")
    shapes(at.folder / "shapes" / "train", 200, 1)
    shapes(at.folder / "shapes" / "test", 100, 2)
    (at.folder / "shapes" / "classes.txt").write_text("ground\ndisc\nbox\n")
    at.spec("autoencoder")
    own = at.piece('data images "mine"')
    base = (at.folder / "base.lenet").read_text()
    (at.folder / "mine.lenet").write_text(base.partition("data mnist")[0] + own)
    mnist = load("mnist").train
    for k, (pixels, label) in enumerate(zip(mnist.pixels[:320], mnist.labels[:320], strict=True)):
        kind = at.folder / "digits" if k < 20 else at.folder / "mine" / str(label)
        kind.mkdir(parents=True, exist_ok=True)
        digit = Image.fromarray(pixels.reshape(28, 28))
        if k >= 20:  # as if written on paper
            digit = digit.resize((40, 40)).point(lambda value: 255 - value)
        digit.save(kind / f"{k}.png")


def _rare(folder: Path) -> None:
    """The digits, of which only six of those to train with are an 8."""
    digits = load("digits")
    assert digits.test is not None
    folder.mkdir(parents=True)
    for part, images in (("train", digits.train), ("test", digits.test)):
        eights = np.flatnonzero(images.labels == 8)[6 if part == "train" else len(images.labels) :]
        pixels = np.delete(images.pixels, eights, 0).reshape(-1, 64) / np.float32(16)
        labels = np.delete(images.labels, eights)
        table = pa.table({"image": list(pixels.astype(np.float32)), "label": labels})
        pyarrow.parquet.write_table(table, folder / f"{part}.parquet")


def discs(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 16x16 with a disc on noise, and masks of the discs."""
    random = np.random.default_rng(seed)
    centre, radius = random.uniform(4, 12, (2, count, 1, 1)), random.uniform(2, 5, (count, 1, 1))
    y, x = np.mgrid[:16, :16]
    masks = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2
    pictures = random.uniform(0, 0.6, masks.shape) + 0.4 * masks
    return pictures[:, None].astype(np.float32), masks[:, None].astype(np.float32)


def shapes(folder: Path, count: int, seed: int) -> None:
    """A disc and a box of any colour on noise, and where they are."""
    random = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for k in range(count):
        picture = Image.fromarray(random.integers(0, 256, (32, 32, 3), np.uint8))
        mask = Image.new("L", picture.size)
        for kind, size in ((1, random.integers(8, 12)), (2, random.integers(9, 14))):
            x, y = (int(place) for place in random.integers(0, 32 - size, 2))
            box, colour = (x, y, x + int(size), y + int(size)), tuple(random.integers(0, 256, 3))
            for drawn, fill in ((picture, tuple(map(int, colour))), (mask, kind)):
                draw = ImageDraw.Draw(drawn)
                (draw.ellipse if kind == 1 else draw.rectangle)(box, fill)
        picture.save(folder / "images" / f"{k:03}.jpg", quality=95)
        mask.save(folder / "masks" / f"{k:03}.png")


def transformer(at: Place) -> None:
    name = "specs/transformer.lenet"
    at.edit(name, name, ("validate 10000", "validate 500"))


def troubleshooting(at: Place) -> None:
    """Another Spark, which SPARK_HOME names."""
    other = at.folder / "spark-3.5.1"
    for name in ("bin/spark-submit", "jars/spark-core_2.12-3.5.1.jar"):
        (other / name).parent.mkdir(parents=True)
        (other / name).write_text("")
