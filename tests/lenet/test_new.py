"""`lenet new`: what it sees in data; what it writes trains, better than what is trivial."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from test_cli_train import fails, run

import lenet

ROWS = 600
RANDOM = np.random.default_rng(5)
SIZES = RANDOM.normal(size=ROWS)
KINDS = RANDOM.integers(0, 4, ROWS)
GOOD = RANDOM.integers(0, 2, ROWS)
TABLE = pa.table(
    {
        "row": np.arange(ROWS) + 7,
        "always": ["x"] * ROWS,
        "name": [f"n{k}" for k in range(ROWS)],
        "my kind": [f"k{k}" for k in KINDS],
        "words": SIZES,
        "empty": [None if k % 3 else 1.5 for k in range(ROWS)],
        "gaps": [None if k % 9 == 0 else float(k % 5) for k in range(ROWS)],
        "tags": ["a|b" if k % 2 else "b|c" for k in range(ROWS)],
        "price": np.exp(2 * SIZES + KINDS),
        "stars": KINDS + 1,
        "when": [f"2020-01-01T{k % 24:02d}:{k % 60:02d}" for k in range(ROWS)],
    }
)
REVIEWS = pa.table(
    {
        "film": [f"film {k % 40}" for k in range(ROWS)],
        "text": [
            f"it is a {'very good' if good else 'truly bad'} film number {k}, I think"
            for k, good in enumerate(GOOD)
        ],
        "fresh": ["yes" if good else "no" for good in GOOD],
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("new")
    pyarrow.csv.write_csv(TABLE, found / "table.csv")
    pyarrow.csv.write_csv(REVIEWS, found / "reviews.csv")
    return found


@pytest.fixture(scope="module")
def said(folder: Path) -> str:
    """When price.lenet was written."""
    done = run("new", folder / "table.csv", "--predict", "price", "-o", folder / "price.lenet")
    return done.stderr


def test_columns_are_seen_and_told(folder: Path, said: str) -> None:
    for line in (
        "price: to be told; a number above 0 whose large values lie far out",
        "row: left out: a number for each row",
        "always: left out: always the same value",
        "name: left out: a name for almost every row",
        "empty: left out: missing in 67% of the rows",
        "my kind: 4 categories",
        "tags: sets of 3 members",
        "when: left out: a time",
    ):
        assert line in said, line
    text = (folder / "price.lenet").read_text()
    assert 'category "my kind"' in text and "predict log price" in text
    assert "number words gaps stars" in text and "missing mean" in text
    assert run("check", folder / "price.lenet").exit_code == 0
    assert run("fmt", "--check", folder / "price.lenet").exit_code == 0
    fails(run("new", folder / "table.csv", "--predict", "price", "-o", folder / "price.lenet"),
          "already")  # fmt: skip


@pytest.mark.usefixtures("said")
def test_a_number_is_told_better_than_by_its_mean(folder: Path) -> None:
    model = lenet.train(folder / "price.lenet", engine="local", progress=False)
    wanted = np.log(TABLE["price"].to_numpy())
    assert model.history[-1]["validation"]["rmse"] < 0.5 * wanted.std()


def test_texts_are_told_better_than_by_the_largest_class(folder: Path) -> None:
    path = folder / "reviews.lenet"
    done = run("new", folder / "reviews.csv", "--predict", "fresh", "-o", path)
    assert "film: left out: 40 categories; a value says nothing of rows" in done.stderr
    text = path.read_text()
    assert "validate 20 percent by film" in text and "linear 2" in text
    model = lenet.train(path, engine="local", progress=False)
    assert model.history[-1]["validation"]["top1"] > 0.9


def test_several_texts_and_columns_that_are_called_like_inputs(tmp_path: Path) -> None:
    table = pa.table(
        {
            "body": REVIEWS["text"], "words": [f"{text}, again" for text in KINDS],
            "pairs": [f"the title of number {k} is short" for k in range(ROWS)],
            "stars": KINDS + 1,
        }
    )  # fmt: skip
    pyarrow.csv.write_csv(table, tmp_path / "t.csv")
    run("new", tmp_path / "t.csv", "--predict", "stars", "-o", tmp_path / "t.lenet")
    text = (tmp_path / "t.lenet").read_text()
    assert "\ninput words_ one of 4\ninput body_words 10 words of " in text
    assert "  text pairs             as pairs_pieces\n" in text
    assert run("check", "--strict", tmp_path / "t.lenet").exit_code == 0


def test_other_answers(folder: Path) -> None:
    done = run("new", folder / "table.csv", "--predict", "stars", "-o", folder / "stars.lenet")
    assert "4 different whole numbers, taken for classes" in done.stderr
    text = (folder / "stars.lenet").read_text()
    assert "label distinct" in text and "linear 4" in text and "top1" in text
    hours = np.arange(np.datetime64("2020-01-01T00", "h"), np.datetime64("2020-02-20T00", "h"))
    series = pa.table(
        {"hour": hours.astype("datetime64[s]"), "load": np.sin(np.arange(len(hours)))}
    )
    pyarrow.parquet.write_table(series, folder / "load.parquet")
    run("new", folder / "load.parquet", "--predict", "load", "-o", folder / "load.lenet")
    text = (folder / "load.lenet").read_text()
    assert "series load ordered by hour" in text and "window 72 ahead 24" in text
    assert lenet.load(folder / "load.lenet").graph.answers == "numbers"


def test_pictures(tmp_path: Path) -> None:
    from PIL import Image

    for name, value in (("cats", 40), ("dogs", 200)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for k in range(3):
            picture = Image.new("RGB", (20 + k, 30), (value, value, 0))
            picture.save(tmp_path / "photos" / name / f"{k}.png")
    done = run("new", tmp_path / "photos", "-o", tmp_path / "photos.lenet")
    assert "6 pictures of 2 classes" in done.stderr and "in colours" in done.stderr
    text = (tmp_path / "photos.lenet").read_text()
    assert "resize 64x64 fit" in text and 'data images "photos"' in text
    assert lenet.load(tmp_path / "photos.lenet").output == (2,)


@pytest.mark.parametrize("step", [1, 7])
def test_a_word_among_numbers_is_told(tmp_path: Path, step: int) -> None:
    """Whether its column then is one of categories, or left out."""
    sizes = ["big" if k == 77 else str(0.5 * (k // step)) for k in range(200)]
    rows = [f"{size},{k % 10},{k % 3}" for k, size in enumerate(sizes)]
    (tmp_path / "rooms.csv").write_text("\n".join(["size,floor,price", *rows]))
    done = run("new", tmp_path / "rooms.csv", "--predict", "price", "-o", tmp_path / "x.lenet")
    assert 'though 199 of 200 cells are numbers: "big" is none' in done.stderr
    assert ("left out: a name" if step == 1 else "categories") in done.stderr
    done = run("new", tmp_path / "rooms.csv", "--predict", "size", "-o", tmp_path / "y.lenet")
    assert '"big" is none' in done.stderr
    assert done.exit_code == (1 if step == 1 else 0)  # 29 of them can be classes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("table.csv",), "what is to be told?"),
        (("table.csv", "--predict", "prize"), "did you mean price?"),
        (("table.csv", "--predict", "name"), "I cannot propose how to tell name"),
        (("none.csv", "--predict", "price"), "there is no"),
    ],
)
def test_mistakes(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    fails(run("new", folder / arguments[0], *arguments[1:], "-o", folder / "x.lenet"), said)
