"""Caches: whose they are, and what happens where there is none."""

import errno
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from nobody import UID, needs_root, nobody
from PIL import Image

from lenet.compiler.jit import folders, kept
from lenet.compiler.jit.cache import load
from lenet.compiler.jit.folders import (
    cache_folder,
    cache_is_temporary,
    cause_and_cure,
    kernel_folder,
    read_own,
    write_own,
)  # fmt: skip
from lenet.compiler.jit.kept import CODE
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError

ROOT = Path(__file__).parents[2]
PREDICT = """
import sys, numpy as np
from lenet.dsl.check import check_graph
from lenet.runtime.models.model import Model
from lenet.runtime.training.parameters import initial_weights, to_tensors
from lenet.compiler.pipeline import compile_graph
text = "input 3\\nlinear 4\\ntanh\\nlinear 2\\nlogsoftmax"
program = compile_graph(check_graph(text, "x"))
tensors = to_tensors(program, initial_weights(program, 1))
model = Model(text, tensors, ("a", "b"), 1.0, (0.0,), (1.0,))
print(model.predict(np.ones((9, 3), np.float32)).classes.sum() >= 0)
import lenet.compiler.jit.folders
print(lenet.compiler.jit.folders.cache_folder())
"""


@pytest.fixture(autouse=True)
def no_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LENET_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(folders, "_said", set())


def test_a_new_cache_is_its_owners_alone(tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache").chmod(0o777)  # which is not ours
    before = os.umask(0)
    try:
        assert cache_folder() == tmp_path / ".cache" / "lenet"
        place = kernel_folder("abc")
    finally:
        os.umask(before)
    for folder in (place, place.parent, cache_folder()):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not cache_is_temporary()


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    if there:
        (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "link"))
    assert kernel_folder("abc") == tmp_path / "link" / "kernels" / "abc"
    assert (tmp_path / "real" / "kernels" / "abc").is_dir()


@pytest.mark.parametrize(("mode", "shown"), [(0o775, "0775"), (0o702, "0702")])
@pytest.mark.parametrize("inner", ["", "kernels", "kernels/abc"])
def test_a_cache_that_others_can_write_is_refused_until_that_is_mended(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], mode: int, shown: str, inner: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    cache = tmp_path / ".cache" / "lenet"
    (cache / "kernels" / "abc").mkdir(parents=True, mode=0o700)
    (cache / inner).chmod(mode)
    place = kernel_folder("abc")
    kernel_folder("abc")
    assert cache_is_temporary() and not place.is_relative_to(tmp_path / ".cache")
    (line,) = capfd.readouterr().err.splitlines()
    assert f"mode {shown}" in line
    command = line.rpartition("to keep them longer: ")[2]
    assert command == f"chmod -R go-w {cache / inner}"
    subprocess.run(command, shell=True, check=True)
    monkeypatch.setattr(folders, "_found", {})
    assert kernel_folder("abc") == cache / "kernels" / "abc"


def test_a_folder_for_all_gets_no_advice_to_close_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all").chmod(0o1777)
    monkeypatch.setenv("LENET_CACHE", str(tmp_path / "all"))
    assert cache_folder() != tmp_path / "all"
    line = capfd.readouterr().err
    assert "chmod" not in line
    advised = line.rstrip().rpartition("such as ")[2]
    monkeypatch.setenv("LENET_CACHE", advised)
    assert cache_folder() == Path(advised) and not cache_is_temporary()


@needs_root
def test_a_cache_of_somebody_else_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / ".cache" / "lenet"
    cache.mkdir(parents=True)
    os.chown(cache, UID, UID)
    assert cache_folder() != cache
    assert f"it belongs to uid {UID}" in capfd.readouterr().err


def test_the_temporary_cache_is_private_and_gone_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = _python(PREDICT, LENET_CACHE=str(tmp_path / "file" / "cache"), TMPDIR=str(tmp_path))
    assert done.stdout.splitlines()[0] == "True", done.stderr
    folder = Path(done.stdout.splitlines()[1])
    assert folder.parent == tmp_path and not folder.exists()
    (line,) = done.stderr.splitlines()
    assert f"{tmp_path}/file/cache cannot be used: there is a file where" in line
    assert "remove the file" in line and "free some space" not in line


def test_children_have_temporary_caches_of_their_own(tmp_path: Path) -> None:
    script = """
import multiprocessing, os
from lenet.compiler.jit.folders import cache_folder
context = multiprocessing.get_context("fork")
mine = cache_folder()
def work(queue):
    queue.put((str(cache_folder()), cache_folder().is_dir()))
queue = context.Queue()
child = context.Process(target=work, args=(queue,))
child.start()
other, there = queue.get(timeout=30)
child.join(30)
print(other != str(mine), there, os.path.exists(other), mine.is_dir())
"""
    done = _python(script, LENET_CACHE="/dev/null/cache", TMPDIR=str(tmp_path))
    assert done.stdout.split() == ["True", "True", "False", "True"], done.stderr
    assert len(done.stderr.splitlines()) == 1 and not list(tmp_path.glob("lenet-cache-*"))


def test_no_folder_at_all_is_one_message() -> None:
    script = """
import tempfile
from lenet.compiler.jit.folders import cache_folder
from lenet.dsl.errors import LenetError
def nowhere(**_):
    raise FileNotFoundError("No usable temporary directory found")
tempfile.mkdtemp = nowhere
try:
    cache_folder()
except LenetError as error:
    print(error)
"""
    done = _python(script, LENET_CACHE="/dev/null/cache")
    title, _, fix = done.stdout.splitlines()
    assert title == "there is no folder for compiled kernels" and "LENET_CACHE" in fix
    assert not done.stderr


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EROFS, "set LENET_CACHE"),
        (errno.EACCES, "set LENET_CACHE"),
        (errno.EPERM, "set LENET_CACHE"),
        (errno.ENOTDIR, "remove the file"),
    ],
)
def test_advice_fits_the_cause(number: int, words: str) -> None:
    cause, cure = cause_and_cure(OSError(number, os.strerror(number)))
    assert words in cure and ("space" in cure) == (number in (errno.ENOSPC, errno.EDQUOT))
    assert "LENET_CACHE" in cure and cause


def test_a_full_disk_costs_the_cache_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(kept._Files, "save", full)
    loaded = load(compile_graph(check_graph("input 9\nlinear 2", "x")))
    assert not loaded.compile("predict_slice").from_cache
    (line,) = capfd.readouterr().err.splitlines()
    assert "No space left on device" in line and "free some space" in line


COMPILE = """
from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check_graph
loaded = load(compile_graph(check_graph('input 11\\nlinear 2', 'x')))
print(loaded.compile('predict_slice').from_cache)
"""


def _flip_a_bit(file: Path, others: list[Path]) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _swap(file: Path, others: list[Path]) -> None:
    """Sound files, each in the place of another function's."""
    other = next(other for other in others if other.suffix == file.suffix and other != file)
    other.write_bytes(file.read_bytes())


SPOIL: list[Callable[[Path, list[Path]], object]] = [
    _flip_a_bit, _swap,
    lambda file, _: file.write_bytes(file.read_bytes()[:50]),
    lambda file, _: file.chmod(0o666),
]  # fmt: skip


def test_damaged_or_foreign_entries_are_compiled_anew(tmp_path: Path) -> None:
    """Machine code that is not what was written would end the process, or do anything at all. Each
    way to spoil a file is tried on some of the indices, and on some of the others."""
    place = load(compile_graph(check_graph("input 11\nlinear 2", "x"))).path.parents[1] / CODE
    environment = {"HOME": str(tmp_path)}
    assert _python(COMPILE, **environment).stdout == "False\n"
    assert _python(COMPILE, **environment).stdout == "True\n"
    indices, code = sorted(place.glob("*.nbi")), sorted(place.glob("*.nbc"))
    assert len(indices) == len(code) >= len(SPOIL)
    # A spoilt index hides what is wrong with the code behind it, so first the one, then the other.
    for files in (indices, code):
        for number, file in enumerate(files):
            SPOIL[number % len(SPOIL)](file, files)
        done = _python(COMPILE, **environment)
        assert done.stdout == "False\n" and not done.stderr
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
        assert _python(COMPILE, **environment).stdout == "True\n"


@needs_root
def test_entries_of_somebody_else_are_not_run(tmp_path: Path) -> None:
    file = tmp_path / "kernels.nbc"
    write_own(file, b"code")
    assert read_own(file) == b"code"
    os.chown(file, UID, UID)
    with pytest.raises(PermissionError):
        read_own(file)


def test_kernels_that_others_have_changed_are_written_anew(tmp_path: Path) -> None:
    """Python's own cache of a module's code would be believed by the module's time and size."""
    place = load(compile_graph(check_graph("input 11\nlinear 2", "x"))).path
    assert _python(COMPILE, HOME=str(tmp_path)).stdout == "False\n"
    assert not (place.parent / "__pycache__").exists()
    source = place.read_bytes()
    place.write_bytes(source.replace(b"import numpy", b"print(1); import numpy"))
    assert _python(COMPILE, HOME=str(tmp_path)).stdout == "True\n"
    assert place.read_bytes() == source


def test_numbas_own_variables_do_not_matter(tmp_path: Path) -> None:
    variables = {"NUMBA_CACHE_DIR": "/dev/null/x", "NUMBA_CACHE_LOCATOR_CLASSES": "Nonsense"}
    done = _python(PREDICT, HOME=str(tmp_path), **variables)
    assert done.stdout.splitlines()[0] == "True" and not done.stderr
    assert list((tmp_path / ".cache" / "lenet" / "kernels").glob("*/*.nbi"))


def test_nothing_is_cached_beside_the_source() -> None:
    assert not [p for p in (ROOT / "compiler").rglob("exact.*.nbi") if p.stat().st_mtime > _began]


_began = time.time()


def test_load_into_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "kernels").write_text("")
    with pytest.raises(LenetError, match="cannot keep compiled kernels") as caught:
        load(compile_graph(check_graph("input 6\nlinear 3", "x")), tmp_path)
    assert "remove the file" in caught.value.fix


@needs_root
@pytest.mark.large
@pytest.mark.parametrize("home", [None, "read-only"])
def test_a_user_without_name_and_home(home: str | None) -> None:
    """An installation of root's, and a working folder that is read-only."""
    spec = str(ROOT / "specs" / "digits.lenet")
    with nobody() as user:
        variables = {"HOME": str(user.closed)} if home else {}
        run, picture = user.temporary / "run", user.temporary / "picture.png"
        model = f"{run}/model.safetensors"
        Image.new("L", (8, 8)).save(picture)
        commands = [
            ["train", spec, "--engine", "local", "--epochs", "1", "-o", str(run)],
            ["compile", spec],
            ["evaluate", model],
            ["predict", model, str(picture)],
        ]
        results = [
            user.lenet(*arguments, **variables) for arguments in commands[: 4 if home else 1]
        ]
        script = f"import lenet, numpy\nmodel = lenet.open({model!r})\n"
        script += "model.predict(numpy.zeros((1, 64), numpy.uint8))"
        results.append(user.run("-c", script, **variables))
        for done in results:
            assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
            lines = [line for line in done.stderr.splitlines() if line.startswith("lenet: ")]
            assert len(lines) == 1 and "set LENET_CACHE to a folder that you can" in lines[0]
        assert not list(user.temporary.glob("lenet-*")) and not list(user.closed.iterdir())


def _python(script: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, cwd=ROOT,
        env=environment,
    )  # fmt: skip
