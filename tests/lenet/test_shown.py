"""What values look like at a prompt and in a notebook."""

import copy
import pickle
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lenet
from lenet.pages.curves import chart
from lenet.runtime.data.dataset import Dataset, Images
from lenet.runtime.models.prediction import MOST_KEPT, Predicted, Prediction

TEXT = """\
input 1x8x8
reshape 64
linear 10
logsoftmax
data digits
train
  loss nll
  rate 0.1
  stop after 3 epochs
"""
EVIL = '<script>alert("&")</script>'


class Page(HTMLParser):
    """Its tags, its pictures, and whether all that is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.pictures: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return lenet.datasets.load("digits")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("shown") / "plain.lenet"
    path.write_text(TEXT)
    return lenet.train(path, engine="local")


@pytest.fixture(scope="module")
def prediction(model: Any, digits: Dataset) -> Prediction:
    assert digits.test is not None
    return model.predict(digits.test.pixels)


# At a prompt.


def test_each_value_is_a_line(model: Any, digits: Dataset, prediction: Prediction) -> None:
    top1 = model.history[-1]["validation"]["top1"]
    expected = {
        "<Model plain: 650 parameters, 1x8x8 -> 10 classes, "
        f"top1 {top1:.2%} after 3 epochs>": model,
        "<Network spec: 650 parameters, 1x8x8 -> 10, 3 layers>": lenet.load(TEXT),
        "<Dataset digits: 1,437 images to train with, 360 to test, 1x8x8, 10 classes>": digits,
        "<Images: 1,437 of 1x8x8, uint8, labels 0 to 9>": digits.train,
        "<Dataset digits: 1,437 images to train with, none to test, 1x8x8, 10 classes>": replace(
            digits, test=None
        ),
        "<Images: 0 of 1x8x8, uint8>": digits.train.take(np.arange(0)),
    }
    for text, value in expected.items():
        assert repr(value) == str(value) == text
    assert re.fullmatch(
        r"<Prediction of 360 images, 10 classes: ('\d' [\d.]+%, ){3}…>", repr(prediction)
    )
    assert repr(prediction[:1]).startswith("<Prediction of 1 image, 10 classes: '")
    assert re.fullmatch(r"<Predicted (\d): '\1' [\d.]+%>", repr(prediction[0]))


def test_lines_stay_short(model: Any, prediction: Prediction) -> None:
    long = "x" * 5000
    labels = (long,) * 10
    for value in (
        replace(model, name="a\nb" + long, history=({"loss": "y" * 1000},)),
        replace(prediction, labels=labels),
        replace(prediction, labels=labels)[0],
        replace(lenet.load(TEXT), path=Path(long)),
    ):  # fmt: skip
        assert len(repr(value)) < 250 and "\n" not in repr(value)
    big = lenet.load(Path(lenet.__file__).parents[1] / "specs" / "resnet20.lenet")
    assert len(repr(big)) < 120


@pytest.mark.parametrize(
    "history, end",
    [
        ((), "classes>"),
        (({"epoch": 1, "loss": 0.5, "validation": {}},), "training loss 0.5000 after 1 epoch>"),
        (({"epoch": 1200, "loss": 0.5, "validation": {"top1": 0.5}},),
         "top1 50.00% after 1,200 epochs>"),
        (({"epoch": 2},), "after 2 epochs>"),
        (({"epoch": "many", "validation": 3},), "classes>"),
    ],
)  # fmt: skip
def test_how_well_a_model_did(model: Any, history: Any, end: str) -> None:
    assert repr(replace(model, history=history)).endswith(end)


def test_a_model_whose_spec_is_unreadable_can_be_looked_at(model: Any) -> None:
    broken = replace(model, source=f"input 8\n{EVIL}\n")
    assert repr(broken) == "<Model plain: the model's spec has 1 error>"
    assert EVIL not in broken._repr_html_()


def test_a_models_name_is_kept(model: Any, tmp_path: Path) -> None:
    model.save(tmp_path / "other.safetensors")
    assert lenet.open(tmp_path / "other.safetensors").name == "plain"
    assert repr(lenet.open(tmp_path / "other.safetensors")) == repr(model)


# A prediction as a sequence.


def test_a_prediction_is_a_sequence(model: Any, digits: Dataset, prediction: Prediction) -> None:
    assert len(prediction) == 360 and len(list(prediction)) == 360
    for k, found in enumerate(prediction):
        assert found.number == prediction.classes[k] and found.label == prediction.label(k)
        assert found.probability == max(found.probabilities) == found.probabilities[found.number]
        assert np.array_equal(np.float32(found.probabilities), prediction.probabilities[k])
    assert prediction[-1] == prediction[359] == prediction[np.int64(359)]
    assert type(prediction[0].number) is int and type(prediction[0].probability) is float
    assert hash(prediction[0]) == hash(copy.deepcopy(prediction[0]))
    with pytest.raises(FrozenInstanceError):
        prediction[0].number = 3  # type: ignore[misc]
    for k in (360, -361):
        with pytest.raises(IndexError, match="the prediction is of 360"):
            prediction[k]
    with pytest.raises(lenet.LenetError, match="has no image 'a'"):
        prediction["a"]  # type: ignore[call-overload]
    assert digits.test is not None
    assert len(model.predict(digits.test.pixels[0])) == 1


def test_equal_predictions(model: Any, digits: Dataset, prediction: Prediction) -> None:
    assert digits.test is not None
    again = model.predict(digits.test.pixels)
    assert again == prediction and replace(again, kept=None) == prediction
    assert again != prediction[:10] and prediction != 3
    assert again != replace(prediction, labels=tuple("abcdefghij"))
    assert pickle.loads(pickle.dumps(again)) == again
    with pytest.raises(TypeError):
        hash(again)


def test_few_images_are_kept(model: Any, digits: Dataset) -> None:
    assert digits.test is not None
    images = digits.test.pixels.copy()
    found = model.predict(images)
    images[:] = 0
    assert found.kept is not None and len(found.kept.pixels) == MOST_KEPT
    assert found.kept.pixels.base is None or found.kept.pixels.base.nbytes == MOST_KEPT * 64
    assert np.array_equal(found.kept.pixels, digits.test.pixels[:MOST_KEPT])
    assert "kept" not in repr(found)


@given(st.slices(60))
@settings(max_examples=60, deadline=None)
def test_a_part_shows_its_own_images(chosen: slice) -> None:
    count = 60
    images = np.arange(count, dtype=np.uint8)[:, None]
    whole = Prediction(np.zeros(count, int), np.ones((count, 1), np.float32), ("a",))
    from lenet.runtime.models.prediction import kept

    whole = replace(whole, kept=kept(images, count, ((1,),), 1.0))
    part = whole[chosen]
    assert part.kept is not None
    shown = part.kept.pixels[:, 0].tolist()
    assert shown == list(range(count))[chosen][: len(shown)]
    assert len(part) == len(range(count)[chosen])


def test_images_in_any_form_are_kept(model: Any, digits: Dataset) -> None:
    assert digits.test is not None
    one = digits.test.pixels[:1]
    for images in (one, one[0], one[0, 0], one.reshape(1, 64), one[:, 0]):
        found = model.predict(images)
        assert found.kept is not None and np.array_equal(found.kept.pixels, one)
        assert found.kept.scale == 1 / 16
    found = model.predict(one / 16)
    assert found.kept is not None and found.kept.scale == 1
    assert len(model.predict(digits.test.pixels[:0])) == 0


# In a notebook.


def test_a_networks_page() -> None:
    network = lenet.load(TEXT)
    page = Page(network._repr_html_())
    assert "spec: 650 parameters, 1x8x8 → 10" in page.text
    assert "table" in page.tags and "reshape" in page.text and "One thread needs" in page.text
    assert [p.partition(";")[0] for p in page.pictures] == ["data:image/svg+xml"]
    assert "style" not in page.tags, "a style sheet would reach the whole notebook"
    warned = lenet.load("let unused = 1\n" + TEXT)
    assert "1 warnings" not in Page(network._repr_html_()).text
    assert "unused" in Page(warned._repr_html_()).text


def test_a_models_page(model: Any) -> None:
    html = model._repr_html_()
    page = Page(html)
    assert "plain: 650 parameters, 1x8x8 → 10 classes, top1" in page.text
    assert page.tags.count("svg") == 2 and page.tags.count("details") == 3
    charts = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html)]
    for svg, title, words in zip(
        charts,
        ("loss by epoch", "validation by epoch"),
        (("training", "loss", "epoch"), ("top1", "%", "epoch")),
        strict=True,
    ):
        text = [element.text or "" for element in svg.iter() if element.tag.endswith("text")]
        assert title in text and all(any(word in part for part in text) for word in words)
        assert "currentColor" in ElementTree.tostring(svg, encoding="unicode")
    assert Page(replace(model, history=())._repr_html_()).tags.count("svg") == 0


def test_a_predictions_page(prediction: Prediction) -> None:
    page = Page(prediction._repr_html_() or "")
    assert len(page.pictures) == 24 and len(set(page.pictures)) > 20
    assert all(p.startswith("data:image/png;base64,") for p in page.pictures)
    assert "360 images, 10 classes, the first 24" in page.text
    assert page.text.count("%") == 24
    assert len(Page(prediction[:3]._repr_html_() or "").pictures) == 3
    assert Page(prediction[30:]._repr_html_() or "").pictures == []
    assert "0 images" in Page(prediction[:0]._repr_html_() or "").text


def test_pictures_of_predictions() -> None:
    from lenet.pages.gallery import _pictures
    from lenet.runtime.models.prediction import Kept

    rows = np.array([0, 8, 16], np.uint8).reshape(1, 1, 1, 3)
    assert _pictures(Kept(rows, 1 / 16))[0].tolist() == [[0, 128, 255]]
    values = np.array([-1, 0, 1], np.float32).reshape(1, 1, 1, 3)
    assert _pictures(Kept(values, 1.0))[0].tolist() == [[0, 128, 255]]
    assert _pictures(Kept(np.full((1, 3, 4, 5), np.nan, np.float32), 1.0))[0].shape == (4, 5, 3)
    assert _pictures(Kept(np.zeros((1, 2, 4, 5), np.uint8), 1.0)) == []
    assert _pictures(Kept(np.zeros((2, 9), np.uint8), 1.0)) == []


def test_what_comes_from_files_is_text(model: Any, prediction: Prediction, tmp_path: Path) -> None:
    evil = replace(
        model,
        name=EVIL,
        source=model.source + f"# {EVIL}\n",
        classes=(EVIL,) * 10,
        history=(
            {"epoch": 1, "iteration": 9, "loss": 1.0, "validation": {EVIL: 0.5, "</svg>": 0.1}},
        ),
    )
    evil.save(tmp_path / "model.safetensors")
    network = replace(lenet.load(f"{TEXT}# {EVIL}\n"), path=tmp_path / f"{EVIL.replace('/', '')}.x")
    named = replace(prediction, labels=(EVIL,) * 10)
    for value in (lenet.open(tmp_path / "model.safetensors"), named, network):
        html = value._repr_html_()
        assert "script" not in Page(html).tags
        assert "script" in Page(html).text.replace("</", "<")


# Curves.


def test_curves_of_odd_histories() -> None:
    def event(epoch: Any, loss: Any, **validation: Any) -> dict[str, Any]:
        return {"epoch": epoch, "loss": loss, "validation": validation}

    one = chart("loss", [event(1, 2.5)])
    assert "circle" in one and '<path d="M58' in one
    nothing = [event(1, float("nan")), event(2, None), event(None, 1.0), {}, {"validation": 3}]
    assert chart("loss", nothing) == chart("validation", nothing) == ""
    long = chart("loss", [event(k, 1 / k) for k in range(1, 5001)])
    assert len(long) < 12_000 and "5000" in long
    sparse = [event(k, 1.0, **({"top1": 0.9} if k % 5 == 0 else {})) for k in range(1, 11)]
    assert "top1 90%" in chart("validation", sparse)


number = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**6), 10**6)


@given(st.lists(st.tuples(st.integers(1, 10**6), number, number), max_size=8))
@settings(max_examples=150, deadline=None)
def test_curves_stay_in_their_frame(history: list[tuple[int, float, float]]) -> None:
    events = [{"epoch": e, "loss": a, "validation": {"top1": b}} for e, a, b in history]
    for kind in ("loss", "validation"):
        svg = chart(kind, events)
        assert "nan" not in svg and "inf" not in svg
        if svg:
            ElementTree.fromstring(svg)
            for x, y in re.findall(r'<circle cx="([^"]*)" cy="([^"]*)"', svg):
                assert 0 <= float(x) <= 420 and 0 <= float(y) <= 240


# Who renders.


def test_pages_are_loaded_when_a_notebook_asks() -> None:
    code = """
import sys, numpy as np
from lenet.runtime.models.prediction import Prediction
p = Prediction(np.zeros(1, int), np.ones((1, 1), np.float32), ("a",))
print("lenet.pages.pages" in sys.modules)
print("<div" in p._repr_html_())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\nTrue\n", done.stderr


def test_predicted_is_public_by_its_values() -> None:
    assert Predicted(1, "b", 0.5, (0.5, 0.5)) == Predicted(1, "b", 0.5, (0.5, 0.5))
    assert Images is lenet.Images
