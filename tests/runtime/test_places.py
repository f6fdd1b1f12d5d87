"""A class for each place: trained, measured, moved with its image, and read from folders."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_cli_train import fails, run

import lenet
from lenet import LenetError
from lenet.dsl.check import check
from lenet.dsl.losses import LOSSES
from lenet.runtime.augmentations import augmented, moved
from lenet.runtime.data.target import NONE
from lenet.runtime.training.parameters import to_tensors
from lenet.runtime.unit import Unit
from nets import make_case, spec_of

SIDE = 16
SPEC = f"""\
input 1x{SIDE}x{SIDE}
conv 8x3x3 pad 1
relu
conv 12x3x3 pad 1
relu
conv 3x1x1
train
  loss crossentropy
  optimizer adam
  rate 0.01
  batch 16
  stop after 12 epochs
  validate iou accuracy iou of 1 dice loss every epoch
  seed 1
"""


def shapes(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a brighter square (2) and a disc (1), and where they are; some places count
    nothing."""
    random = np.random.default_rng(seed)
    row, column = np.mgrid[:SIDE, :SIDE]
    pixels = random.integers(0, 60, (count, 1, SIDE, SIDE)).astype(np.uint8)
    masks = np.zeros((count, SIDE, SIDE), np.uint8)
    for k in range(count):
        (y, x), (v, u) = random.integers(3, SIDE - 3, (2, 2))
        square = (abs(row - v) < 3) & (abs(column - u) < 3)
        disc = (row - y) ** 2 + (column - x) ** 2 <= 9
        pixels[k, 0][square] += 90
        masks[k][square] = 2
        pixels[k, 0][disc] = 200
        masks[k][disc] = 1
    masks[:, 0, :3] = NONE
    return pixels, masks


X, Y = shapes(240)
X_TEST, Y_TEST = shapes(60, 2)


@pytest.fixture(scope="module")
def model() -> lenet.Model:
    return lenet.train(SPEC, (X, Y, X_TEST, Y_TEST), engine="local", progress=False)


def test_places_are_learnt_and_measured(model: lenet.Model) -> None:
    found = model.predict(X_TEST)
    assert found.masks.shape == Y_TEST.shape and found.masks.dtype == np.uint8
    assert found.probabilities.shape == (60, 3, SIDE, SIDE)
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)
    counts = Y_TEST != NONE
    each = []
    for k in range(3):
        said, right = (found.masks == k) & counts, (k == Y_TEST) & counts
        each.append((said & right).sum() / (said | right).sum())
    told = model.evaluate(X_TEST, Y_TEST)
    assert told["iou"] == pytest.approx(np.mean(each)) and told["iou"] > 0.9
    assert told["accuracy"] == pytest.approx((found.masks == Y_TEST)[counts].mean())
    assert [row["iou"] for row in told.classes] == pytest.approx(each)
    last = model.history[-1]["validation"]
    assert last["iou"] == pytest.approx(told["iou"]) and last["iou of 1"] == pytest.approx(each[1])
    assert last["loss"] == pytest.approx(told["loss"], rel=1e-5)


def test_what_a_prediction_says(model: lenet.Model, tmp_path: Path) -> None:
    found = model.predict(X_TEST[:3])
    assert found.answers == "places" and len(found) == 3
    assert found[0]["2"] == pytest.approx((found.masks[0] == 2).mean())
    assert sum(found[1].values()) == pytest.approx(1)
    assert found[1:] == model.predict(X_TEST[1:3])
    assert repr(found).startswith("<Answered of 3 images, places: 0 ")
    model.save(tmp_path / "model.safetensors")
    assert lenet.open(tmp_path / "model.safetensors").predict(X_TEST[:3]) == found


def test_spark_gives_the_same_bits(model: lenet.Model, spark) -> None:
    again = lenet.train(SPEC, (X, Y, X_TEST, Y_TEST), spark=spark, progress=False)
    assert again.digest == model.digest


@pytest.mark.parametrize("options", ["", " smooth 0.2", " weights 1 2 0.5"])
def test_gradients(options: str) -> None:
    """Against differences of a formula in float64, where the kernels of a linear net are known."""
    spec = f"input 2x3x5; conv 3x1x1; train; .loss crossentropy{options}; .rate 0.1"
    case = make_case(spec_of(spec), images=21)
    random = np.random.default_rng(3)
    labels = random.integers(-1, 3, (21, 15))
    labels[4] = -1  # an image without any answer
    case.labels = labels.astype(np.float32)
    loss = case.graph.train.loss
    smooth, weights = loss["smooth"], np.array(loss["weights"] or (1, 1, 1))
    values = case.values().reshape(21, 2, 15)

    def lost(weight: np.ndarray, bias: np.ndarray) -> float:
        scores = np.einsum("oc,ncp->nop", weight, values) + bias[:, None]
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        total = 0.0
        for image, known in zip(logs, labels, strict=True):
            there = np.flatnonzero(known >= 0)
            for place in there:
                own, all_ = image[known[place], place], image[:, place].mean()
                each = weights[known[place]] * ((1 - smooth) * own + smooth * all_)
                total -= each / len(there) / len(labels)
        return total

    tensors = {
        key: value.astype(float)
        for key, value in to_tensors(case.loaded.program, case.weights).items()
    }
    weight, bias = tensors["conv1.weight"].reshape(3, 2), tensors["conv1.bias"]
    got_loss, got, _ = case.kernels()
    assert got_loss == pytest.approx(lost(weight, bias), rel=2e-5)
    for name, tensor in (("conv1.weight", weight), ("conv1.bias", bias)):
        expected = np.zeros_like(tensor)
        for place in np.ndindex(tensor.shape):
            parts = []
            for step in (1e-5, -1e-5):
                kept, tensor[place] = tensor[place], tensor[place] + step
                parts.append(lost(weight, bias))
                tensor[place] = kept
            expected[place] = (parts[0] - parts[1]) / 2e-5
        assert np.abs(got[name].reshape(expected.shape) - expected).max() < 1e-4 * max(
            np.abs(expected).max(), 1e-2
        )
    outputs = np.einsum("oc,ncp->nop", weight, values) + bias[:, None]
    unit = Unit.of(case.graph, (0.0,), (1.0,))
    told = unit.losses(outputs.reshape(21, -1), case.labels)
    assert told.mean() == pytest.approx(lost(weight, bias), rel=1e-6) and told[4] == 0


def test_masks_move_with_their_images() -> None:
    """Of images that are as their masks, what is augmented stays so, but for values in between."""
    checked = check(
        SPEC
        + "augment\n  flip horizontal\n  shift 3\n  rotate 30 degrees\n  elastic alpha 4 sigma 3\n"
    )
    assert checked.graph is not None and not checked.diagnostics
    augment = checked.graph.augment
    masks = np.where(Y == NONE, 0, Y).astype(np.float32)
    rows, key = np.arange(100), np.uint64(7)
    pixels = (80 * masks).astype(np.uint8)[:, None]
    seen = augmented(pixels, rows, augment, key)[:, 0] / np.float32(80)
    kept = moved(masks, rows, augment, key, (1, SIDE, SIDE), -1.0)
    assert set(np.unique(kept)) == {-1, 0, 1, 2}
    inside = kept >= 0
    assert (seen[~inside] < 1.01).mean() > 0.9 and not np.array_equal(kept, masks[:100])
    assert (np.abs(seen - kept)[inside] <= 1.01).mean() > 0.97
    assert (np.abs(seen - kept)[inside] < 0.01).mean() > 0.6


def test_a_training_with_moved_masks(model: lenet.Model) -> None:
    spec = SPEC + "augment\n  flip horizontal\n  shift 2\n"
    found = lenet.train(spec, (X, Y, X_TEST, Y_TEST), engine="local", progress=False)
    assert found.evaluate(X_TEST, Y_TEST)["iou"] > 0.85 and found.digest != model.digest
    one = lenet.train(spec, (X, Y, X_TEST, Y_TEST), engine="local", threads=1, progress=False)
    assert one.digest == found.digest


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (np.where(Y == 2, 3, Y), "(?s)is 3, and should be a class, 0 to 2, or 255"),
        (np.where(Y == 2, 0.5, Y), "is 0.5, and should be a class"),
        (Y[:, :4], "the answers do not fit the net's 256"),
        (np.where(Y > 0, 255, 0), "(?s)0 and 255 only.*masks, give y // 255"),
    ],
)
def test_masks_that_cannot_be_used(masks: np.ndarray, message: str) -> None:
    with pytest.raises(LenetError, match=message):
        lenet.train(SPEC, (X, masks), engine="local", progress=False)


def test_what_takes_places() -> None:
    assert [name for name, loss in LOSSES.items() if loss.places] == ["crossentropy"]

    def titles(spec: str) -> list[str]:
        return [d.title for d in check(spec).diagnostics]

    assert titles(SPEC.replace("crossentropy", "nll"))
    assert titles(SPEC.replace("crossentropy", "crossentropy weights balanced")) == [
        "`balanced` counts the images of each class, and here each place has a class"
    ]
    (few,) = check(SPEC.replace("crossentropy", "crossentropy weights 1 2")).diagnostics
    assert few.fix == "write 3 numbers", "not `weights balanced`, which counts images"
    assert titles(SPEC + "augment\n  mixup 0.2\n") == [
        "`mixup` mixes two images, but the classes at their places cannot be mixed"
    ]
    assert titles(SPEC.replace("iou of 1", "top1"))
    assert "data mnist" not in titles(SPEC + "data mnist\n")[0]


def write(folder: Path, images: np.ndarray, masks: np.ndarray, palette: bool = True) -> None:
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for k, (image, mask) in enumerate(zip(images, masks, strict=True)):
        Image.fromarray(image[0]).save(folder / "images" / f"{k:03}.png")
        picture = Image.fromarray(mask)
        if palette:
            picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, *(9,) * 3 * 253])
        picture.save(folder / "masks" / f"{k:03}.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "shapes" / "train", X, Y)
    write(tmp_path / "shapes" / "test", X_TEST, Y_TEST, palette=False)
    (tmp_path / "shapes" / "classes.txt").write_text("ground\ndisc\nsquare\n")
    (tmp_path / "net.lenet").write_text(SPEC + 'data masks "shapes"\n')
    return tmp_path


def test_folders_of_masks(model: lenet.Model, folder: Path) -> None:
    found = lenet.train(folder / "net.lenet", engine="local", progress=False)
    assert found.digest == model.digest and found.classes == ("ground", "disc", "square")
    assert "disc" in found.predict(folder / "shapes/test/images/000.png")[0]


def test_masks_follow_what_becomes_of_their_pictures(folder: Path) -> None:
    from lenet.runtime.data.formats.masks import load_masks
    from lenet.runtime.data.target import Target

    graph = check(SPEC.replace("16", "8") + 'data masks "shapes"\n  resize 8x8 stretch\n').graph
    assert graph is not None
    found = load_masks(folder / "shapes", (1, 8, 8), graph.data, Target.of(graph))
    assert found.train.pixels.shape == (240, 1, 8, 8) and found.train.labels.shape == (240, 64)
    labels = found.train.labels.reshape(-1, 8, 8)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert (labels == np.where(Y == NONE, -1, Y.astype(int))[:, 1::2, 1::2]).mean() > 0.9


def _wrong(folder: Path, what: str) -> None:
    masks, images = folder / "shapes/train/masks", folder / "shapes/train/images"
    match what:
        case "no mask":
            (masks / "007.png").unlink()
        case "no image":
            (images / "007.png").unlink()
        case "size":
            Image.new("L", (5, 4)).save(masks / "007.png")
        case "colours":
            Image.new("RGB", (SIDE, SIDE), (1, 2, 3)).save(masks / "007.png")
        case "value":
            Image.new("L", (SIDE, SIDE), 9).save(masks / "007.png")
        case "broken":
            (masks / "007.png").write_bytes(b"no picture")
        case "twice":
            Image.new("L", (SIDE, SIDE)).save(masks / "007.bmp")
        case "names":
            (folder / "shapes/classes.txt").write_text("ground\ndisc\n")
        case "folder":
            masks.rename(masks.with_name("labels"))


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no mask", "007.png has no mask"),
        ("no image", "007.png has no image"),
        ("size", "007.png has another size than its image"),
        ("colours", "(?s)007.png has colours.*#010203.*palette"),
        ("value", "(?s)007.png is 9, and should be a class.*Its values are 9"),
        ("broken", "the mask .*007.png cannot be read"),
        ("twice", "have one name"),
        ("names", "(?s)not one for each class.*2 different names, and the net 3"),
        ("folder", "there is no folder .*masks"),
    ],
)
def test_folders_that_cannot_be_used(folder: Path, what: str, message: str) -> None:
    _wrong(folder, what)
    with pytest.raises(LenetError, match=message):
        lenet.train(folder / "net.lenet", engine="local", progress=False)


def test_masks_in_black_and_white(folder: Path) -> None:
    """They are yes and no for a net of one map, and no classes."""
    masks = folder / "shapes/train/masks"
    for path in [*masks.iterdir(), *(folder / "shapes/test/masks").iterdir()]:
        values = np.array(Image.open(path))
        Image.fromarray(np.where(values == 1, 255, 0).astype(np.uint8)).save(path)
    with pytest.raises(LenetError, match="(?s)0 and 255 only.*`loss bce`"):
        lenet.train(folder / "net.lenet", engine="local", progress=False)
    spec = (folder / "net.lenet").read_text().replace("conv 3x1x1", "conv 1x1x1")
    spec = spec.replace("loss crossentropy", "loss bce").replace(" iou of 1", "")
    (folder / "net.lenet").write_text(spec)
    found = lenet.train(folder / "net.lenet", engine="local", progress=False)
    assert found.history[-1]["validation"]["iou"] > 0.9


def test_masks_are_written(model: lenet.Model, folder: Path) -> None:
    path, pictures = folder / "model.safetensors", folder / "shapes/test/images"
    model.save(path)
    said = run("predict", path, pictures / "000.png", "--masks", folder / "said")
    assert said.exit_code == 0 and "000.png  0 " in said.output
    written = Image.open(folder / "said/000.png")
    assert written.mode == "P" and written.size == (SIDE, SIDE)
    expected = model.predict(pictures / "000.png").masks[0]
    assert np.array_equal(np.array(written), expected)
    few = X[:20, :, :4, :4], np.arange(20) % 2
    other = "input 1x4x4\nflatten\nlinear 2\ntrain\n  rate 0.1\n"
    lenet.train(other, few, engine="local", progress=False).save(path)
    failed = run("predict", path, pictures / "000.png", "--masks", folder / "said")
    fails(failed, "so there are no masks to write")
