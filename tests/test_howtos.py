"""The how-tos, step by step out of their pages: each command ends well, and prints the lines that
its page shows, but for numbers; each piece of Python runs. (test_newcomer.py has the tutorial,
test_mlflow.py and test_tutorial.py have theirs.)"""

import fnmatch
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import page_folders as folders
import pytest
from pages import Command, Interpreter, Saved, Script, Shell, steps

ROOT = Path(__file__).parents[1]
QUICK = ("lenet rate specs/lenet4.lenet", "lenet data show specs/digits.lenet")
LENET5 = "lenet train specs/lenet5.lenet --engine local"


@dataclass(frozen=True)
class Page:
    """How a page is followed."""

    prepare: Callable[[folders.Place], None] = folders.nothing
    before: tuple[str, ...] = ()  # what the page's reader has done before
    given: str = ""  # and in Python
    # Other words in commands and Python, by which they take less time; what they teach stays.
    shorter: Mapping[str, str] = field(default_factory=dict)
    images: int = 0  # of MNIST, where fewer than all do
    fails: tuple[str, ...] = ()  # patterns of commands that end with exit code 1
    left: tuple[str, ...] = ()  # words of Python that cannot be run here
    written: tuple[str, ...] = ()  # files that the page shows
    alike: str = "(?!)"  # what may be another at each machine, or after less training


PAGES = {
    "before-training": Page(folders.before_training),
    "compress": Page(
        folders.compress,
        before=(f"{LENET5} -o base", "lenet train other.lenet --engine local -o other",
                "cp other/model.safetensors other.safetensors"),
        shorter={"lenet5-best.lenet": "lenet5-best.lenet --epochs 1",
                 "student.lenet": "student.lenet --epochs 1",
                 'output="small"': 'output="smaller"'},
        images=12_000,
        fails=("lenet compress other*", "lenet check nine*"),
        alike=r"(?m)^ +\d +\d+ +to .*",  # how many of a class are wrong
    ),
    "cross-validation": Page(folders.cross_validation),
    "import": Page(folders.imports, fails=("lenet import odd*",), left=("import tensorflow",),
                   written=("net.lenet",)),
    "int8": Page(
        before=(f"{LENET5} -o runs/lenet5",),
        given="model = lenet.open('runs/lenet5/model.safetensors')\n"
              "x_train = lenet.datasets.load('mnist').train.pixels",
    ),
    "one-digest": Page(
        shorter={"make digest": f"make -C {ROOT} -o .venv/.ready digest "
                                f"BIN={Path(sys.executable).parent} "
                                "DIGEST_ARGS='--epochs 2 --workers 1 8'"},
        alike=r"\| Spark \| [24] .*",
    ),
    "onnx": Page(),
    "own-photos": Page(
        folders.own_photos, shorter={"-o run": "-o run --epochs 2"}, left=("import torchvision",),
        alike=r"\b(ship|truck)(?=  +\d)",
    ),
    "pictures": Page(folders.pictures),
    "report": Page(
        before=(f"{LENET5} -o runs/lenet5-slower --epochs 2",)
    ),
    "search": Page(
        folders.search,
        given="test = lenet.datasets.load('digits').test\n"
              "x_test, y_test = test.pixels, test.labels",
    ),
    "serve": Page(
        folders.served,
        before=(f"{LENET5} -o runs/lenet5 --epochs 6", "cp -r runs/lenet5 a", "cp -r runs/lenet5 b",
                "cp -r runs/lenet5 c"),
        shorter={"lenet serve": "lenet serve --port {port}", ":8000": ":{port}"},
        fails=("lenet serve model*",),
    ),
    "tables": Page(
        folders.tables,
        given=folders.IN_SPARK,
        fails=("lenet predict run/model.safetensors rows.csv",),
    ),
    "training": Page(
        folders.training,
        before=tuple(f"lenet train {name}.lenet --engine local -o {name}"
                     for name in ("rare", "balanced")),
        given="import numpy as np\nfrom page_folders import discs\n"
              "pictures, masks = discs(800, 1)\nothers, their_masks = discs(200, 2)\n",
        shorter={"autoencoder.lenet": "autoencoder.lenet --epochs 1"},
    ),
    "transformer": Page(
        folders.transformer, shorter={"--engine": "--epochs 3 --engine"}, images=3_000,
    ),
    "troubleshooting": Page(
        folders.troubleshooting,
        before=("export SPARK_HOME=$PWD/spark-3.5.1", "unset SPARK_CONF_DIR SPARK_SUBMIT_OPTS"),
        fails=("lenet doctor",),
        alike=r"(?m)(?<=^  \S.{16})  \S.*|(?<=of SPARK_HOME,)\s+\S+"
              r"|^ {21}(?!broken|understand|fix|package).*",
    ),
}  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path, data_folder: Path) -> dict[str, str]:
    """Of a reader who has installed lenet."""
    program = tmp_path / "bin" / "lenet"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m lenet "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    given = {"PATH": path, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'support'}"}
    return {**os.environ, **given, "LENET_DATA": str(data_folder.absolute())}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the page is followed."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


class Reader:
    """Follows a page, a step after the other."""

    def __init__(self, page: Page, folder: Path, environment: dict[str, str]) -> None:
        self.page, self.folder = page, folder
        self.shell, self.python = Shell(folder, environment), Interpreter(folder, environment)
        self.serving: Command | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def typed(self, text: str) -> str:
        """What is run in place of this text."""
        for old, new in self.page.shorter.items():
            text = text.replace(old, new.format(port=self.port))
        return text

    def carry_out(self, step: Command | Script) -> None:
        """Run it, and compare what it prints."""
        if isinstance(step, Script):
            if not any(words in step.text for words in self.page.left):
                self.compare(step, *self.python.paste(self.typed(step.text)))
            return
        text = self.typed(step.text)
        fails = any(fnmatch.fnmatchcase(step.text, each) for each in self.page.fails)
        if text.startswith("lenet serve") and not fails:
            self.stop_serving()
            self.shell.start_server(text)
            self.serving = step
            return
        run = re.match(r"lenet train .*-o (\S+)", text)
        if run is not None:  # each section of a page begins anew
            shutil.rmtree(self.folder / run[1], ignore_errors=True)
        self.compare(step, *self.shell.paste(text), code=int(fails))

    def compare(self, step: Command | Script, output: str, found: int, code: int = 0) -> None:
        assert found == code, (step.text, output)
        lacking = step.lacking(output, self.page.alike)
        assert not lacking, (step.text, lacking, output)

    def stop_serving(self) -> None:
        if self.serving is not None:
            self.compare(self.serving, self.shell.stop_server(), 0)
            self.serving = None

    def close(self) -> None:
        self.shell.close()
        self.python.close()


def test_every_page_with_commands_is_followed() -> None:
    """And what is said of a page above is said of something that stands in it."""
    for path in folders.DOCS.glob("*.md"):
        found = [step for step in steps(path) if not isinstance(step, Saved)]
        commands = [step.text for step in found if isinstance(step, Command)]
        page = PAGES.get(path.stem)
        assert not commands or page or path.stem == "ten-minutes", path
        for words in (*page.shorter, *page.left) if page else ():
            assert any(words in step.text for step in found), (path, words)
        for pattern in page.fails if page else ():
            assert fnmatch.filter(commands, pattern), (path, pattern)


@pytest.mark.parametrize("begins", QUICK)
def test_what_takes_no_time(begins: str, folder: Path, environment: dict[str, str]) -> None:
    path = folders.DOCS / "before-training.md"
    (folder / "specs").symlink_to(ROOT / "specs")
    with closing(Reader(Page(), folder, environment)) as reader:
        (step,) = (step for step in steps(path) if step.text.startswith(begins))
        assert isinstance(step, Command)
        reader.carry_out(step)


@pytest.mark.large
@pytest.mark.parametrize("name", PAGES)
def test_a_page(
    name: str, folder: Path, environment: dict[str, str], data_folder: Path, tmp_path: Path
) -> None:
    page, path = PAGES[name], folders.DOCS / f"{name}.md"
    page.prepare(folders.Place(folder, data_folder.absolute(), path))
    if page.images:
        environment["LENET_DATA"] = str(folders.few_digits(tmp_path / "data", page.images))
    with closing(Reader(page, folder, environment)) as reader:
        for text in page.before:
            reader.compare(Command(text, ""), *reader.shell.paste(text))
        given = Script(f"import lenet\n{page.given}", "")
        reader.compare(given, *reader.python.paste(given.text))
        for step in steps(path):
            if not isinstance(step, Saved):
                reader.carry_out(step)
        reader.stop_serving()
    for file in page.written:
        assert (folder / file).read_text() in path.read_text(), file
