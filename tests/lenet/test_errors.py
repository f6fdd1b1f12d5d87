"""A mistake in the words of who made it: options at a shell, arguments in Python."""

import ast
import json
import pickle
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lenet
from lenet.cli import app
from lenet.dsl.errors import LenetError
from lenet.runtime.data.dataset import DataError
from lenet.runtime.datasets.mnist import where_to_put
from lenet.runtime.records.run_folder import check_folder
from lenet.runtime.spark.task import ERROR, read_rows
from lenet.runtime.training.communicator import as_error, as_words

ROOT = Path(__file__).parents[2]
PACKAGES = ("dsl", "compiler", "runtime")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
COMMANDS = "bench|check|compile|draw|evaluate|explain|fmt|lsp|predict|shapes|train"
SHELL = re.compile(rf"(?<![\w-])--[a-z][a-z-]*|(?<![\w-])-o\b|\blenet (?:{COMMANDS})\b")
ARGUMENTS = ("title", "detail", "fix", "python")
TINY = "input 1x8x8\nreshape 64\nlinear 10\nlogsoftmax\ndata digits\n"
TINY += "train\n  loss nll\n  rate 0.1\n"


# Both forms.


def test_python_reads_its_own_form(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(LenetError) as caught:
        check_folder(tmp_path, overwrite=False)
    error = caught.value
    assert error.fix == "name another folder with -o, or overwrite it with --force"
    words = "name another folder with output=, or overwrite it with overwrite=True"
    assert str(error).splitlines()[-1] == words
    assert words in "".join(traceback.format_exception(error)) and "--force" not in str(error)


OTHER = TINY.replace("linear 10", "linear 20\ntanh\nlinear 10")


def test_what_is_said_is_what_helps(tmp_path: Path) -> None:
    """The fix of the message, followed to the letter."""
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(LenetError, match="overwrite=True"):
        lenet.train(TINY, engine="local", epochs=1, output=tmp_path)
    model = lenet.train(TINY, engine="local", epochs=1, output=tmp_path, overwrite=True)
    assert lenet.open(tmp_path / "model.safetensors").digest == model.digest
    with pytest.raises(LenetError, match="in place of resume=True"):
        lenet.train(OTHER, engine="local", epochs=1, output=tmp_path,
                    resume=True)  # fmt: skip
    lenet.train(OTHER, engine="local", epochs=1, output=tmp_path,
                overwrite=True)  # fmt: skip


def test_the_command_line_keeps_its_words(tmp_path: Path) -> None:
    (tmp_path / "net.lenet").write_text(TINY)
    (tmp_path / "model.safetensors").write_bytes(b"")
    done = CliRunner().invoke(app, ["train", str(tmp_path / "net.lenet"), "-o", str(tmp_path)])
    assert done.exit_code == 1 and "-o, or overwrite it with --force" in done.stderr
    assert "overwrite=True" not in done.stderr


def test_an_error_without_two_forms_says_the_same_to_both() -> None:
    assert str(LenetError("a", "b", "c")) == "a\nb\nc" and str(LenetError("a")) == "a"


@pytest.mark.parametrize("kind", [LenetError, DataError])
def test_both_forms_travel(kind: type[LenetError]) -> None:
    error = kind("title", "detail", "--fix", "fix=True")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and again.words == error.words and str(again) == str(error)
    over_sockets = as_error(json.loads(json.dumps(as_words(error))))
    assert isinstance(over_sockets, LenetError) and over_sockets.words == error.words
    with pytest.raises(LenetError) as from_a_task:
        read_rows([(ERROR, json.dumps(error.words), b"")])
    assert from_a_task.value.words == error.words


def test_a_spec_with_mistakes_travels() -> None:
    with pytest.raises(LenetError) as caught:
        lenet.load("input 8\nfoo\n")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.diagnostics == caught.value.diagnostics


def test_a_folder_of_data_is_named_in_python() -> None:
    shell, python = where_to_put(Path("/data"))
    assert "--data" in shell and "data= of lenet.train" in python


# All of them, by their source.


def errors_in(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and re.fullmatch(r"\w*Error", name) and name in KINDS:
            yield node


def kinds() -> set[str]:
    """LenetError and what is made of it, but for SpecError, whose words are the checker's."""
    found, before = {"LenetError"}, 0
    trees = [ast.parse(path.read_text()) for path in FILES]
    while len(found) > before:
        before = len(found)
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    bases = {getattr(base, "id", "") for base in node.bases}
                    found |= {node.name} if bases & found else set()
    return found - {"SpecError"}


def meanings(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """What the names of a file may stand for: values that they get, and what functions return."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            for name in names:
                found.setdefault(name, []).append(node.value)
        elif isinstance(node, ast.FunctionDef):
            backs = [n for n in ast.walk(node) if isinstance(n, ast.Return)]
            found.setdefault(node.name, []).extend(n.value for n in backs if n.value is not None)
    return found


def texts(node: ast.AST, known: dict[str, list[ast.expr]]) -> str:
    """Every text that an argument may hold: names and functions of the file are followed."""
    found, seen, waiting = [], set(), [node]
    while waiting:
        for part in ast.walk(waiting.pop()):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                found.append(part.value)
            elif isinstance(part, ast.Name) and part.id not in seen:
                seen.add(part.id)
                waiting += known.get(part.id, [])
    return " ".join(found)


def faults(source: str) -> list[int]:
    """The lines of errors that speak of the command line to who calls from Python."""
    tree = ast.parse(source)
    found, known = [], meanings(tree)
    for call in errors_in(tree):
        given = dict(zip(ARGUMENTS, call.args, strict=False))
        given |= {word.arg: word.value for word in call.keywords if word.arg}
        both = any(isinstance(argument, ast.Starred) for argument in call.args)
        said = {name: texts(value, known) for name, value in given.items()}
        shell = {name for name, text in said.items() if SHELL.search(text)}
        handed_on = any(
            isinstance(part, ast.Attribute) and part.attr == "fix"
            for value in given.values() for part in ast.walk(value)
        )  # fmt: skip
        wrong_place = shell & ({"title", "detail", "python"} if not both else {"title"})
        if wrong_place or ("python" not in given and not both and (shell or handed_on)):
            found.append(call.lineno)
    return found


KINDS = kinds()


def test_no_error_speaks_of_options_only() -> None:
    found = {str(path.relative_to(ROOT)): faults(path.read_text()) for path in FILES}
    assert not {path: lines for path, lines in found.items() if lines}


def test_all_kinds_of_errors_are_looked_at() -> None:
    assert {"LenetError", "DataError", "OtherJobError"} <= KINDS
    assert sum(len(list(errors_in(ast.parse(path.read_text())))) for path in FILES) > 100


@pytest.mark.parametrize(
    "source",
    [
        'raise LenetError("a", "", "use --engine local")',
        'raise DataError("a", fix="name it with -o")',
        'raise LenetError("a --set", "", "b", "b")',
        'raise LenetError("a", "see `lenet train`", "b", "b")',
        'raise LenetError("a", "", "use --x", "use --x")',
        'FIX = "use --engine local"\nraise LenetError("a", "", FIX)',
        'def fix():\n    return "use --x"\nraise LenetError("a", "", fix())',
        'fix = "use "\nfix += "--x"\nraise LenetError("a", "", f"{fix} now")',
        'raise LenetError(error.title, "detail", error.fix)',
    ],
)
def test_the_search_finds_them(source: str) -> None:
    assert faults(source)


@pytest.mark.parametrize(
    "source",
    [
        'raise LenetError("a", "a - b -other", "c")',
        'raise LenetError("a", "", "use --engine local", \'use engine="local"\')',
        'raise LenetError(error.title, "detail", error.fix, error.python)',
        'raise LenetError("a", "", "with lenet training")',
    ],
)
def test_the_search_finds_nothing_else(source: str) -> None:
    assert not faults(source)


# Where nothing is left to go on from, no fix says so.


def test_a_failed_stage_names_its_run_only_where_it_has_one(tmp_path: Path, monkeypatch) -> None:
    from types import SimpleNamespace
    from unittest.mock import MagicMock

    from lenet.runtime.records.checkpoint import Checkpoints, Folder, Memory
    from lenet.runtime.spark import engine

    def failing(*_: object) -> None:
        raise engine._StageFailedError("lost")

    monkeypatch.setattr(engine, "_attempt", failing)
    monkeypatch.setattr(engine, "F", MagicMock())
    said = []
    for store, progress in ((Memory(), 3), (Folder(tmp_path), 0), (Folder(tmp_path), 3)):
        checkpoints = Checkpoints(store, "job", print)
        desk = SimpleNamespace(progress=progress, checkpoints=checkpoints)
        with pytest.raises(LenetError) as caught:
            engine.train_on_spark(MagicMock(), MagicMock(), MagicMock(), MagicMock(), desk)  # type: ignore[arg-type]
        said.append(caught.value)
    assert [error.fix for error in said[:2]] == ["", ""]
    assert "--resume" in said[2].fix and "resume=True" in str(said[2])
