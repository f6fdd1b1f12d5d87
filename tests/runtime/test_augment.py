"""Augmented images: what may happen to them, and that it is the same everywhere."""

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_training import SMALL

import lenet
from lenet.dsl.augmentations import AUGMENTATIONS, CHANCE
from lenet.dsl.check import check, check_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.sections.augment import Augment
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations import augmented
from lenet.runtime.augmentations.draws import bits, first_draw, uniforms
from lenet.runtime.training import batches
from reference.augmentations import AUGMENTATIONS as MEANT
from reference.augmented_places import PLACES, grid, places_of, projection, rulers
from reference.mixtures import MIXTURES

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(1, 256, (50, 2, 6, 7), np.uint8)
ROWS = np.arange(50)
KEY = np.uint64(99)


def uses(**given: object) -> Augment:
    """What happens to an image, word by word, each with its one value."""
    return Augment(
        tuple(
            AUGMENTATIONS[word].use(**({value: True} if word == "flip" else {word: value}))
            for word, value in given.items()
        )  # type: ignore[misc]
    )


def changed(augment: Augment, rows: np.ndarray = ROWS, key: np.uint64 = KEY) -> np.ndarray:
    return augmented(PIXELS, rows, augment, key)


def test_nothing_to_do_is_nothing() -> None:
    np.testing.assert_array_equal(changed(Augment()), PIXELS)


def test_an_image_is_changed_alike_wherever_it_is() -> None:
    augment = uses(rotate=20.0, scale=(0.8, 1.2), shift=(1, 2), flip="horizontal")
    together = changed(augment)
    some = np.array([7, 3, 31])
    np.testing.assert_array_equal(changed(augment, some), together[some])
    assert not np.array_equal(changed(augment, key=np.uint64(5)), together)


def test_each_augmentation_has_a_reference() -> None:
    assert set(MEANT) | set(PLACES) | set(MIXTURES) == set(AUGMENTATIONS)


ALL: dict[str, tuple[Any, list[dict[str, Any]]]] = {**PLACES, **MEANT}
TRIED = [(name, values) for name, (_, uses) in MEANT.items() for values in uses]


def told(use: Use, check: Callable[..., None]) -> dict[str, Any]:
    """What of its values a check takes."""
    return {name: value for name, value in use.values if name in signature(check).parameters}


@pytest.mark.parametrize(("name", "values"), TRIED)
def test_images_become_what_they_may(name: str, values: dict[str, Any]) -> None:
    channels = 3 if AUGMENTATIONS[name].of_colours else 2
    images = RNG.integers(1, 256, (60, channels, 7, 7), np.uint8)
    use = AUGMENTATIONS[name].use(**values)
    found = augmented(images, np.arange(60), Augment((use,)), KEY)
    MEANT[name][0](images, found, **told(use, MEANT[name][0]))
    floats = augmented(images.astype(np.float32), np.arange(60), Augment((use,)), KEY)
    np.testing.assert_allclose(np.clip(floats, 0, 255), found, atol=0.51)


MOVED = [(name, values) for name, (_, uses) in PLACES.items() for values in uses]


def moved(*uses: Use) -> np.ndarray:
    """Where each place of many results came from."""
    images = np.tile(rulers(41, 37), (60, 1, 1, 1))
    return places_of(augmented(images, np.arange(60), Augment(uses), KEY, 1.0))


@pytest.mark.parametrize(("name", "values"), MOVED)
def test_places_move_as_they_may(name: str, values: dict[str, Any]) -> None:
    use = AUGMENTATIONS[name].use(**values)
    PLACES[name][0](moved(use), **told(use, PLACES[name][0]))


def test_all_that_moves_an_image_is_one_map() -> None:
    """Its stages one after the other, whatever the order of the lines."""
    words = AUGMENTATIONS
    uses = [
        words["perspective"].use(perspective=0.3),
        words["shear"].use(shear=10.0, vertical=5.0),
        words["rotate"].use(rotate=20.0),
        words["shift"].use(shift=(2, 3)),
        words["crop"].use(random=(0.5, 0.9)),
    ]
    alone = [[projection(place) for place in moved(use)] for use in uses]
    for lines in (uses, uses[::-1]):
        together = [projection(place) for place in moved(*lines)]
        for matrix, steps in zip(together, zip(*alone, strict=True), strict=True):
            expected = np.linalg.multi_dot(steps)
            np.testing.assert_allclose(matrix, expected / expected[2, 2], atol=0.02)
    bent = words["elastic"].use(alpha=10.0, sigma=3.0)
    field = moved(bent) - grid(moved(bent))
    found = moved(words["flip"].use(horizontal=True, chance=1.0), bent)
    expected = grid(found) + field
    expected[:, 1] = 36 - expected[:, 1]
    inside = ~(np.isnan(found) | np.isnan(expected))
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-3)
    assert inside.mean() > 0.8


def test_chosen_operations() -> None:
    """So many of them, none twice; their lines draw other numbers than they do."""
    images = RNG.integers(1, 256, (400, 3, 18, 17), np.uint8)
    words, rows = AUGMENTATIONS, np.arange(400)

    def found(*uses: Use) -> np.ndarray:
        return augmented(images, rows, Augment(uses), KEY)

    def auto(count: int, magnitude: float = 20.0) -> Use:
        return words["auto"].use(auto=count, magnitude=magnitude)

    still = [(found(auto(n)) == images).all(axis=(1, 2, 3)).mean() for n in (1, 2, 14)]
    assert abs(still[0] - 1 / 14) < 0.04 and max(still[1:]) < 0.02
    number = first_draw("auto")
    names = [use.name if use else "" for use in words["auto"].operations(auto(1), (3, 18, 17))]  # type: ignore[misc]
    drawn = np.array([uniforms(KEY, rows, number + k) for k in range(len(names))])
    own = np.uint64(bits(KEY, 0, number + 254))
    meant = {
        "rotate": {"rotate": 20.0}, "brightness": {"brightness": 0.6}, "autocontrast": {},
        "contrast": {"contrast": 0.6}, "saturation": {"saturation": 0.6}, "equalize": {},
        "sharpness": {"sharpness": 0.6}, "solarize": {"solarize": 1 / 3},
        "posterize": {"posterize": 5},
    }  # fmt: skip
    single = found(auto(1))
    for name, values in meant.items():
        have = drawn.argmin(axis=0) == names.index(name)
        alone = augmented(images, rows, Augment((words[name].use(**values),)), own)
        np.testing.assert_allclose(single[have].astype(int), alone[have], atol=1, err_msg=name)
        assert 10 < have.sum() < 60, name
    turn = found(words["rotate"].use(rotate=20.0))
    assert (single != turn).any(axis=(1, 2, 3)).mean() > 0.9
    assert {*meant, "shear", "shift", ""} == {*names} and len(names) == 14
    assert len({"brightness", "saturation", *names}) == len({*names})


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (2, 2)])
def test_images_of_hardly_any_pixels(size: tuple[int, int]) -> None:
    images = RNG.integers(1, 256, (20, 3, *size), np.uint8)
    for name, values in [*MOVED, *TRIED]:
        if "crop" not in values and name not in ("cutout", "shift"):
            use = AUGMENTATIONS[name].use(**values)
            assert augmented(images, np.arange(20), Augment((use,)), KEY).shape == images.shape


@pytest.mark.parametrize("name", [name for name in ALL if CHANCE in AUGMENTATIONS[name].options])
def test_chance_changes_some_images_and_nothing_that_others_draw(name: str) -> None:
    images = RNG.integers(1, 256, (200, 3, 18, 18), np.uint8)
    values = ALL[name][1][0]

    def found(**chance: float) -> np.ndarray:
        use = AUGMENTATIONS[name].use(**values, **chance)
        return augmented(images, np.arange(200), Augment((use,)), KEY)

    always, some, never = found(), found(chance=0.3), found(chance=0.0)
    np.testing.assert_array_equal(never, images)
    changed = (some == always).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(some[~changed], images[~changed])
    assert 0.15 < changed.mean() < 0.55
    np.testing.assert_array_equal(found(chance=1.0), always)


def test_equalized_values_are_those_of_pillow() -> None:
    """Of channels with many values, with a few, and with one."""
    planes = [
        RNG.integers(0, 256, (32, 31)), RNG.integers(100, 140, (32, 31)),
        RNG.integers(0, 2, (32, 31)) * 255, np.full((32, 31), 77),
        np.clip(RNG.normal(60, 9, (32, 31)), 0, 255),
    ]  # fmt: skip
    images = np.array(planes).astype(np.uint8)[:, None]
    line = Augment((AUGMENTATIONS["equalize"].use(),))
    found = augmented(images, np.arange(5), line, KEY)
    MEANT["equalize"][0](images, found)
    assert [bool((a != b).any()) for a, b in zip(found, images, strict=True)] == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_values_that_no_byte_has_are_painted_as_well() -> None:
    """Of images that are floats: beyond black and white."""
    light = np.linspace(-0.5, 1.5, 32 * 32).astype(np.float32).reshape(1, 1, 32, 32)
    for name, values in TRIED:
        if AUGMENTATIONS[name].stage == "paint" and not AUGMENTATIONS[name].of_colours:
            line = Augment((AUGMENTATIONS[name].use(**values),))
            found = augmented(light, np.zeros(1, np.int64), line, KEY, 1.0)
            assert np.isfinite(found).all() and found.shape == light.shape


def test_a_constant_image_has_no_contrast_to_stretch() -> None:
    images = np.full((1, 1, 5, 5), 9, np.uint8)
    line = Augment((AUGMENTATIONS["autocontrast"].use(),))
    np.testing.assert_array_equal(augmented(images, np.zeros(1, np.int64), line, KEY), images)


def test_flips_have_a_chance_each() -> None:
    images = np.arange(1, 50, dtype=np.uint8).reshape(1, 1, 7, 7).repeat(900, axis=0)
    flip = AUGMENTATIONS["flip"]
    both = flip.use(horizontal=True, chance=0.2), flip.use(vertical=True, chance=0.9)
    found = augmented(images, np.arange(900), Augment(both), KEY)
    for axis, share in ((3, 0.2), (2, 0.9)):
        mirrored = np.diff(found[:, 0].astype(int), axis=axis - 1)[:, 0, 0] < 0
        assert abs(mirrored.mean() - share) < 0.04
    usual = augmented(images, np.arange(900), Augment((flip.use(vertical=True),)), KEY)
    same = augmented(images, np.arange(900), Augment((flip.use(vertical=True, chance=0.5),)), KEY)
    np.testing.assert_array_equal(usual, same)


def test_a_crop_without_its_chance_is_of_the_middle() -> None:
    crop = AUGMENTATIONS["crop"].use(crop=(4, 3), pad=(2, 2), chance=0.0)
    np.testing.assert_array_equal(changed(Augment((crop,))), PIXELS[..., 1:5, 2:5])
    sized = AUGMENTATIONS["crop"].use(random=(0.3, 1.0), chance=0.0)
    np.testing.assert_array_equal(changed(Augment((sized,))), PIXELS)


def test_values_are_in_units_of_white() -> None:
    """As of `digits`, whose brightest byte is 16."""
    images = RNG.integers(0, 17, (50, 1, 8, 8), np.uint8)
    invert, noise = AUGMENTATIONS["invert"].use(), AUGMENTATIONS["noise"].use(noise=0.5)
    found = augmented(images, ROWS, Augment((invert,)), KEY, 16.0)
    np.testing.assert_array_equal(found, 16 - images)
    loud = augmented(images, ROWS, Augment((noise,)), KEY, 16.0)
    assert loud.min() == 0 and loud.max() == 16
    floats = augmented(images / np.float32(16), ROWS, Augment((noise,)), KEY, 1.0)
    assert floats.min() < 0 and floats.max() > 1  # their range is their own
    np.testing.assert_allclose(np.clip(floats * 16, 0, 16), loud, atol=0.501)


def test_what_is_painted_is_painted_in_the_order_of_the_lines() -> None:
    noise, cut = AUGMENTATIONS["noise"].use(noise=0.5), AUGMENTATIONS["cutout"].use(cutout=(4, 4))
    first, last = changed(Augment((cut, noise))), changed(Augment((noise, cut)))
    black = changed(Augment((cut,))) == 0
    assert not last[black].any() and first[black].any()
    np.testing.assert_array_equal(first[~black], last[~black])
    assert Augment((cut, noise)).facts != Augment((noise, cut)).facts


def test_grey_images_have_no_colours() -> None:
    hue = AUGMENTATIONS["hue"].use(hue=0.1)
    with pytest.raises(LenetError, match="`hue` changes colours"):
        changed(Augment((hue,)))
    text = (
        "input {}\nflatten\nlinear 10\nlogsoftmax\ndata {}\naugment\n  flip vertical\n  hue 0.1\n"
    )
    vector = text.replace("flatten\n", "")
    for wrong in (text.format("1x8x8", "digits"), vector.format("784", "mnist")):
        (mistake,) = check(wrong).diagnostics
        assert mistake.code == "E049" and mistake.span.line == wrong.count("\n")
    for right in (text.format("3x32x32", "cifar10"), vector.format("3072", "cifar10"),
                  vector.format("784", 'images "x"')):  # fmt: skip
        assert "E049" not in [d.code for d in check(right).diagnostics]


def test_a_line_changes_nothing_that_others_draw() -> None:
    crop, flip = AUGMENTATIONS["crop"].use(crop=(4, 4)), AUGMENTATIONS["flip"].use(vertical=True)
    both, cut = changed(Augment((flip, crop))), changed(Augment((crop,)))
    same = (both == cut).all(axis=(1, 2, 3))
    other = (both == cut[..., ::-1, :]).all(axis=(1, 2, 3))
    assert (same | other).all() and same.any() and other.any()


def test_turning_and_scaling() -> None:
    image = np.zeros((1, 1, 21, 21), np.uint8)
    image[0, 0, 8:13, 8:13] = 200
    sizes, places = [], []
    for key in range(40):
        found = augmented(image, np.zeros(1, np.int64), uses(scale=(0.5, 2.0)), np.uint64(key))
        sizes.append(float(found.sum()) / image.sum())
        turned = augmented(image, np.zeros(1, np.int64), uses(rotate=45.0), np.uint64(key))
        assert float(turned.sum()) == pytest.approx(float(image.sum()), rel=0.03)
        rows, columns = np.nonzero(turned[0, 0])
        places.append((rows.mean(), columns.mean()))
    assert 0.2 < min(sizes) < 0.5 and 2 < max(sizes) < 4.2
    np.testing.assert_allclose(places, 10, atol=0.6)


def test_training_sees_augmented_images_and_validation_does_not(tmp_path: Path) -> None:
    spec = tmp_path / "net.lenet"
    spec.write_text(SMALL)
    plain = lenet.train(spec, engine="local")
    spec.write_text(
        SMALL.replace("train\n", "augment\n  crop 8x8 pad 1\n  rotate 5 degrees\ntrain\n")
    )
    models = [lenet.train(spec, engine="local", threads=t) for t in (1, 3)]
    assert models[0].digest == models[1].digest != plain.digest
    assert models[0].history[-1]["validation"]["top1"] > 0.5


def test_a_training_knows_what_white_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whites = set()

    def spy(*given: Any) -> np.ndarray:
        whites.add(given[4])
        return augmented(*given)

    monkeypatch.setattr(batches, "augmented", spy)
    spec = tmp_path / "net.lenet"
    lines = "  elastic chance 0.5\n  noise 0.1\n  auto\n"
    spec.write_text(SMALL.replace("train\n", f"augment\n{lines}train\n"))
    models = [lenet.train(spec, engine="local", threads=t) for t in (1, 2)]
    assert models[0].digest == models[1].digest
    assert whites == {16.0}  # of `digits`


def test_the_section() -> None:
    text = SMALL.replace(
        "train\n",
        "augment\n  rotate 10 degrees\n  scale 0.9 to 1.1\n  shift 2x1\n  crop 8x8 pad 2\n"
        "  flip horizontal\n  flip vertical\ntrain\n",
    )
    augment = check_graph(text, "x").augment
    assert augment is not None and augment.size == (8, 8)
    assert augment.facts == {
        "rotate": 10.0, "scale": (0.9, 1.1), "shift": (2, 1), "crop": (8, 8), "crop_pad": (2, 2),
        "flip_horizontal": True, "flip_vertical": True,
    }  # fmt: skip


@pytest.mark.parametrize(("line", "said"), [
    ("posterize 9", "at most 8"), ("posterize 0", "at least 1"), ("posterize 2.5", "whole number"),
    ("posterize", "posterize 4"), ("solarize 1.5", "at most 1"),
    ("equalize 3", "equalize chance 0.5"), ("autocontrast chance 2", "at most 1"),
    ("solarise 0.5", "`solarize`"), ("randomequalize", "`equalize`"),
])  # fmt: skip
def test_what_a_line_cannot_say(line: str, said: str) -> None:
    (found,) = check(f"input 1x8x8\nflatten\nlinear 10\naugment\n  {line}\n").diagnostics
    assert said in f"{found.title} {found.detail} {found.fix}"
