"""A newcomer's path: the wheel in a clean environment without the repository, and the tutorial's
commands pasted one by one out of its page."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_folders import seven
from pages import Command, Saved, Shell, steps
from PIL import Image

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "ten-minutes.md"
CONSTRAINTS = ROOT / "constraints.txt"
# What a plain installation is without.
EXTRAS = ("pyspark", "pandas", "pygls", "onnx", "optuna", "starlette", "uvicorn", "tensorboard")
# Commands of extras, and which one each of them names.
NEEDY = [
    (["train", "net.lenet"], "spark"),
    (["lsp"], "lsp"),
    (["export", "run/model.safetensors"], "onnx"),
    (["serve", "run/model.safetensors"], "serve"),
]
NET = """input 1x8x8
conv 8x3x3
relu
flatten
linear 10
logsoftmax

data digits
  normalize

train
  rate 0.1
  stop after 2 epochs
"""

pytestmark = pytest.mark.large


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make package` builds it: out of the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(folder.glob("*.tar.gz"))) == 1
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a new user: a home of its own, and nothing of ours on Python's path."""
    home = tmp_path_factory.mktemp("home")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "LENET_", "VIRTUAL_ENV", "PYTEST", "SPARK", "NO_COLOR"))
    }
    given = {"PIP_CONSTRAINT": str(CONSTRAINTS), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if "LENET_DATA" in os.environ:  # else MNIST is downloaded
        given["LENET_DATA"] = os.environ["LENET_DATA"]
    return {**kept, **given, "XDG_CACHE_HOME": str(home / "cache")}


@pytest.fixture(scope="module")
def plain(
    wheel: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:  # fmt: skip
    """The Python of an environment with the wheel and no extra."""
    folder = tmp_path_factory.mktemp("plain") / "env"
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run([python, "-m", "pip", "install", "--quiet", str(wheel)], folder, environment)
    return python


def run(
    command: list[object], folder: Path, environment: dict[str, str], code: int = 0
) -> str:  # fmt: skip
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, capture_output=True, text=True
    )
    output = done.stdout + done.stderr
    assert done.returncode == code, (command, output)
    return output


def test_a_plain_installation_checks_formats_trains_and_predicts(
    plain: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """Without Spark, and without what any extra brings; `python -m lenet` is `lenet`."""

    def lenet(*arguments: object, code: int = 0) -> str:
        return run([plain, "-m", "lenet", *arguments], tmp_path, environment, code)

    listed = run([plain, "-m", "pip", "list", "--format=json"], tmp_path, environment)
    names = {package["name"].lower() for package in json.loads(listed.splitlines()[0])}
    assert not names & set(EXTRAS)
    (tmp_path / "net.lenet").write_text(NET)
    assert lenet("--version").startswith("lenet ")
    lenet("check", "net.lenet")
    lenet("fmt", "--check", "net.lenet")
    lenet("shapes", "net.lenet")
    lenet("draw", "net.lenet")
    assert "digest" in lenet("train", "net.lenet", "--engine", "local", "-o", "run")
    assert "<html" in (tmp_path / "run" / "report.html").read_text()
    assert "top1" in lenet("evaluate", "run/model.safetensors")
    Image.new("L", (8, 8)).save(tmp_path / "dark.png")
    assert "dark.png" in lenet("predict", "run/model.safetensors", "dark.png")
    for command, extra in NEEDY:
        said = lenet(*command, code=1)
        assert f"pip install 'lenet[{extra}]'" in said and "Traceback" not in said, said
    assert "--engine local" in lenet("train", "net.lenet", code=1)
    assert not list(tmp_path.glob("runs"))
    # Without a file it trains the digits that are in the wheel.
    assert "38,282 parameters" in lenet("train", "--engine", "local", "--epochs", "1", "-o", "own")


@pytest.fixture
def shell(wheel: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[Shell]:
    shutil.copy(wheel, tmp_path)
    seven(tmp_path / "seven.jpg")
    opened = Shell(tmp_path, environment)
    yield opened
    opened.close()


def test_the_tutorial(shell: Shell, tmp_path: Path) -> None:
    """Each command does what the page shows, but for numbers; both trainings have one digest, which
    is that of the page."""
    outputs = {}
    for step in steps(PAGE):
        if isinstance(step, Saved):
            (tmp_path / step.name).write_text(step.text)
        elif step.text.startswith("lenet serve"):
            outputs[step.text] = served(shell, step)
        else:
            output, code = shell.paste(step.text)
            assert code == (1 if step.text == "lenet check digit.lenet" else 0), output
            assert not step.lacking(output), (step.text, step.lacking(output), output)
            outputs[step.text] = output
    digests = [re.findall(r"^digest +(\w+)", text, re.M) for text in outputs.values()]
    (one,) = {digest for found in digests for digest in found}
    assert set(re.findall(r"^digest +(\w+)", PAGE.read_text(), re.M)) == {one}
    assert "seven.jpg  7  " in outputs["lenet predict run/model.safetensors seven.jpg"]
    tried = [step for step in steps(PAGE) if isinstance(step, Command)]
    assert len(outputs) == len(tried) > 9


def served(shell: Shell, step: Command) -> str:
    """What the server has said; its page is looked at meanwhile."""
    page = urllib.request.urlopen(shell.start_server(step.text)).read().decode()
    assert "<html" in page
    said = shell.stop_server()
    assert not step.lacking(said), said
    return said
