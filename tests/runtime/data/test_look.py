"""Data that are right in form and odd in content, and trainings that lead to nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_cli_train import run

import lenet
from lenet.runtime.data import DataError
from lenet.runtime.data.counts import Counts, count, together
from lenet.runtime.data.dataset import Dataset, Images

RNG = np.random.default_rng(5)


def spec(outputs: int = 10, data: str = "data frame", train: str = "", net: str = "") -> str:
    net = net or f"input 1x8x8\nreshape 64\nlinear {outputs}\n"
    return f"{net}{data}\ntrain\n  rate 0.05\n  batch 16\n  stop after 1 epochs\n{train}"


def images(labels: list[int], values: int = 256) -> Images:
    pixels = RNG.integers(0, values, (len(labels), 1, 8, 8), np.uint8)
    return Images(pixels, np.array(labels, np.int32))


def dataset(labels: list[int], classes: tuple[str, ...] = ()) -> Dataset:
    return Dataset("these", images(labels), images(sorted(set(labels))), classes, 1 / 255)


def trained(text: str, data: Any, tmp_path: Path) -> list[dict[str, Any]]:
    """The events of a training."""
    path = tmp_path / "net.lenet"
    path.write_text(text)
    events: list[dict[str, Any]] = []
    lenet.train(path, data, engine="local", watch=events.append)
    return events


def warnings_of(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(e["text"], e["fix"]) for e in events if e["event"] == "warning"]


def early(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What was said before the training started."""
    start = next(k for k, event in enumerate(events) if event["event"] == "start")
    return warnings_of(events[:start])


# Counting


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_counts_are_those_of_numpy_and_of_any_parts(dtype: type, channels: int) -> None:
    pixels = RNG.integers(0, 256, (90, channels, 6, 5)).astype(dtype)
    pixels[7] = 9
    labels = RNG.integers(2, 6, 90).astype(np.int32)
    scale = 1 / 255 if dtype == np.uint8 else 1.0
    whole = count(Images(pixels, labels), scale)
    values = pixels.astype(np.float64) * scale
    assert (whole.rows, whole.constant) == (90, 1)
    assert (whole.least * scale, whole.most * scale) == (values.min(), values.max())
    assert whole.mean(scale) == pytest.approx(values.mean())
    assert whole.labels == {k: int((labels == k).sum()) for k in sorted(set(labels.tolist()))}
    for apart, axes in ((True, (0, 2, 3)), (False, None)):
        mean, deviation = whole.normal(scale, apart)
        np.testing.assert_allclose(mean, np.atleast_1d(values.mean(axis=axes)), rtol=1e-6)
        np.testing.assert_allclose(deviation, np.atleast_1d(values.std(axis=axes)), rtol=1e-6)
    cuts = [slice(0, 1), slice(1, 50), slice(50, 50), slice(50, 90)]
    parts = [count(Images(pixels[cut], labels[cut]), scale) for cut in cuts]
    assert together(reversed(parts)) == whole
    assert Counts.from_json(whole.to_json()) == whole


def test_borders_are_those_of_the_images_before_their_padding() -> None:
    pixels = np.full((50, 1, 8, 8), 250, np.uint8)
    pixels[:, :, 2:6, 2:6] = 0
    plain = count(Images(pixels, np.zeros(50, np.int32)), 1 / 255)
    assert plain.border_range() == (250 / 255, 250 / 255)
    around = Dataset("x", Images(pixels, np.zeros(50, np.int32)), None, (), 1 / 255).padded((2, 2))
    assert count(around.train, 1 / 255, around.pad).border_range() == plain.border_range()
    assert count(around.train, 1 / 255).border_range() == (0, 0)
    vectors = Images(np.zeros((3, 1, 1, 64), np.uint8), np.zeros(3, np.int32))
    assert count(vectors, 1 / 255).border_range() is None


def test_the_summary(tmp_path: Path) -> None:
    labels = [0] * 30 + [1] * 50
    events = trained(spec(2), dataset(labels, ("cat", "dog")), tmp_path)
    data = next(e for e in events if e["event"] == "data")
    assert data["classes"] == {"cat": 30, "dog": 50} and data["held_out_classes"]["dog"] == 1
    assert (data["rows"], data["held_out"], data["constant"], data["left_out"]) == (80, 2, 0, 0)
    assert 0 <= data["least"] < 0.1 < data["mean"] < 0.9 < data["most"] <= 1
    assert not early(events)


# Labels


def test_labels_from_one_get_the_line_that_subtracts(tmp_path: Path) -> None:
    """Never the advice to widen the last layer."""
    labels = [1 + k % 10 for k in range(200)]
    with pytest.raises(DataError, match="go from 1 to 10") as caught:
        trained(spec(10), dataset(labels), tmp_path)
    assert caught.value.fix.startswith("write `label from 1` in the data section")
    assert "linear" not in caught.value.fix
    with pytest.raises(DataError, match="go from 1 to 10") as caught:
        trained(spec(5), dataset(labels), tmp_path)
    assert "`linear 10`" in caught.value.fix
    # What it advises is what mends it.
    x, y = images(labels).pixels, np.array(labels)
    events = trained(spec(10, "data frame\n  label from 1"), (x, y), tmp_path)
    assert not early(events)
    data = next(e for e in events if e["event"] == "data")
    assert data["classes"] == {str(k): 20 for k in range(1, 11)}
    model = lenet.train(tmp_path / "net.lenet", (x, y), engine="local")
    assert model.classes == tuple(str(k) for k in range(1, 11))
    top1 = (model.predict(x).classes + 1 == y).mean()
    assert model.evaluate(x, y)["top1"] == pytest.approx(top1)
    # Where the line names a column, it is the line that there is.
    table = pa.table({"image": [bytes(image) for image in x.reshape(-1, 64)], "digit": y})
    with pytest.raises(DataError) as caught:
        trained(spec(10, 'data frame\n  label "digit"'), table, tmp_path)
    assert caught.value.fix.startswith('write `label "digit" from 1` in')
    # Without a section, it is said which line goes above.
    nothing = spec(10, "").replace("\n\n", "\n")
    with pytest.raises(DataError) as caught:
        trained(nothing, (x, y), tmp_path)
    assert "`label from 1` below a line `data frame`" in caught.value.fix


def test_labels_from_one_in_a_net_with_room_are_odd(tmp_path: Path) -> None:
    ((text, fix),) = early(trained(spec(11), dataset([1 + k % 10 for k in range(200)]), tmp_path))
    assert "go from 1 to 10: 0 never occurs" in text and "`label from 1`" in fix


def test_labels_with_gaps_are_so_many_classes(tmp_path: Path) -> None:
    labels = [(1456, 1570, 1580)[k % 3] for k in range(90)]
    x, y = images(labels).pixels, np.array(labels)
    with pytest.raises(DataError, match="have gaps: 1,456, 1,570, 1,580") as caught:
        trained(spec(3), (x, y), tmp_path)
    fix = caught.value.fix
    assert fix.startswith("write `label distinct`") and "linear" not in fix
    with pytest.raises(DataError, match="3 classes") as caught:
        trained(spec(10), (x, y), tmp_path)
    assert "`linear 3`" in caught.value.fix
    path = tmp_path / "net.lenet"
    path.write_text(spec(3, "data frame\n  label distinct"))
    model = lenet.train(path, (x, y), engine="local")
    assert model.classes == ("1456", "1570", "1580")
    top1 = (model.predict(x).classes == np.searchsorted([1456, 1570, 1580], y)).mean()
    assert model.evaluate(x, y)["top1"] == pytest.approx(top1)
    some = y < 1580
    assert model.evaluate(x[some], y[some])["count"] == some.sum()
    with pytest.raises(lenet.LenetError, match="no class 7"):
        model.evaluate(x, np.full(len(y), 7))


def test_more_classes_than_outputs_that_are_no_slip(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="12 classes") as caught:
        trained(spec(10), dataset([k % 12 for k in range(200)]), tmp_path)
    assert caught.value.fix == "make the last layer `linear 12`"


def test_one_class_with_nine_tenths_of_the_rows(tmp_path: Path) -> None:
    ((text, fix),) = early(trained(spec(2), dataset([0] * 95 + [1] * 5), tmp_path))
    assert text == "95.0% of the images of these are of one class, 0" and "95.0%" in fix
    assert not early(trained(spec(2), dataset([0] * 80 + [1] * 20), tmp_path))
    ((text, fix),) = early(trained(spec(2), dataset([0] * 50), tmp_path))
    assert "of one class, 0" in text and "nothing to learn" in fix


def test_more_outputs_than_classes(tmp_path: Path) -> None:
    ((text, fix),) = early(trained(spec(5), dataset([k % 3 for k in range(90)]), tmp_path))
    assert text == "the net has 5 outputs, but these has 3 classes" and "`linear 3`" in fix


def test_a_class_without_images(tmp_path: Path) -> None:
    labels = [k % 4 for k in range(100) if k % 4 != 2]
    ((text, _),) = early(trained(spec(4), dataset(labels), tmp_path))
    assert text == "the class 2 has no images to train with"


# Values


def test_floats_that_look_like_bytes(tmp_path: Path) -> None:
    labels = [k % 2 for k in range(60)]
    floats = images(labels).pixels.astype(np.float32)
    slow = spec(2).replace("0.05", "0.00001")
    ((text, fix),) = early(trained(slow, (floats, np.array(labels)), tmp_path))
    assert "go up to 255" in text and "normalize" in fix
    assert not early(trained(spec(2), (floats / 255, np.array(labels)), tmp_path))
    mended = spec(2, "data frame\n  normalize")
    assert not early(trained(mended, (floats, np.array(labels)), tmp_path))


def test_floats_like_bytes_given_to_a_model_of_bytes(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text(spec(2))
    data = dataset([k % 2 for k in range(60)])
    model = lenet.train(path, data, engine="local")
    floats = data.train.pixels.astype(np.float32)
    with pytest.warns(UserWarning, match="values of up to 255, but .* at most 1.*astype"):
        model.predict(floats)
    assert (model.predict(floats / 255).classes == model.predict(data.train.pixels).classes).all()


def test_small_whole_numbers_are_bytes(tmp_path: Path) -> None:
    labels = np.arange(60) % 2
    ones = (images(labels.tolist()).pixels > 128).astype(np.int64)
    ((text, fix),) = early(trained(spec(2), (ones, labels), tmp_path))
    assert "whole numbers up to 1, as bytes" in text and "give floats" in fix
    assert not early(trained(spec(2), (ones.astype(float), labels), tmp_path))
    assert not early(trained(spec(2), (ones.astype(bool), labels), tmp_path))


def test_small_and_large_floats_are_measured(tmp_path: Path) -> None:
    values = RNG.normal(size=(50, 1, 6, 6)).astype(np.float32)
    for factor in (1e-4, 1e-12, 1.0, 1e6, 1e15):
        scaled = (values * np.float32(factor)).astype(np.float32)
        mean, deviation = count(Images(scaled, np.zeros(50, np.int32)), 1.0).normal(1.0)
        np.testing.assert_allclose(mean, scaled.astype(float).mean(), rtol=1e-6)
        np.testing.assert_allclose(deviation, scaled.astype(float).std(), rtol=1e-6)


def test_padding_hides_no_constant_images() -> None:
    ones = Images(np.ones((5, 1, 4, 4), np.uint8), np.zeros(5, np.int32))
    around = Dataset("x", ones, None, (), 1 / 255).padded((1, 1))
    assert count(around.train, 1 / 255, around.pad).constant == 5


def test_images_of_a_single_value(tmp_path: Path) -> None:
    data = dataset([k % 2 for k in range(60)])
    data.train.pixels[3] = 7
    ((text, _),) = early(trained(spec(2), data, tmp_path))
    assert text == "1 of 60 images of these have a single value in all their pixels"


def test_more_to_validate_with_than_there_is(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text(spec(10, "data digits\n  validate 5000"))
    result = run("train", path, "--engine", "local", "-o", tmp_path / "run")
    assert result.exit_code == 1 and not (tmp_path / "run").exists()
    assert "`validate 5000` would hold out 5,000 of 1,437" in result.stderr
    assert "write `validate 287`" in result.stderr
    path.write_text(path.read_text().replace("5000", "287"))
    assert run("train", path, "--engine", "local", "-o", tmp_path / "run").exit_code == 0


# Ends


def test_an_end_no_better_than_guessing(tmp_path: Path) -> None:
    """A rate that is far too high; and batch normalization that sees one image at a time."""
    stuck = "input 1x8x8\nconv 6x3x3\nrelu\nreshape 216\nlinear 100\nrelu\nlinear 10\n"
    text = spec(net=stuck, data="data digits").replace("rate 0.05", "rate 30")
    text = text.replace("1 epochs", "3 epochs")
    events = trained(text, None, tmp_path)
    ((text, fix),) = warnings_of(events)
    assert "no better than guessing" in text and "`rate 3`" in fix and "`normalize`" in fix
    norm = "input 1x8x8\nreshape 64\nlinear 32 bias no\nbatchnorm\nrelu\nlinear 10\n"
    events = trained(spec(net=norm, data="data digits").replace("batch 16", "batch 1"), None,
                     tmp_path)  # fmt: skip
    ((text, fix),) = warnings_of(events)
    assert "no better than guessing" in text and "a larger batch" in fix and "sees 1" in fix


def test_a_rate_that_is_far_too_low_is_to_be_higher(tmp_path: Path) -> None:
    text = spec(data="data digits").replace("rate 0.05", "rate 0.0000001")
    ((_, fix),) = warnings_of(trained(text.replace("1 epochs", "4 epochs"), None, tmp_path))
    assert "a higher rate (`rate 1e-06`) or more epochs" in fix
    ((_, fix),) = warnings_of(trained(text, None, tmp_path))  # one epoch does not tell
    assert "another rate (`rate 1e-08` or `rate 1e-06`)" in fix


def test_the_majority_is_no_success(tmp_path: Path) -> None:
    """95% right, where 95% are of one class: the same as no net at all."""
    labels = [0] * 95 + [1] * 5
    data = Dataset("these", images(labels), images(labels), (), 1 / 255)
    found = warnings_of(trained(spec(2), data, tmp_path))
    assert any("no better than guessing" in text and "95.00%" in text for text, _ in found)


def test_without_validation_the_training_images_tell(tmp_path: Path) -> None:
    labels = [k % 10 for k in range(200)]
    x, y = images(labels).pixels, np.array(labels)
    found = warnings_of(trained(spec(10), (x, y), tmp_path))
    assert any("of the training images are right" in text for text, _ in found)


def test_classes_that_are_written_in_two_ways_are_told(tmp_path: Path) -> None:
    ways = ("no", "Yes ", "yes", "maybe")
    found = early(trained(spec(4), dataset([0, 1, 2, 3] * 9, ways), tmp_path))
    assert found == [(
        'classes of these differ in capitals and spaces only: "Yes " and "yes"',
        "if they are one, write them alike there, and make the last layer `linear 3`",
    )]  # fmt: skip
    letters = dataset([0, 1, 2, 3] * 9, ("a", "A", "b", "B"))
    assert not early(trained(spec(4), letters, tmp_path))


def test_a_class_that_is_never_predicted_is_named(tmp_path: Path) -> None:
    """Two classes whose images are alike, among some that can be learnt."""
    labels = [0, 1, 2] * 60 + [3] * 3
    pixels = np.zeros((len(labels), 1, 8, 8), np.uint8)
    for k, label in enumerate(labels):
        pixels[k, 0, :, 2 * (label % 3) : 2 * (label % 3) + 2] = 200
    whole = Images(pixels, np.array(labels, np.int32))
    data = Dataset("these", whole, whole, ("a", "b", "c", "rare"), 1 / 255)
    text = spec(4).replace("1 epochs", "20 epochs")
    found = warnings_of(trained(text, data, tmp_path))
    assert [text for text, _ in found] == ["no image is ever taken for rare"]


def test_a_good_end_needs_no_words(tmp_path: Path) -> None:
    text = spec(data="data digits\n  normalize").replace("1 epochs", "5 epochs")
    events = trained(text, None, tmp_path)
    assert not warnings_of(events)
    (last,) = [e for e in events if e["event"] == "predictions"]
    assert sum(last["classes"]) == sum(last["predicted"]) == 360
    assert last["hits"] / 360 == events[-2]["validation"]["top1"] if "validation" in events[-2] \
        else last["hits"] > 300  # fmt: skip


def test_warnings_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    net = "input 1x8x8\nreshape 64\nlinear 32\nrelu\nlinear 10\n"
    path.write_text(spec(net=net, data="data digits").replace("rate 0.05", "rate 30"))
    shown = run("train", path, "--engine", "local", "-o", tmp_path / "run")
    assert "warning: the net is no better than guessing" in shown.stderr
    assert all(len(line) < 80 for line in shown.stderr.splitlines())
    result = run("train", path, "--engine", "local", "-o", tmp_path / "again", "--json")
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert any(o["event"] == "warning" and "guessing" in o["text"] and o["fix"] for o in objects)
