"""Who lacks a package of an extra is told which one to install."""

import importlib.util
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lenet
from lenet.cli import app
from lenet.runtime.extras import EXTRAS, need

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_extras_are_those_of_the_project() -> None:
    """`all` has each of them, and what is only told is told by the program that is missing."""
    offered = PROJECT["optional-dependencies"]
    assert offered["all"] == [f"lenet[{','.join(sorted([*EXTRAS, 'tensorboard']))}]"]
    assert offered.keys() > EXTRAS.keys()
    assert not {name for name in EXTRAS if not importlib.util.find_spec(EXTRAS[name][0])}


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_is_missing_is_named(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    need(extra, "this")
    for name in EXTRAS[extra]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(lenet.LenetError) as caught:
        need(extra, "this", ", or do without", ", or stop")
    assert caught.value.title.startswith("this needs the package")
    assert caught.value.fix == f"pip install 'lenet[{extra}]', or do without"
    assert str(caught.value).endswith(f"pip install 'lenet[{extra}]', or stop")


def test_a_training_without_spark(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # fmt: skip
    """Says at once how to get Spark, and how to do without; nothing is written."""
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["train", str(ROOT / "specs" / "digits.lenet")])
    assert done.exit_code == 1 and not list(tmp_path.iterdir())
    assert "error: Spark needs the package pyspark" in done.output
    assert "fix: pip install 'lenet[spark]', or train without Spark" in done.output
    assert done.output.rstrip().endswith("--engine local")
    with pytest.raises(lenet.LenetError, match='engine="local"'):
        lenet.train(ROOT / "specs" / "digits.lenet")
    with pytest.raises(lenet.LenetError, match=r"lenet\[spark\]"):
        lenet.udf("model.safetensors")
