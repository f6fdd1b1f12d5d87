"""Folders of pictures: what counts as one, sizes, what cannot be read; the same on both engines."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_cli_train import fails, run

import lenet
from lenet.runtime.data import DataError
from lenet.runtime.data.formats.pictures import pictures_below
from lenet.runtime.datasets import load_dataset

RNG = np.random.default_rng(2)
NET = "input 3x16x16\nreshape 768\nlinear 2\n"
TRAIN = "train\n  rate 0.003\n  batch 8\n  stop after 20 epochs\n"


def fill(folder: Path, count: int = 24, sizes: bool = False) -> Path:
    """Dark and light pictures, of one size or of many, of all kinds that people have."""
    for k in range(count):
        name = ("dark", "light")[k % 2]
        width, height = (10 + 3 * k, 40 - k) if sizes else (16, 16)
        shades = RNG.integers(0, 60, (height, width, 3), np.uint8) + np.uint8(190 * (k % 2))
        picture = Image.fromarray(shades)
        place = folder / name / ("more" if k % 3 == 0 else "")
        place.mkdir(parents=True, exist_ok=True)
        if k % 4 == 1:
            picture.putalpha(255)
        picture.save(place / f"{k}.{'jpg' if k % 4 == 0 else 'png'}")
    return folder


def hide(folder: Path) -> None:
    """What systems and notebooks put beside pictures."""
    for name in (".ipynb_checkpoints/1-checkpoint.png", "__MACOSX/._1.png", ".hidden/x.png"):
        for place in (folder, folder / "dark", folder / "dark" / "more"):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(b"no picture")
    (folder / "dark" / "._1.png").write_bytes(b"\0\5\x16\7")
    (folder / "dark" / "Thumbs.db").write_bytes(b"thumbs")
    (folder / "dark" / ".DS_Store").write_bytes(b"store")


def spec(folder: Path, section: str = "", net: str = NET) -> Path:
    path = folder / "net.lenet"
    path.write_text(f'{net}data images "data"\n  normalize\n  validate 4\n{section}{TRAIN}')
    return path


def test_hidden_files_and_folders_are_no_pictures(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data")
    before = pictures_below(folder)
    dataset = load_dataset("images", str(folder))
    hide(folder)
    assert pictures_below(folder) == before and len(before) == 24
    again = load_dataset("images", str(folder))
    assert again.classes == ("dark", "light")
    np.testing.assert_array_equal(again.train.pixels, dataset.train.pixels)


def test_a_class_folder_without_pictures_is_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data")
    (folder / "grey").mkdir()
    (folder / "grey" / "a.heic").write_bytes(b"x")
    with pytest.raises(DataError, match="class folder .*data/grey has no pictures") as caught:
        load_dataset("images", str(folder))
    assert "It has a.heic." in caught.value.detail and "remove the folder" in caught.value.fix


def test_pictures_of_many_sizes_need_a_line_that_says_how(tmp_path: Path) -> None:
    fill(tmp_path / "data", sizes=True)
    path = spec(tmp_path)
    with pytest.raises(DataError, match="row that cannot be used") as caught:
        lenet.train(path, engine="local")
    assert "pixels; the net takes 16x16" in caught.value.detail
    assert "`resize 16x16` in the data section" in caught.value.fix
    for mode in ("", " fit", " crop", " stretch"):
        model = lenet.train(spec(tmp_path, f"  resize 16x16{mode}\n"), engine="local")
        assert model.preparation().resize == (mode.strip() or "fit")
    model.save(tmp_path / "model.safetensors")
    kept = lenet.open(tmp_path / "model.safetensors")
    large = tmp_path / "large.png"
    Image.new("RGB", (300, 100), (20, 30, 40)).save(large)
    assert kept.predict(large).label(0) == "dark" and kept.observed == model.observed
    result = run("predict", tmp_path / "model.safetensors", large)
    assert result.exit_code == 0 and f"{large}  dark" in result.stdout


def test_a_vector_takes_pictures_of_a_size(tmp_path: Path) -> None:
    fill(tmp_path / "data", sizes=True)
    path = spec(tmp_path, "  resize 16x16\n", net="input 768\nlinear 2\n")
    model = lenet.train(path, engine="local")
    assert model.image_shape == (3, 16, 16) and model.history[-1]["validation"]["top1"] == 1.0
    Image.new("RGB", (30, 10), (20, 30, 40)).save(tmp_path / "x.png")
    assert model.predict(tmp_path / "x.png").label(0) == "dark"
    plain = spec(tmp_path, net="input 768\nlinear 2\n")
    with pytest.raises(DataError, match="row that cannot be used"):
        lenet.train(plain, engine="local")


def test_pictures_that_cannot_be_read_are_named_or_skipped(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data")
    (folder / "dark" / "bad.png").write_bytes(b"no picture")
    whole = (folder / "dark" / "more" / "0.jpg").read_bytes()
    (folder / "light" / "cut.jpg").write_bytes(whole[:99])
    with pytest.raises(DataError) as caught:
        lenet.train(spec(tmp_path), engine="local")
    assert f"{folder}/dark/bad.png: it is no picture" in caught.value.detail
    assert "BytesIO" not in str(caught.value) and "`skip unreadable`" in caught.value.fix
    events: list[dict[str, Any]] = []
    path = spec(tmp_path, "  skip unreadable\n")
    model = lenet.train(path, engine="local", watch=events.append)
    data = next(e for e in events if e["event"] == "data")
    assert (data["rows"], data["held_out"], data["left_out"]) == (20, 4, 2)
    (warning,) = [e for e in events if e["event"] == "warning"]
    assert warning["text"].startswith("2 pictures of data cannot be read and are left out; the ")
    assert "dark/bad.png" in warning["text"]
    for name in ("dark/bad.png", "light/cut.jpg"):
        (folder / name).unlink()
    assert lenet.train(spec(tmp_path), engine="local").digest == model.digest


def test_none_that_can_be_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "x.png").write_bytes(b"x")
    path = spec(tmp_path, "  skip unreadable\n")
    with pytest.raises(DataError, match="none of the 2 pictures of data can be read"):
        lenet.train(path, engine="local")


def test_invert_and_background_of_training_pictures(tmp_path: Path) -> None:
    for k in range(12):
        place = tmp_path / "data" / str(k % 2)
        place.mkdir(parents=True, exist_ok=True)
        ink = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
        ink.paste((0, 0, 0, 255), (4, 4, 8 + k % 2 * 4, 8))
        ink.save(place / f"{k}.png")
    net = "input 1x16x16\nreshape 256\nlinear 2\n"

    def borders(section: str) -> Any:
        path = spec(tmp_path, section, net)
        path.write_text(path.read_text().replace("  normalize\n", ""))
        model = lenet.train(path, engine="local")
        assert model.observed is not None
        return model.observed.borders

    assert borders("") == (1.0, 1.0)
    assert borders("  invert auto\n") == borders("  invert\n") == (0.0, 0.0)
    assert borders("  background black\n") == (0.0, 0.0)


@pytest.mark.spark
def test_both_engines_read_the_same(tmp_path: Path, spark: Any) -> None:
    """Hidden files, names that Spark itself would leave out, many sizes, some not readable."""
    folder = fill(tmp_path / "data", sizes=True)
    hide(folder)
    (folder / "dark" / "_under.png").write_bytes((folder / "light" / "1.png").read_bytes())
    (folder / "dark" / "bad.png").write_bytes(b"no picture")
    for section in ("  resize 16x16\n  skip unreadable\n", "  resize 16x16 crop\n"):
        path = spec(tmp_path, section)
        there: list[dict[str, Any]] = []
        here: list[dict[str, Any]] = []
        if "skip" not in section:
            messages = []
            for options in ({"spark": spark}, {"engine": "local"}):
                with pytest.raises(DataError) as caught:
                    lenet.train(path, **options)
                messages.append(str(caught.value))
            assert messages[0] == messages[1] and "dark/bad.png" in messages[0]
            continue
        cluster = lenet.train(path, spark=spark, watch=there.append)
        local = lenet.train(path, engine="local", watch=here.append)
        assert cluster.digest == local.digest and cluster.observed == local.observed
        kinds = ("data", "warning", "predictions")
        assert [e for e in there if e["event"] in kinds] == [e for e in here if e["event"] in kinds]
        assert here[0]["rows"] == 21 and here[0]["left_out"] == 1


@pytest.mark.spark
def test_every_way_of_predicting_reads_the_same(tmp_path: Path, spark: Any) -> None:
    """The command, Python, the Spark function, Spark ML and a stream, with the same bits."""
    from lenet.ml import LenetModel

    folder = fill(tmp_path / "data", sizes=True)
    model = lenet.train(spec(tmp_path, "  resize 16x16\n  background black\n"), engine="local")
    model.save(tmp_path / "model.safetensors")
    paths = pictures_below(folder)
    (folder / "light" / "zz.png").write_bytes(b"no picture")
    expected = model.predict([*paths]).probabilities
    frame = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(str(folder))
    function = lenet.udf(model, spark)
    found = frame.select("path", function("content").alias("p")).collect()
    answers = {row["path"].removeprefix("file:"): row["p"] for row in found}
    got = np.array([answers[str(path)]["probability"] for path in paths], np.float32)
    # A handful at a time may be predicted by other algorithms: all at once they are the same bits.
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    bad = answers[str(folder / "light" / "zz.png")]
    assert bad["prediction"] is None and bad["error"].endswith("a picture such as PNG")
    transformed = LenetModel(model).setFeaturesCol("content").transform(frame)
    rows = {r["path"].removeprefix("file:"): r["probability"] for r in transformed.collect()}
    np.testing.assert_array_equal(
        np.array([rows[str(path)].toArray() for path in paths], np.float32), got
    )
    stream = spark.readStream.format("binaryFile").schema(frame.schema).option(
        "recursiveFileLookup", "true").load(str(folder))  # fmt: skip
    query = (
        stream.select("path", function("content").alias("p")).writeStream.format("memory")
        .queryName("pictures").trigger(availableNow=True).start()
    )  # fmt: skip
    query.awaitTermination(120)
    streamed = {r["path"].removeprefix("file:"): r["p"] for r in spark.table("pictures").collect()}
    for path in paths:
        np.testing.assert_allclose(
            streamed[str(path)]["probability"], answers[str(path)]["probability"], rtol=1e-6
        )
    images = spark.read.format("image").load(f"{folder}/*")
    structs = images.select("image.origin", function("image").alias("p")).collect()
    assert len(structs) > 10
    for row in structs:
        if row["origin"].endswith(".png") and row["p"]["error"] is None:
            same = answers[row["origin"].removeprefix("file://")]
            np.testing.assert_allclose(row["p"]["probability"], same["probability"], rtol=1e-5)


# predict


def test_predict_goes_on_behind_a_bad_picture(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data")
    lenet.train(spec(tmp_path), engine="local", output=tmp_path / "run")
    model = tmp_path / "run" / "model.safetensors"
    hide(folder)
    (folder / "dark" / "bad.png").write_bytes(b"no picture")
    result = run("predict", model, folder, tmp_path / "none.png")
    assert result.exit_code == 1 and len(result.stdout.splitlines()) == 24
    assert "bad.png cannot be used" in result.stderr and "neither PNG nor JPEG" in result.stderr
    assert f"there is no file {tmp_path / 'none.png'}" in result.stderr
    import json

    result = run("predict", model, folder, tmp_path / "none.png", "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1 and len(rows) == 26
    bad = [row for row in rows if "error" in row]
    assert [Path(row["input"]).name for row in bad] == ["bad.png", "none.png"]
    assert all("class" in row for row in rows if "error" not in row)
    fails(run("predict", model, folder / "dark" / "bad.png"), "bad.png cannot be used")


def test_what_was_done_to_a_picture_is_said(tmp_path: Path) -> None:
    for k in range(12):
        place = tmp_path / "data" / str(k % 2)
        place.mkdir(parents=True, exist_ok=True)
        picture = Image.new("L", (16, 16), 0)
        picture.paste(255, (4, 4, 8 + k % 2 * 4, 8))
        picture.save(place / f"{k}.png")
    net = "input 1x16x16\nreshape 256\nlinear 2\n"
    lenet.train(spec(tmp_path, net=net), engine="local", output=tmp_path / "run")
    model, paper = tmp_path / "run" / "model.safetensors", tmp_path / "paper.png"
    with Image.open(tmp_path / "data" / "1" / "1.png") as picture:
        picture.point(lambda v: 255 - v).save(paper)
    result = run("predict", model, paper)
    assert f"{paper}  1" in result.stdout and "1 picture inverted" in result.stderr
    assert "--invert no" in result.stderr
    assert run("predict", model, paper, "--invert", "yes").stderr == ""
    assert run("predict", model, paper, "--invert", "no").stderr == ""
    fails(run("predict", model, paper, "--invert", "maybe"), "auto, yes or no", code=2)
    wide = tmp_path / "wide.png"
    Image.open(tmp_path / "data" / "1" / "1.png").resize((64, 32)).save(wide)
    fails(run("predict", model, wide), "64x32 pixels; the net takes 16x16", "--resize")
    assert run("predict", model, wide, "--resize").exit_code == 0


def test_evaluate_takes_the_classes_of_the_model(tmp_path: Path) -> None:
    """Other pictures may lack a class: numbers follow from the model's names, not from theirs."""
    folder = fill(tmp_path / "data")
    for name in ("a first", "between"):
        place = folder / name
        place.mkdir()
        for k in range(8):
            shade = 110 if name == "between" else 150
            Image.new("RGB", (16, 16), (shade, shade, 0)).save(place / f"{k}.png")
    path = spec(tmp_path, net="input 3x16x16\nreshape 768\nlinear 4\n")
    path.write_text(path.read_text().replace("20 epochs", "60 epochs"))
    model = lenet.train(path, engine="local", output=tmp_path / "run")
    assert model.classes == ("a first", "between", "dark", "light")
    first = tmp_path / "first"  # the first two classes alone
    for name in ("a first", "between"):
        (first / name).mkdir(parents=True)
        for k in range(8):
            (first / name / f"{k}.png").write_bytes((folder / name / f"{k}.png").read_bytes())
    result = run("evaluate", tmp_path / "run" / "model.safetensors", "--data", first)
    assert result.exit_code == 0 and re.search("top1 +100.00%", result.stdout), result.output
    other = fill(tmp_path / "other")
    result = run("evaluate", tmp_path / "run" / "model.safetensors", "--data", other)
    assert result.exit_code == 0 and re.search("top1 +100.00%", result.stdout)
    (other / "strange").mkdir()
    (other / "strange" / "x.png").write_bytes((other / "light" / "1.png").read_bytes())
    result = run("evaluate", tmp_path / "run" / "model.safetensors", "--data", other)
    assert result.exit_code == 1 and "the model has no class strange" in result.stderr


def test_labels_by_name_in_python(tmp_path: Path) -> None:
    dataset = load_dataset("images", str(fill(tmp_path / "data")))
    model = lenet.train(spec(tmp_path), engine="local")
    names = np.array(dataset.classes)[dataset.train.labels]
    by_name = model.evaluate(dataset.train.pixels, names)
    assert by_name == model.evaluate(dataset.train.pixels, dataset.train.labels)
    with pytest.raises(lenet.LenetError, match="no class cat"):
        model.evaluate(dataset.train.pixels, np.where(names == "dark", "cat", names))


def test_folders_that_are_taken_for_others(tmp_path: Path) -> None:
    """A class that is called val, or train."""
    folder = fill(tmp_path / "data")
    (folder / "light").rename(folder / "val")
    with pytest.raises(DataError, match="has a folder val, but no folder train") as caught:
        load_dataset("images", str(folder))
    assert "give it another name" in caught.value.fix
    Image.new("L", (4, 4)).save(tmp_path / "x.png")
    for name in ("car", "train"):
        (tmp_path / "vehicles" / name).mkdir(parents=True)
        (tmp_path / "vehicles" / name / "x.png").write_bytes((tmp_path / "x.png").read_bytes())
    with pytest.raises(DataError, match="train has no folders") as caught:
        load_dataset("images", str(tmp_path / "vehicles"))
    assert "train is taken for the pictures to train with" in caught.value.detail


def test_a_vector_tells_grey_from_colours(tmp_path: Path) -> None:
    fill(tmp_path / "data")
    grey = lenet.train(spec(tmp_path, net="input 256\nlinear 2\n"), engine="local")
    assert grey.image_shape == (1, 16, 16)
    broken = tmp_path / "data" / "dark" / "0.png"
    broken.write_bytes(b"no picture")
    path = spec(tmp_path, "  skip unreadable\n", net="input 256\nlinear 2\n")
    assert lenet.train(path, engine="local").image_shape == (1, 16, 16)
    plain = spec(tmp_path, net="input 256\nlinear 2\n")
    with pytest.raises(DataError) as caught:
        lenet.train(plain, engine="local")
    assert "`skip unreadable`" in caught.value.fix


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    import os

    folder = fill(tmp_path / "data")
    os.rename(folder / "light" / "1.png", os.fsencode(folder / "light") + b"/\xff.png")
    with pytest.raises(DataError, match="no UTF-8 text"):
        load_dataset("images", str(folder))
