"""Pictures as people have them: turned, transparent, dark on light, large, drawn, not readable."""

import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import lenet
from lenet.dsl.check import check_graph
from lenet.runtime.data.formats.drawing import is_cut_out
from lenet.runtime.data.preparation import (
    DRAWN,
    INVERTED,
    RESIZED,
    PictureError,
    Preparation,
    Prepared,
    SizeError,
    border_of,
    is_negative,
)
from lenet.runtime.datasets import load_dataset
from lenet.runtime.records.observed import Observed

CASES = Path(__file__).parent / "pictures"
COLOUR = Preparation((3, 32, 32))
DIGIT = Preparation((1, 28, 28), invert="auto", borders=(0.0, 0.0), drawn=20)


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def encoded(picture: Image.Image, kind: str = "png", **options: object) -> bytes:
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return data.getvalue()


# What a picture is


def test_a_picture_is_turned_as_its_camera_held_it() -> None:
    up, turned = (COLOUR.of_bytes(case(name)).pixels for name in ("up.jpg", "up_exif.jpg"))
    assert np.abs(up.astype(int) - turned).max() < 30  # two JPEGs of one picture
    assert np.abs(up.astype(int) - np.rot90(up, axes=(1, 2))).max() > 100
    for tag in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = tag
        size = (5, 3) if tag < 5 else (3, 5)
        data = encoded(Image.new("L", size), "jpeg", exif=exif.tobytes())
        assert Preparation((1, 3, 5)).of_bytes(data).pixels.shape == (1, 3, 5)


def test_transparency_lies_on_white() -> None:
    pixels = COLOUR.of_bytes(case("up_alpha.png")).pixels
    assert pixels[:, 0, 0].tolist() == [255] * 3 and pixels.min() < 60
    half = Image.new("RGBA", (1, 1), (0, 0, 0, 128))
    assert Preparation((1, 1, 1)).of_bytes(encoded(half)).pixels[0, 0, 0] == 127
    dark = Preparation((3, 32, 32), background="black").of_bytes(case("up_alpha.png")).pixels
    assert dark[:, 0, 0].tolist() == [0] * 3


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_white_ink_that_white_would_swallow_lies_on_black(mode: str) -> None:
    ink = Image.new("RGBA", (8, 8), (255, 255, 255, 0))
    ink.paste((250, 250, 250, 255), (2, 2, 6, 6))
    data = encoded(ink.convert(mode)) if mode != "P" else encoded(ink.quantize(4))
    pixels = Preparation((1, 8, 8)).of_bytes(data).pixels
    assert pixels[0, 0, 0] == 0 and pixels[0, 3, 3] > 240
    asked = Preparation((1, 8, 8), background="white").of_bytes(data).pixels
    assert asked.min() > 240


def test_a_palette_with_a_transparent_colour() -> None:
    picture = Image.new("P", (2, 1), 0)
    picture.putpalette([0, 0, 0, 10, 20, 30] + [0] * 762)
    picture.putpixel((1, 0), 1)
    pixels = Preparation((3, 1, 2)).of_bytes(encoded(picture, transparency=0)).pixels
    assert pixels[:, 0, 0].tolist() == [255] * 3 and pixels[:, 0, 1].tolist() == [10, 20, 30]


def test_bits_and_colours_of_all_kinds() -> None:
    deep = Image.fromarray(np.array([[0, 65535, 32768]], np.uint16))
    assert Preparation((1, 1, 3)).of_bytes(encoded(deep)).pixels.ravel().tolist() == [0, 255, 128]
    for mode in ("1", "L", "RGB", "CMYK", "YCbCr", "P"):
        data = encoded(Image.new(mode, (3, 2)), "tiff")
        assert Preparation((3, 2, 3)).of_bytes(data).pixels.shape == (3, 2, 3)
    wide = Image.new("F", (3, 2))
    with pytest.raises(PictureError, match="32 bits"):
        Preparation((1, 2, 3)).of_bytes(encoded(wide, "tiff"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"hello", "neither PNG nor JPEG"),
        (encoded(Image.new("L", (50, 50), 3))[:60], "truncated"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "no picture"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "no picture"),
        (b"GIF89a" + b"\0" * 50, "no picture"),
        (b"RIFF\0\0\0\0WEBP" + b"\0" * 50, "no picture"),
        (b"II*\0" + b"\xff" * 50, "no picture"),
    ],
)
def test_what_is_no_picture_says_so(data: bytes, words: str) -> None:
    with pytest.raises(PictureError, match=words) as caught:
        COLOUR.of_bytes(data)
    assert "BytesIO" not in str(caught.value) and "object at" not in str(caught.value)


def test_sparks_images_are_the_same_pictures() -> None:
    import pyarrow as pa

    from lenet.runtime.data.values import Form, values_of

    with Image.open(CASES / "up_alpha.png") as file:
        rgba = np.asarray(file)
    struct = {"height": 32, "width": 32, "nChannels": 4,
              "data": np.ascontiguousarray(rgba[:, :, [2, 1, 0, 3]]).tobytes()}  # fmt: skip
    form = Form("struct", (3, 32, 32), (0, 0), "uint8")
    (value,) = values_of(pa.array([struct]), form)
    np.testing.assert_array_equal(value.image, COLOUR.of_bytes(case("up_alpha.png")).pixels)
    for change in ({"data": b"123"}, {"height": None}, {"height": 0, "data": b""}):
        (bad,) = values_of(pa.array([{**struct, **change}]), form)
        assert bad.image is None and bad.problem == "it is no image of Spark's that can be read"


def test_a_picture_as_long_as_the_images_pixels_is_a_picture() -> None:
    import pyarrow as pa

    from lenet.runtime.data.values import Form, values_of

    drawn = Image.fromarray(np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8))
    data = encoded(drawn)
    size = len(data) + 40
    data += b"\0" * 40
    form = Form("bytes", (1, 1, size), (0, 0), "uint8", preparation=Preparation((1, 28, 28)))
    plain = bytes(range(256)) * (size // 256) + bytes(size % 256)
    picture, pixels = values_of(pa.array([data, plain]), form)
    assert picture.picture and picture.image is not None and picture.image.shape == (1, 28, 28)
    assert not pixels.picture and pixels.image is not None
    assert pixels.image.tobytes() == plain


# Sizes


def test_other_sizes_are_refused_or_brought_to_it() -> None:
    picture = Image.new("RGB", (60, 30), (200, 100, 50))
    picture.paste((0, 0, 0), (0, 0, 15, 30))
    data = encoded(picture)
    with pytest.raises(SizeError, match="has 60x30 pixels; the net takes 32x32"):
        COLOUR.of_bytes(data)

    def resized(mode: str, background: str = "") -> Prepared:
        return Preparation((3, 32, 32), mode, background).of_bytes(data)

    fit, crop, stretch = (resized(mode).pixels for mode in ("fit", "crop", "stretch"))
    assert all(resized(mode).done == (RESIZED,) for mode in ("fit", "crop", "stretch"))
    assert fit[:, 0, 16].tolist() == [255] * 3 and fit[:, 16, 16].tolist() == [200, 100, 50]
    assert resized("fit", "black").pixels[:, 0, 16].tolist() == [0] * 3
    assert (crop[:, :, 1] == [[200], [100], [50]]).all()  # the dark quarter is cut off
    for size in ((3000, 1), (1, 3000), (3000, 40)):  # what is very wide is still to be seen
        thin = Preparation((1, 16, 16), "fit").of_array(np.zeros((size[1], size[0], 1), np.uint8))
        assert (thin.pixels == 0).any() and (thin.pixels == 255).any()
    assert stretch[:, 0, 0].tolist() == [0] * 3 and stretch[:, 0, 31].tolist() == [200, 100, 50]


def test_what_is_made_small_is_smoothed() -> None:
    """Every second column is white: without antialiasing, some would win."""
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    small = Preparation((1, 8, 8), "stretch").of_array(stripes[:, :, None]).pixels
    assert abs(int(small.min()) - 128) < 12 and abs(int(small.max()) - 128) < 12


# Dark and light


def test_borders() -> None:
    values = np.full((9, 9), 30, np.uint8)
    values[3:6, 3:6] = 250
    values[0, :4] = 250
    assert border_of(values) == 30
    assert is_negative(1.0, (0.0, 0.0)) and is_negative(0.8, (0.0, 0.1))
    assert not is_negative(0.0, (0.0, 0.0)) and not is_negative(0.6, (0.0, 0.0))
    assert is_negative(0.0, (0.9, 1.0)) and not is_negative(1.0, (0.05, 0.95))


def test_invert() -> None:
    paper = np.full((8, 8, 1), 250, np.uint8)
    paper[3:5, 3:5] = 10
    usual = Preparation((1, 8, 8), invert="auto", borders=(0.0, 0.02))
    found = usual.of_array(paper)
    assert found.done == (INVERTED,) and found.pixels[0, 0, 0] == 5
    assert usual.of_array(255 - paper).done == ()
    left = Preparation((1, 8, 8), invert="no", borders=(0.0, 0.02)).of_array(paper)
    assert left.done == () and left.pixels[0, 0, 0] == 250
    assert Preparation((1, 8, 8), invert="yes").of_array(255 - paper).pixels[0, 0, 0] == 250
    # What is put around a picture is inverted with it.
    wide = np.full((20, 40, 1), 255, np.uint8)
    wide[9:11] = 0
    fitted = Preparation((1, 16, 16), "fit", invert="auto").of_array(wide).pixels[0]
    assert not fitted[0].any() and not fitted[-1].any() and fitted.max() > 60
    # Without a model, as for training images: all shall be light on dark.
    assert Preparation((1, 8, 8), invert="auto").of_array(paper).done == (INVERTED,)


# Drawings


def test_a_drawing_is_cut_out_as_the_digits_of_mnist_were() -> None:
    page = Image.new("L", (400, 300), 255)
    ImageDraw.Draw(page).line([(220, 60), (220, 200)], fill=0, width=18)
    found = DIGIT.of_bytes(encoded(page))
    assert found.done == (DRAWN, INVERTED)
    pixels = found.pixels[0].astype(float)
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    assert len(rows) == 20 and 2 <= len(columns) <= 4 and pixels.max() == 255
    for axis in (0, 1):
        middle = (pixels.sum(axis=1 - axis) * (np.arange(28) + 0.5)).sum() / pixels.sum()
        assert abs(middle - 14) <= 0.5


def test_a_thin_pen_does_not_get_lost() -> None:
    page = Image.new("L", (1000, 1000), 230)
    draw = ImageDraw.Draw(page)
    draw.line([(300, 200), (700, 200), (450, 800)], fill=40, width=4)
    pixels = DIGIT.of_bytes(encoded(page)).pixels[0]
    assert (pixels > 128).sum(axis=1)[pixels.any(axis=1)].min() >= 1
    assert (pixels > 100).sum() > 40


def test_shadows_grain_and_the_tables_edge_are_no_ink() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:600, :800]
    page = 200 - 80 * (x / 800) - 40 * (y / 600) + rng.normal(0, 5, (600, 800))
    page[:, :60] = 30  # a dark table beside the page
    page[200:400, 380:400] = 50
    pixels = DIGIT.of_array(np.clip(page, 0, 255).astype(np.uint8)[:, :, None]).pixels[0]
    assert pixels[:, 13:15].max() == 255 and not pixels[:, :9].any() and not pixels[:, 19:].any()


def test_a_page_with_nothing_on_it() -> None:
    rng = np.random.default_rng(0)
    for page in (np.full((300, 300), 255.0), 128 + rng.normal(0, 2, (300, 300))):
        with pytest.raises(PictureError, match="nothing drawn"):
            DIGIT.of_array(page.astype(np.uint8)[:, :, None])


def test_digits_like_the_training_images_are_left_as_they_are() -> None:
    for name in ("mnistlike_3.png", "mnistlike_4.png"):
        found = DIGIT.of_bytes(case(name))
        assert found.done == ()
        with Image.open(CASES / name) as file:
            np.testing.assert_array_equal(found.pixels[0], np.asarray(file))
    with Image.open(CASES / "mnistlike_3.png") as file:
        beside = np.roll(np.asarray(file), 8, axis=1)  # of the right size, at another place
    assert DIGIT.of_bytes(encoded(Image.fromarray(beside))).done == (DRAWN,)


def test_all_digits_of_mnist_are_left_as_they_are(data_folder: Path) -> None:
    digits = load_dataset("mnist", folder=data_folder).test
    assert digits is not None
    assert all(is_cut_out(image[0], 20) for image in digits.pixels[:2000])


def page() -> np.ndarray:
    """A light page of 300x300 with a dark vertical stroke."""
    values = np.full((300, 300, 1), 235, np.uint8)
    values[60:240, 140:160] = 30
    return values


def middle_of(pixels: np.ndarray) -> tuple[float, float]:
    weights = pixels.astype(float)
    return tuple(
        float((weights.sum(axis=1 - axis) * (np.arange(28) + 0.5)).sum() / weights.sum())
        for axis in (0, 1)
    )


@pytest.mark.parametrize("what", ["desk", "rules", "squares", "frame", "speck", "edge"])
def test_what_is_no_ink(what: str) -> None:
    """A sheet on a dark desk, ruled and squared paper, a box around, dirt; a stroke at the edge."""
    alone = DIGIT.of_array(page()).pixels
    values = page()
    if what == "desk":
        values = np.pad(values, ((60, 60), (80, 80), (0, 0)), constant_values=60)
    elif what in ("rules", "squares"):
        values[10::30], values[11::30] = np.minimum(values[10::30], 120), values[11::30]
        if what == "squares":
            values[:, 5::30] = np.minimum(values[:, 5::30], 120)
    elif what == "frame":
        values[4:6, 4:296] = values[294:296, 4:296] = 40
        values[4:296, 4:6] = values[4:296, 294:296] = 40
    elif what == "speck":
        values[20:24, 20:24] = 30
    else:
        values = values[:240]  # it touches the lower edge
        values[20:26, 20:26] = 30
    pixels = DIGIT.of_array(np.ascontiguousarray(values)).pixels
    assert np.abs(pixels.astype(int) - alone).mean() < 6
    assert middle_of(pixels[0]) == pytest.approx(middle_of(alone[0]), abs=1)


def test_several_drawings_and_many_spots_are_refused() -> None:
    two = np.concatenate([page(), page()], axis=1)
    with pytest.raises(PictureError, match="several drawings"):
        DIGIT.of_array(two)
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 1)).astype(np.uint8)
    with pytest.raises(PictureError, match="no single drawing"):
        DIGIT.of_array(noise)
    with pytest.raises(PictureError, match="nothing drawn"):
        DIGIT.of_array(np.zeros((28, 28, 1), np.uint8))


@pytest.fixture(scope="module")
def lenet5(data_folder: Path) -> lenet.Model:
    spec = Path(__file__).parents[3] / "specs" / "lenet5.lenet"
    return lenet.train(spec, data_folder, engine="local")


def test_all_digits_of_the_cases_come_out_right(lenet5: lenet.Model) -> None:
    """On paper, photographed, with ink on transparency; the number in the name is the digit."""
    names = [p.name for p in sorted(CASES.iterdir()) if not p.name.startswith("up")]
    assert len(names) == 9
    for name in names:
        assert lenet5.predict(CASES / name).label(0) == name.split("_")[1][0], name
    # The same picture: turned, with a tag that says so; on transparency.
    same = [lenet5.predict(CASES / f"up{kind}") for kind in (".jpg", "_exif.jpg", "_alpha.png")]
    assert len({prediction.label(0) for prediction in same}) == 1
    for prediction in same:
        np.testing.assert_allclose(prediction.probabilities, same[0].probabilities, atol=0.01)


@pytest.mark.large
def test_digits_that_are_photographed_and_drawn(lenet5: lenet.Model, data_folder: Path) -> None:
    """Test digits as dark ink on a page of another size and light; most come out as before."""
    digits = load_dataset("mnist", folder=data_folder).test
    assert digits is not None
    rng = np.random.default_rng(1)
    preparation = lenet5.preparation()
    right = 0
    for k in range(100):
        size = 28 * int(rng.integers(5, 12))
        ink = Image.fromarray(digits.pixels[k, 0]).resize((size, size), Image.Resampling.BICUBIC)
        page = np.zeros((size + 200, size + 300))
        page[100 : 100 + size, 40 : 40 + size] = np.asarray(ink) / 255
        light = rng.uniform(160, 230) + 60 * np.linspace(-0.5, 0.5, page.shape[1])
        values = light * (1 - 0.75 * page) + rng.normal(0, 4, page.shape)
        photo = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
        pixels = preparation.of_bytes(encoded(photo, "jpeg", quality=85)).pixels
        right += int(lenet5.predict(pixels).classes[0]) == digits.labels[k]
    assert right >= 93


# What a model knows


def test_what_a_model_does_with_pictures(tmp_path: Path) -> None:
    def model(data: str, observed: Observed | None, scale: float = 1 / 255) -> lenet.Model:
        text = f"input 1x8x8\nreshape 64\nlinear 10\n{data}\n"
        return lenet.Model(text, {}, tuple("0123456789"), scale, (0.0,), (1.0,), observed=observed)

    dark = Observed((1, 8, 8), 0, 1, (0.0, 0.02))
    usual = model("data digits", dark).preparation()
    assert usual == Preparation((1, 8, 8), None, "", "auto", (0.0, 0.02))
    assert model("data digits", None).preparation().invert == "no"  # nothing to compare with
    assert model("data digits", dark).preparation("no").invert == "no"
    fitted = model("data digits", dark).preparation(fit=True)
    assert fitted.resize == "fit" and fitted.background == pytest.approx(0.01)
    photos = Observed((1, 8, 8), 0, 1, (0.1, 0.9))
    assert model("data digits", photos).preparation(fit=True).background == ""
    section = 'data images "x"\n  resize 8x8 crop\n  background black\n  invert yes'
    kept = model(section, dark).preparation()
    assert kept == Preparation((1, 8, 8), "crop", "black", "yes")
    assert model("data digits", dark).of_pictures(np.array([255], np.uint8)).dtype == np.uint8
    floats = model("data digits", dark, 1 / 16).of_pictures(np.array([255], np.uint8))
    assert floats.dtype == np.float32 and floats[0] == 1
    for least, most in ((0.0, 255.0), (-1.0, 1.0), (0.0, 16.0), (-0.42, 2.8)):
        wide = model("data frame", Observed((1, 8, 8), least, most, None), 1.0)
        ends = wide.of_pictures(np.array([0, 255], np.uint8))
        np.testing.assert_allclose(ends, [least, most], rtol=1e-6)
    assert wide.most_expected == math.inf and model("data digits", dark).most_expected == 10


def test_a_part_around_the_middle_as_others_resize_and_cut() -> None:
    """Resized to 64 and cut to 56, as torchvision has it, up to what interpolation makes of it."""
    rng = np.random.default_rng(1)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 12, 3), np.uint8))
    picture = coarse.resize((180, 120), Image.Resampling.BICUBIC)
    section = check_graph(
        'input 3x56x56\nflatten\nlinear 2\ndata images "x"\n  resize 56x56 crop 0.875\n', "net"
    ).data
    assert section is not None and (section.resize_mode, section.resize_part) == ("crop", 0.875)
    found = Preparation.of(section, (3, 56, 56)).of_picture(picture).pixels.transpose(1, 2, 0)
    wanted = picture.resize((96, 64), Image.Resampling.BILINEAR).crop((20, 4, 76, 60))
    assert np.abs(found.astype(int) - np.asarray(wanted)).max() <= 6
    same = picture.crop((0, 0, 56, 56))
    plain = Preparation((3, 56, 56), "crop").of_picture(same).pixels
    part = Preparation((3, 56, 56), "crop", part=0.5).of_picture(same).pixels
    np.testing.assert_array_equal(plain.transpose(1, 2, 0), np.asarray(same))
    assert (part != plain).any()
