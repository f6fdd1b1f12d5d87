"""Images mixed with each other, and what they are to be answered with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_augment import told
from test_every_word import DIGITS, job_of, train, train_again, train_together

import lenet
from lenet.compiler.jit.cache import load
from lenet.compiler.losses.code import code_of
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.augmentations import AUGMENTATIONS
from lenet.dsl.check import check_graph
from lenet.dsl.losses import LOSSES
from lenet.dsl.sections.augment import Augment
from lenet.dsl.vocabulary import Use
from lenet.runtime.augmentations.beta import beta
from lenet.runtime.augmentations.draws import bits
from lenet.runtime.augmentations.mixtures import Mixture, mix
from lenet.runtime.data.dataset import Images
from lenet.runtime.samples import samples_of
from lenet.runtime.training.batches import Batches, Importance
from lenet.runtime.training.communicator import Alone
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import initial_weights
from lenet.runtime.training.slices.count import least_rows, slice_count
from lenet.runtime.training.slices.shard import deal
from lenet.runtime.training.step import Trainer
from lenet.runtime.training.updater import updater_of
from reference.mixtures import MIXTURES, beta_distribution, follow_beta

RNG = np.random.default_rng(0)
KEY = np.uint64(99)
TRIED = [(name, values) for name, (_, uses) in MIXTURES.items() for values in uses]
ONE = Normalization(np.ones(1, np.float32), np.zeros(1, np.float32))


def mixture(
    images: np.ndarray, *uses: Use, rows: np.ndarray | None = None, key: np.uint64 = KEY
) -> tuple[np.ndarray, Mixture]:
    mixed = images.copy()
    rows = np.arange(len(images)) if rows is None else rows
    return mixed, mix(mixed, rows, Augment(uses), key)


def line(name: str, value: float = 1.0, **options: float) -> Use:
    return AUGMENTATIONS[name].use(**{name: value, **options})  # type: ignore[arg-type]


def test_shares_are_of_the_beta_distribution() -> None:
    for a in (0.01, 0.05, 0.2, 0.7, 1.0, 1.5, 8.0, 200.0):
        drawn = np.array([beta(np.uint64(bits(KEY, row, 7)), a) for row in range(4000)])
        assert drawn.min() >= 0 and drawn.max() <= 1
        if a > 0.1:  # of a smaller one, many are nearer to 0 or 1 than a float64 tells
            follow_beta(drawn, a)
        assert abs(drawn.mean() - 0.5) < 4 * drawn.std() / np.sqrt(len(drawn))
        deviation = 0.5 / np.sqrt(2 * a + 1)
        assert drawn.std() == pytest.approx(deviation, rel=0.05)


def test_the_reference_of_the_beta_distribution() -> None:
    x = np.linspace(0, 1, 11)
    np.testing.assert_allclose(beta_distribution(x, 1.0), x, atol=1e-12)
    np.testing.assert_allclose(beta_distribution(x, 1.0 + 1e-9), x, atol=1e-8)
    np.testing.assert_allclose(beta_distribution(x, 2.0), 3 * x**2 - 2 * x**3, atol=1e-12)
    arcs = 2 / np.pi * np.arcsin(np.sqrt(x))
    np.testing.assert_allclose(beta_distribution(x, 0.5), arcs, atol=1e-10)


@pytest.mark.parametrize(("name", "values"), TRIED)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_images_become_mixtures(name: str, values: dict[str, Any], dtype: type) -> None:
    images = RNG.integers(0, 256, (900, 2, 12, 9), np.uint8).astype(dtype)
    use = AUGMENTATIONS[name].use(**values)
    mixed, found = mixture(images, use)
    assert mixed.dtype == dtype and found.shares.dtype == np.float32
    others = images[found.partners].astype(np.float64)
    check = MIXTURES[name][0]
    check(images.astype(np.float64) if dtype != np.uint8 else images, mixed,
          others, found.shares, **told(use, check))  # fmt: skip


@pytest.mark.parametrize("name", MIXTURES)
def test_partners_are_others(name: str) -> None:
    """All are partners once, and nobody is its own; in other batches and epochs they are others."""
    images = RNG.integers(0, 256, (40, 1, 5, 5), np.uint8)
    seen = set()
    for key in range(30):
        _, found = mixture(images, line(name), key=np.uint64(key))
        assert sorted(found.partners) == list(range(40))
        assert (found.partners != np.arange(40)).all()
        seen.update(enumerate(found.partners.tolist()))
    assert len(seen) > 30 * 40 / 2
    rows = RNG.permutation(1000)[:40]
    assert (mixture(images, line(name), rows=rows)[1].partners != found.partners).any()


def test_who_is_alone_stays_as_he_is() -> None:
    for count in (0, 1):
        images = RNG.integers(0, 256, (count, 1, 5, 5), np.uint8)
        mixed, found = mixture(images, line("mixup"), line("cutmix"))
        np.testing.assert_array_equal(mixed, images)
        assert found.partners.tolist() == list(range(count)) and (found.shares == 1).all()
    images = RNG.integers(0, 256, (9, 1, 5, 5), np.uint8)
    mixed, found = mixture(images)  # no line that mixes
    np.testing.assert_array_equal(mixed, images)
    assert (found.shares == 1).all() and found.partners.tolist() == list(range(9))


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (2, 2)])
@pytest.mark.parametrize("name", MIXTURES)
def test_images_of_hardly_any_pixels(name: str, size: tuple[int, int]) -> None:
    images = RNG.integers(0, 256, (50, 3, *size), np.uint8)
    _, found = mixture(images, line(name))
    assert ((found.shares >= 0) & (found.shares <= 1)).all()


@pytest.mark.parametrize("name", MIXTURES)
def test_chance_mixes_some_images_and_changes_nothing_that_others_draw(name: str) -> None:
    images = RNG.integers(0, 256, (600, 1, 8, 8), np.uint8)
    always, full = mixture(images, line(name))
    some, part = mixture(images, line(name, chance=0.3))
    mixed = part.partners != np.arange(600)
    assert 0.24 < mixed.mean() < 0.36
    np.testing.assert_array_equal(some[mixed], always[mixed])
    np.testing.assert_array_equal(part.shares[mixed], full.shares[mixed])
    np.testing.assert_array_equal(some[~mixed], images[~mixed])
    assert (part.shares[~mixed] == 1).all()
    never, _ = mixture(images, line(name, chance=0.0))
    np.testing.assert_array_equal(never, images)


def test_an_image_is_mixed_by_one_of_the_lines() -> None:
    images = RNG.integers(0, 256, (900, 1, 8, 8), np.uint8)
    alone = {name: mixture(images, line(name, chance=0.8)) for name in ("mixup", "cutmix")}
    both = line("mixup", chance=0.8), line("cutmix", chance=0.8)
    found, told = mixture(images, *both)
    np.testing.assert_array_equal(mixture(images, *reversed(both))[0], found)
    as_alone = {
        name: (found == mixed).all(axis=(1, 2, 3)) & (told.partners == own.partners)
        & (told.shares == own.shares)
        for name, (mixed, own) in alone.items()
    }  # fmt: skip
    assert (as_alone["mixup"] | as_alone["cutmix"]).all()
    drawn = {name: own.partners != np.arange(900) for name, (_, own) in alone.items()}
    twice = drawn["mixup"] & drawn["cutmix"]
    assert abs(as_alone["mixup"][twice].mean() - 0.5) < 0.08
    once = drawn["mixup"] ^ drawn["cutmix"]
    assert (told.partners != np.arange(900))[once | twice].all()


def batches_of(
    labels: np.ndarray, importance: Importance | None = None, weights: np.ndarray | None = None
) -> tuple[list[np.ndarray], Mixture]:
    """What the training functions get for all images, and how they are mixed."""
    images = Images(RNG.integers(0, 256, (len(labels), 1, 6, 6), np.uint8), labels, weights)
    augment, rows = Augment((line("mixup", chance=0.7),)), np.arange(len(labels))
    batches = Batches(images, ONE, augment, importance)
    pixels, *given, _, _, _, _ = batches.of(rows, KEY)
    mixed, found = mixture(images.pixels, *augment.uses)
    np.testing.assert_array_equal(pixels, mixed.reshape(len(labels), -1))
    assert all(array.flags.c_contiguous and not array.flags.writeable for array in given)  # type: ignore[union-attr]
    return given, found  # type: ignore[return-value]


@pytest.mark.parametrize("weighted", [False, True])
def test_labels_of_mixtures(weighted: bool) -> None:
    """The one that has more of the image comes first; each counts as its own image does."""
    labels = RNG.integers(0, 4, 200).astype(np.int32)
    importance = Importance(2.0, (1.0, 0.5, 3.0, 2.0)) if weighted else None
    weights = RNG.random(200).astype(np.float32) if weighted else None
    (first, second, shares), found = batches_of(labels, importance, weights)
    counts = np.ones(200) if weights is None else weights * np.array([2.0, 1, 6, 4])[labels]
    for k, (partner, share) in enumerate(zip(found.partners, found.shares, strict=True)):
        pairs = [(share, labels[k], counts[k]), (1 - share, labels[partner], counts[partner])]
        if share < 0.5:
            pairs.reverse()
        assert [pairs[0][1], pairs[1][1]] == [first[k], second[k]]
        wanted = [pairs[0][0] * pairs[0][2], pairs[1][0] * pairs[1][2]]
        np.testing.assert_allclose(shares[k], wanted, rtol=1e-6, atol=1e-7)
    assert first.dtype == second.dtype == np.int32 and (found.shares < 0.5).any()


@pytest.mark.parametrize("weighted", [False, True])
def test_other_answers_are_mixed_themselves(weighted: bool) -> None:
    answers = RNG.normal(0, 1, (100, 3)).astype(np.float32)
    weights = RNG.random(100).astype(np.float32) if weighted else None
    given, found = batches_of(answers, Importance() if weighted else None, weights)
    wide = found.shares[:, None].astype(np.float64)
    expected = wide * answers + (1 - wide) * answers[found.partners]
    np.testing.assert_allclose(given[0], expected, atol=1e-6)
    assert len(given) == 1 + weighted
    if weights is not None:
        expected = wide[:, 0] * weights + (1 - wide[:, 0]) * weights[found.partners]
        np.testing.assert_allclose(given[1], expected, atol=1e-6)


def test_every_loss_of_classes_takes_mixtures() -> None:
    for name, loss in LOSSES.items():
        assert (code_of(Use(name)).mixed is not None) == (loss.answers == "class"), name


NET = "input 1x8x8\nconv 4x3x3\n{}relu\nflatten\nlinear 10\ndata digits\naugment\n  shift 1\n"
NET += (
    "  mixup 0.4\n  cutmix 1 chance 0.7\ntrain\n  rate 0.05\n  batch 150\n  stop after 2 epochs\n"
)


@pytest.mark.parametrize("norm", ["", "batchnorm\n"])
def test_the_bits_are_the_same_whoever_trains(norm: str) -> None:
    job = job_of(NET.format(norm) + "  loss crossentropy smooth 0.1 weights balanced\n")
    digests = {train(job), train(job, threads=2), *train_together(job, 3)}
    digests |= {train_again(job, end) for end in (4, 12)}
    assert len(digests) == 1
    plain = job_of(NET.format(norm).replace("  mixup 0.4\n", ""))
    assert train(plain) not in digests


def test_the_sheets_have_the_images_of_the_training() -> None:
    """Of slice 0, from a step on, over the ends of batches; and those of `lenet data show`."""
    graph = check_graph(NET.format(""), "x")
    digits, slices = DIGITS.train, slice_count(150, least_rows(graph))
    assert slices > 1
    loaded = load(compile_graph(graph))
    trainer = Trainer(
        loaded, deal(digits, digits, slices), ONE, initial_weights(loaded.program, 4),
        updater_of(graph, loaded.program), 150, 4, 1, Alone(), graph.augment,
    )  # fmt: skip
    trainer.start_epoch(2)
    pixels, labels = trainer.images(1, 100)
    assert pixels.shape == (100, 1, 8, 8) and labels.shape == (100,)
    seen = []
    for step in (1, 2, 3):
        seen.append(trainer.feed.parts(step)[0].made()[0])
    np.testing.assert_array_equal(pixels.reshape(100, -1), np.concatenate(seen)[:100])
    groups = {label: np.flatnonzero(digits.labels == label) for label in range(10)}
    (one, *others) = samples_of(graph, digits, groups, 5, 2, seed=4, white=255.0)
    made = {}
    for step in range(trainer.steps):
        for number, part in enumerate(trainer.feed.parts(step)):
            for row, image in zip(part.rows, part.made()[0], strict=True):
                made[row * slices + number] = image.reshape(1, 8, 8)
    for group in (one, *others):
        for bare, _, image in zip(group.bare, *group.epochs, strict=True):
            (row,) = np.flatnonzero((digits.pixels == bare).all(axis=(1, 2, 3)))
            np.testing.assert_array_equal(made[row], image)


def test_a_training_with_mixtures(tmp_path: Path) -> None:
    spec = tmp_path / "net.lenet"
    text = NET.format("").replace("2 epochs", "12 epochs") + "  log images every 4 epochs\n"
    spec.write_text(text.replace("rate 0.05", "rate 0.01\n  optimizer adam"))
    model = lenet.train(spec, engine="local", progress=False)
    last = model.history[-1]
    assert last["validation"]["top1"] > 0.9 and last["loss"] > 0.5
