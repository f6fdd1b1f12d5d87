"""What is shown of names from outside: never a character that a terminal obeys or nobody sees."""

import ast
import json
import logging
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from test_architecture import FILES, ROOT, named, parsed
from test_cli_train import run
from test_lsp import Client, talk
from test_terminal import in_a_terminal

import lenet
from lenet.dsl.check import check
from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean, clean_json, clean_lines, escape
from lenet.dsl.messages.diagnostics import Diagnostic, render
from lenet.dsl.syntax.tree import Span
from lenet.notebook import progress as notebook
from lenet.notebook.progress import Notebook, State
from lenet.runtime.events import DataCounted, SparkStarted, StageFailed, Warned
from lenet.terminal.console import show_error
from lenet.terminal.progress import Bars, JsonLog, Lines

CLASSES = ("\x1b[31mcat", "a\u202eb", "x\u200by", "new\nline", "<b>&\x7f\x9b")
SPEC = """\
input 1x4x4
flatten
linear 5
logsoftmax
data images "pictures\u200b"
train
  loss nll
  rate 0.1
  batch 16
  stop after 1 epoch
  log parameters every epoch
"""
_DIRTY = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def is_dirty(text: str) -> bool:
    return any(unicodedata.category(c) in _DIRTY and c != "\n" for c in text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec and its pictures, of classes with hostile names, below such a folder."""
    folder = tmp_path_factory.mktemp("clean") / "\x1b]0;title\x07\nfolder"
    rng = np.random.default_rng(1)
    for part, count in (("train", 4), ("test", 2)):
        for name in CLASSES:
            own = folder / "pictures\u200b" / part / name
            own.mkdir(parents=True)
            for k in range(count):
                values = rng.integers(0, 256, (4, 4), np.uint8)
                Image.fromarray(values).save(own / f"{k}\u2066.png")
    (folder / "net\u202e.lenet").write_text(SPEC)
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> lenet.Model:
    """Of those pictures, trained by the command line into the folder's `run`."""
    spec, out = folder / "net\u202e.lenet", folder / "run"
    result = run("train", spec, "--engine", "local", "-o", out)
    assert result.exit_code == 0, result.output
    assert not is_dirty(result.output) and "\\u202e" in result.output
    return lenet.open(out / "model.safetensors")


def test_every_character() -> None:
    characters = map(chr, (*range(0x30000), *range(0xE0000, 0xE0200)))
    dirty = "".join(c for c in characters if is_dirty(c)) + "\n"
    shown = clean(dirty)
    assert shown.isascii() and shown.isprintable() and shown.count("\\") == len(dirty)
    assert all(json.loads(clean_json(c)) == c for c in dirty)
    assert not is_dirty(clean_json(dirty)) and "\n" not in clean_json(dirty)
    assert not is_dirty(escape(dirty.replace("\t", "")))


def test_what_they_look_like() -> None:
    assert clean("\x1b[31m\t\n\r\x7f\x9b") == r"\x1b[31m\t\n\r\x7f\x9b"
    assert clean("\u202e\u200b\u2066\u061c\ufeff\u2028") == r"\u202e\u200b\u2066\u061c\ufeff\u2028"
    assert clean("b\udcffse\U000e0041") == r"b\xffse\U000e0041"
    assert clean("می\u200cخواهم ❤\ufe0f") == r"می\u200cخواهم ❤\ufe0f"
    for same in ("Größe", "e\u0301a\u0308", "猫", "ภาษาไทย", "हिन्दी", "🙂", r"C:\x", "a b"):
        assert clean(same) == same
    assert clean_lines("a\n\tb\x1b") == "a\n\tb\\x1b"
    assert clean_json({"größe": "\x7f\u202e\n"}) == '{"größe": "\\u007f\\u202e\\n"}'
    assert escape("<\x1b>") == "&lt;\\x1b&gt;"


def test_errors_in_python() -> None:
    error = LenetError("the file a\x1b\nb", "one\ntwo\u202e", "call \x1b", "f(\x1b)")
    assert str(error) == "the file a\\x1b\\nb\none\ntwo\\u202e\nf(\\x1b)"
    assert not is_dirty(repr(error))
    assert error.title == "the file a\x1b\nb"


def test_errors_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A name with a new line cannot pass for another message: it does not begin a line."""
    show_error(LenetError("no a\nerror: b", "one\nerror: two\x1b", "x\nerror: y\u202e"))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        r"error: no a\nerror: b", "  one", r"  error: two\x1b", "  fix: x",
        r"       error: y\u202e",
    ]  # fmt: skip


def test_the_place_below_a_line_with_escapes() -> None:
    source = "\ttanh\u200b oops\u202e\n"
    found = Diagnostic("E001", Span(1, 8, 12), "odd\x1b\nname", "more\x1b", "mend\x1b")
    lines = render(found, "a\nb\x1b.lenet", source).splitlines()
    assert lines[0] == r"error[E001]: odd\x1b\nname"
    assert lines[1] == r" --> a\nb\x1b.lenet:1:8"
    assert lines[2] == r"1 |  tanh\u200b oops\u202e"
    assert lines[3].strip(" |") == "^^^^"
    assert lines[2][lines[3].index("^") :].startswith("oops")
    assert lines[4:] == [r"  = more\x1b", r"  = fix: mend\x1b"]


def test_cells_of_a_table(folder: Path) -> None:
    spec = folder / "table.lenet"
    spec.write_text(
        "table t\n  x\x1b[31m \u202e\n  x . \u200bx\ninput 2x4x4\nconv 2x3x3 connect t\nlinear 3\n"
    )
    result = run("check", spec)
    assert result.exit_code == 1 and "error[" in result.output
    assert not is_dirty(result.output) and "\\u202e" in result.output
    result = run("check", spec, "--json")
    assert not is_dirty(result.output) and json.loads(result.output.splitlines()[0])["title"]


def test_the_language_server_speaks_clean() -> None:
    text = "input 1x4x4\ntanh\u202e oops\nlinear 3\nlinear 3\u200b\n"
    assert check(text).diagnostics

    async def dialogue(client: Client) -> Any:
        return await client.open("untitled:a", text)

    found = talk(dialogue)
    assert found and not any(is_dirty(diagnostic.message) for diagnostic in found)


def test_words_of_the_command_line(folder: Path) -> None:
    assert r"\x1b" in in_a_terminal(folder, "check", "--no\x1bway", code=2)
    assert r"\u202e" in in_a_terminal(folder, "check", "no\u202e", code=1)


def test_predictions(folder: Path, model: lenet.Model) -> None:
    file, pictures = folder / "run" / "model.safetensors", folder / "pictures\u200b" / "test"
    assert set(model.classes) == set(CLASSES)
    plain = run("predict", file, pictures)
    assert plain.exit_code == 0 and not is_dirty(plain.output)
    assert len(plain.output.splitlines()) == 10, "a name with a new line is one line"
    rows = [
        json.loads(line) for line in run("predict", file, pictures, "--json").output.splitlines()
    ]
    assert {row["input"] for row in rows} == {str(p) for p in pictures.rglob("*.png")}
    assert not is_dirty(run("predict", file, pictures, "--json").output)
    table = run("predict", file, pictures, "--csv").output
    assert "\u2066" in table, "programs read the true names"


def test_a_terminal_shows_tables_clean(folder: Path, model: lenet.Model) -> None:
    out = in_a_terminal(folder, "predict", "run/model.safetensors", "pictures\u200b/test", "--csv")
    assert not is_dirty(out.replace("\r\n", "\n")) and r"\u2066.png" in out


def test_python_shows_them_clean(folder: Path, model: lenet.Model) -> None:
    images = np.zeros((5, 1, 4, 4), np.uint8)
    images[:] = np.arange(5)[:, None, None, None] * 60
    prediction = model.predict(images)
    named = replace(prediction, classes=np.arange(5))
    spec = lenet.load(folder / "net\u202e.lenet")
    dataset = lenet.datasets.load("digits")
    for value in (model, named, named[0], spec, replace(dataset, name=CLASSES[0])):
        assert not is_dirty(repr(value))
    for value in (model, named, spec):
        page = value._repr_html_()
        assert not is_dirty(page) and "<b>&\\" not in page


def test_the_records_of_a_run(folder: Path, model: lenet.Model) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run_folder = folder / "run"
    for name in ("run.json", "history.jsonl"):
        assert not is_dirty((run_folder / name).read_text())
    assert json.loads((run_folder / "run.json").read_text())["spec"].endswith("net\u202e.lenet")
    board = EventAccumulator(str(run_folder / "tensorboard")).Reload()
    assert not is_dirty(str(board.Tags()))


def test_progress(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    name = CLASSES[0] + CLASSES[3]
    events = (
        DataCounted(name, 3, 0, {name: 3}, {}, 0.0, 1.0, 0.5, 0, 0),
        StageFailed(name),
        Warned(name, name),
        SparkStarted(name, 1.0),
    )
    bars = Bars(None)
    bars.console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    for lines in (Lines(False), Lines(True), JsonLog(False), JsonLog(True), bars):
        for event in events:
            lines(event)
        lines.download(name, 3, 3)
        lines.say(name)
    bars.bar.stop()
    shown = capsys.readouterr()
    assert not is_dirty(shown.out + shown.err) and "\\x1b[31mcat" in shown.err
    monkeypatch.setattr(notebook, "_PAUSE", 0.0)
    page = Notebook(None)
    pages: list[State] = []
    monkeypatch.setattr(page, "_show", lambda *a, **_: pages.append(State(tuple(page.lines), a[0])))
    for event in events:
        page(event)
    page.download(name, 1, 3)
    assert pages and not any(is_dirty(repr(p) + p._repr_html_()) for p in pages)


@pytest.mark.spark
def test_what_spark_says(spark: Any, caplog: pytest.LogCaptureFixture) -> None:
    from pyspark.sql import functions as F

    from lenet.runtime.spark.failures import run_action

    broken = spark.range(1).select(F.raise_error(F.lit("oh \x1b[31m\u202e no")))
    with caplog.at_level(logging.CRITICAL), pytest.raises(LenetError) as failed:
        run_action(spark, broken.collect)
    assert r"oh \x1b[31m\u202e no" in str(failed.value)


@pytest.mark.spark
def test_hostile_classes_on_spark(spark: Any, folder: Path, model: lenet.Model) -> None:
    trained = lenet.train(folder / "net\u202e.lenet", spark=spark, progress=False)
    assert trained.digest == model.digest and trained.classes == model.classes


OUTLETS = (
    "lenet/terminal/console.py",
    "lenet/terminal/progress.py",
    "compiler/jit/folders.py",
    "runtime/spark/boot.py",
)
_PIPES = (
    "compiler/jit/compile_workers.py",
    "lenet/editor/reference.py",
    "lenet/cli.py",
)  # nothing from outside


def test_all_that_is_printed_goes_through_an_outlet() -> None:
    for path in (path for path in FILES if named(path) not in (*OUTLETS, *_PIPES)):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                named_so = isinstance(node.func, ast.Name | ast.Attribute)
                called = ast.unparse(node.func) if named_so else ""
                plain = called != "print" and "sys.stdout.write" not in called
                assert plain, f"{path}:{node.lineno}"
            if isinstance(node, ast.ImportFrom) and named(path) != "dsl/messages/clean.py":
                assert node.module != "html", f"{path}: lenet.dsl.messages.clean has `escape`"


def test_the_outlets_are_there() -> None:
    assert all((ROOT / name).exists() for name in (*OUTLETS, *_PIPES))
