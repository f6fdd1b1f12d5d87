"""What `import lenet` gives: names, specs from texts, datasets."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lenet

TEXT = """\
let width = 8
input 1x8x8
reshape 64
linear width as hidden
tanh
linear 10
logsoftmax
data digits
train
  loss nll
  rate 0.1
  batch 64
  stop after 1 epochs
"""
HEAVY = ("numpy", "numba", "pyspark", "pandas", "sklearn", "pyarrow", "PIL", "IPython")


# Names.


def test_dir_lists_what_is_public() -> None:
    import lenet.api  # noqa: F401 - a module that is loaded is not public for that

    shown = [name for name in dir(lenet) if not name.startswith("__")]
    assert shown == sorted(lenet.__all__)
    assert all(getattr(lenet, name) is not None for name in shown)
    assert "__version__" in dir(lenet)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        lenet.trian  # noqa: B018


def test_dir_of_the_datasets() -> None:
    assert [n for n in dir(lenet.datasets) if not n.startswith("__")] == ["load", "names"]


def test_the_import_is_light() -> None:
    code = (
        "import sys, lenet; dir(lenet); lenet.datasets.names()\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


# Texts in the place of files.


def test_a_text_is_a_spec() -> None:
    network = lenet.load(TEXT)
    assert network.parameter_count == 64 * 8 + 8 + 8 * 10 + 10
    assert lenet.load(TEXT, {"width": 4}).parameter_count == 64 * 4 + 4 + 4 * 10 + 10
    assert network.path == Path("spec") and "hidden" in network.summary()
    windows = lenet.load("\ufeff" + TEXT.replace("\n", "\r\n"))
    assert windows.graph.source == TEXT


def test_a_text_trains_as_its_file_does(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text(TEXT)
    digests = {
        lenet.train(spec, engine="local").digest
        for spec in (TEXT, path, str(path), lenet.load(TEXT))
    }
    assert len(digests) == 1


def test_mistakes_in_a_text_are_in_the_spec() -> None:
    with pytest.raises(lenet.LenetError, match="spec has 1 error") as caught:
        lenet.train("input 1x8x8\nlinaer 10\n", engine="local")
    assert "--> spec:2:1" in str(caught.value)
    wrong = {"a\n\0": "zero byte", "a\n\udc80": "not UTF-8", "#\n" * 2**20: "long"}
    for text, reason in wrong.items():
        with pytest.raises(lenet.LenetError, match=reason):
            lenet.load(text)


def test_one_line_is_a_path() -> None:
    with pytest.raises(lenet.LenetError, match="cannot read input 8"):
        lenet.load("input 8")


def test_a_text_imports_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'import "parts/own.lenet"\n' + TEXT.replace("tanh", "squash")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "own.lenet").write_text("block squash\n  tanh\n")
    with pytest.raises(lenet.LenetError, match="own.lenet"):
        lenet.load(text)
    monkeypatch.chdir(tmp_path)
    model = lenet.train(text, engine="local")
    assert model.imports == {"parts/own.lenet": "block squash\n  tanh\n"}


def test_a_run_from_a_text_goes_on(tmp_path: Path) -> None:
    straight = lenet.train(TEXT, engine="local", epochs=2)
    lenet.train(TEXT, engine="local", epochs=1, output=tmp_path)
    again = lenet.train(TEXT, engine="local", epochs=2, output=tmp_path, resume=True)
    assert again.digest == straight.digest


# Datasets.


def test_names_of_datasets() -> None:
    assert {"mnist", "digits", "fashion-mnist", "cifar10"} <= set(lenet.datasets.names())
    assert not {"idx", "images", "frame"} & set(lenet.datasets.names())


def test_a_dataset_by_name() -> None:
    digits = lenet.datasets.load("digits")
    assert isinstance(digits, lenet.Dataset) and isinstance(digits.train, lenet.Images)
    assert digits.train.pixels.shape == (1437, 1, 8, 8) and digits.train.pixels.dtype == np.uint8
    assert digits.train.labels.shape == (1437,) and digits.classes == tuple("0123456789")
    assert digits.test is not None and len(digits.test) == 360


def test_a_dataset_from_a_folder(data_folder: Path) -> None:
    mnist = lenet.datasets.load("mnist", str(data_folder))
    assert len(mnist.train) == 60_000 and mnist.test is not None and len(mnist.test) == 10_000


@pytest.mark.parametrize(
    "name, words",
    [
        ("MNST", 'did you mean "mnist"?'),
        ("idx", "there is no dataset 'idx'"),
        ("cats", "there is cifar10, "),
        (3, "there is no dataset 3"),
    ],
)
def test_datasets_that_there_are_not(name: str, words: str) -> None:
    with pytest.raises(lenet.LenetError) as caught:
        lenet.datasets.load(name)
    assert words in str(caught.value)


def test_datasets_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LENET_DATA", raising=False)
    for name in ("mnist", "fashion-mnist", "cifar10"):
        with pytest.raises(lenet.LenetError, match="folder= of lenet.datasets.load"):
            lenet.datasets.load(name, tmp_path)
    with pytest.raises(lenet.LenetError, match="Leave the folder out"):
        lenet.datasets.load("digits", tmp_path)
