"""`lenet check`, `fmt`, `explain`, `shapes`, `draw`, `compile` as people and programs see them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from program import called

from lenet import __version__

ROOT = Path(__file__).parents[2]
LENET5 = "specs/lenet5.lenet"
BAD = "tests/bad/E010.lenet"
WARNED = "tests/bad/W001.lenet"
PROGRAM = "import sys; sys.argv[0] = 'lenet'; from lenet.cli import main; main()"
STAGES = ("syntax", "graph", "kernels")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


def lenet(*arguments: str, **variables: str) -> Done:
    """Calls `lenet`, whose output is no terminal, and sees to it that no user ever sees a
    traceback."""
    done = Done(*called(arguments, ROOT, {"COLUMNS": "100", **variables}))
    assert "Traceback" not in done.err
    assert "\033" not in done.out + done.err, "colour in a file"
    return done


# check


def test_a_good_file() -> None:
    done = lenet("check", LENET5)
    assert done == Done(0, f"{LENET5}: ok, 22,278 parameters\n", "")


def test_a_bad_file() -> None:
    done = lenet("check", BAD)
    assert done.code == 1
    assert done.out == f"{BAD}: 1 error\n"
    expected = (ROOT / "tests/bad/E010.txt").read_text().replace("E010.lenet", BAD)
    assert done.err.rstrip() == expected.rstrip()


def test_warnings_do_not_fail() -> None:
    done = lenet("check", WARNED)
    assert done.code == 0
    assert done.out == f"{WARNED}: ok, 1 warning, 0 parameters\n"
    assert done.err.startswith("warning[W001]: ")


def test_a_file_of_blocks_needs_no_net(tmp_path: Path) -> None:
    blocks = "specs/blocks/squeeze.lenet"
    assert lenet("check", blocks) == Done(0, f"{blocks}: ok, definitions and no net\n", "")
    assert lenet("check", "--json", "--strict", blocks) == Done(0, "", "")
    assert "E020" in lenet("shapes", blocks).err, "which needs one"
    path = tmp_path / "b.lenet"
    for text, code in (
        ("let width = 3\n", ""),
        ("table t\n  X .\n  . X\n", ""),
        ('import "c.lenet"\n', "E020"),
        ("# nothing\n", "E020"),
        ("", "E020"),
        ("block b\n  dense 3\n", "E010"),
        ("block b\n  tanh\nrelu\n", "E020"),
        ("block b\n  tanh\ntrain\n  rate 0.1\n", "E020"),
    ):
        path.write_text(text)
        (tmp_path / "c.lenet").write_text("block c\n  tanh\n")
        done = lenet("check", str(path))
        assert done.code == bool(code) and code in done.err, text


def test_several_files() -> None:
    done = lenet("check", LENET5, BAD, WARNED)
    assert done.code == 1
    assert [line.split(": ")[0] for line in done.out.splitlines()] == [LENET5, BAD, WARNED]
    assert "E010" in done.err
    assert "W001" in done.err


def test_check_for_programs() -> None:
    done = lenet("check", "--json", LENET5, BAD, WARNED, "tests/bad/E022.lenet")
    assert (done.code, done.err) == (1, "")
    first, second, third = done.objects
    assert first == {
        "code": "E010",
        "severity": "error",
        "file": BAD,
        "line": 2,
        "column": 1,
        "end_line": 2,
        "end_column": 6,
        "title": "there is no layer called `dense`",
        "detail": "",
        "fix": "did you mean `linear`? For example `linear 100`",
        "related": [],
    }
    assert (second["code"], second["severity"]) == ("W001", "warning")
    assert third["related"] == [
        {"file": "tests/bad/E022.lenet", "line": 2, "column": 15, "label": "first named here"}
    ]
    assert lenet("check", "--json", LENET5) == Done(0, "", "")
    assert lenet("check", "--json", WARNED).code == 0


def test_settings(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text("let width = 3\ninput 4\nlinear width\n")
    assert lenet("check", str(path)).out.endswith("ok, 15 parameters\n")
    assert lenet("check", str(path), "--set", "width=1+1").code == 1
    assert lenet("check", str(path), "--set", "width=2").out.endswith("ok, 10 parameters\n")
    table = lenet("shapes", "--json", str(path), "--set", "width=2").objects[0]
    assert table["totals"]["parameters"] == 10  # type: ignore[index]
    assert lenet("check", str(path), "--set", "width=0").code == 1


@pytest.mark.parametrize(
    ("setting", "code", "words"),
    [
        ("width", 2, "NAME=VALUE"),
        ("=3", 2, "NAME=VALUE"),
        ("width=wide", 1, "not a number"),
        ("width=1/0", 1, "not a number"),
        ("width=", 1, "not a number"),
        ("widht=3", 1, "`width`"),
    ],
)
def test_bad_settings(tmp_path: Path, setting: str, code: int, words: str) -> None:
    path = tmp_path / "net.lenet"
    path.write_text("let width = 3\ninput width\n")
    done = lenet("check", str(path), "--set", setting)
    assert done.code == code
    assert words in done.err
    assert done.out == ""


@pytest.mark.parametrize("command", ["check", "shapes", "compile"])
def test_files_that_cannot_be_read(command: str, tmp_path: Path) -> None:
    binary = tmp_path / "binary.lenet"
    binary.write_bytes(bytes(range(256)))
    utf16, latin = tmp_path / "utf16.lenet", tmp_path / "latin.lenet"
    utf16.write_text("input 8\n# Gr\u00f6\u00dfe\n", encoding="utf-16")
    latin.write_text("input 8\n# Gr\u00f6\u00dfe\n", encoding="latin-1")
    model = tmp_path / "model.safetensors"
    model.write_bytes(b"\x02" + b"\0" * 7 + b"{}" + b"\xff" * 99)
    empty = tmp_path / "empty.lenet"
    empty.write_text("")
    long = tmp_path / "long.lenet"
    long.write_text("input 8\n" + "relu\n" * 2_000_000)
    for path, words in (
        (tmp_path / "missing.lenet", "cannot read"),
        (tmp_path, "cannot read"),
        (binary, "fix: is this really a .lenet file?"),
        (utf16, "fix: save the file as UTF-8"),
        (latin, "fix: save the file as UTF-8"),
        (model, "model.safetensors is a model, and no .lenet file"),
        (empty, "there is no net"),
        (long, "too long"),
    ):
        done = lenet(command, str(path))
        assert done.code == 1
        assert words in done.err
        assert path.name in done.err


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "b.lenet").write_text("input 8\nrelu\n")
    (tmp_path / "more" / "a.lenet").write_text('import "../lib.txt"\ninput 8\nsquash\n')
    (tmp_path / "lib.txt").write_text("block squash\n  tanh\n")
    done = lenet("check", str(tmp_path))
    assert done.code == 0 and [Path(x.split(":")[0]).name for x in done.out.splitlines()] == [
        "b.lenet", "a.lenet",
    ]  # fmt: skip
    (tmp_path / "empty").mkdir()
    done = lenet("check", str(tmp_path / "empty"))
    assert done.code == 1 and "has no .lenet files" in done.err


def test_strictly_a_warning_is_an_error() -> None:
    done = lenet("check", "--strict", WARNED)
    assert done.code == 1 and done.out == f"{WARNED}: 1 error\n"
    assert done.err.startswith("error[W001]: ")
    (found,) = lenet("check", "--strict", "--json", WARNED).objects
    assert (found["code"], found["severity"]) == ("W001", "error")


def test_an_allowed_warning_is_none(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text("input 1x9x9\nmaxpool 2  # the border is empty; allow W001: no\n")
    assert lenet("check", "--strict", str(path)).code == 1
    path.write_text("input 1x9x9\nmaxpool 2  # allow W001\n")
    assert lenet("check", "--strict", str(path)).code == 0


def test_fix(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text("input 1x8x8\nConv2d 4x3x3 strid 1   # mine\nlinear 10 -> 9\nfoo\n")
    done = lenet("check", "--fix", str(path))
    assert done.code == 1 and "fixed 4 mistakes" in done.err
    assert path.read_text() == (
        "input 1x8x8\nconv 4x3x3 stride 1   # mine\nflatten\nlinear 10 -> 10\nfoo\n"
    )
    assert "there is no layer called `foo`" in done.err  # which only its writer can mend
    before = path.stat().st_mtime_ns
    lenet("check", "--fix", str(path))
    assert path.stat().st_mtime_ns == before


def test_colours_are_for_terminals() -> None:
    """And not even there with NO_COLOR."""
    import pty

    for variables, wanted in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        main_end, child_end = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", **variables}
        if "NO_COLOR" not in variables:
            environment.pop("NO_COLOR", None)
        subprocess.run(
            [sys.executable, "-c", PROGRAM, "check", BAD], stderr=child_end, cwd=ROOT,
            stdout=subprocess.DEVNULL, env=environment, timeout=60,
        )  # fmt: skip
        os.close(child_end)
        text = os.read(main_end, 10_000).decode()
        os.close(main_end)
        assert "error[E010]" in text and ("\033[" in text) == wanted


def test_a_net_beyond_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    body = "".join(f"linear 40000    as a{k}\nrelu\n" for k in range(60))
    path.write_text(f"input 1x28x28\nreshape 784\n{body}linear 10\ndata mnist\ntrain\n  rate 0.1\n")
    done = lenet("check", str(path))
    assert done.code == 0 and "warning[W008]: training would need" in done.err
    assert "make the net smaller, or train it on another machine" in done.err
    wide = tmp_path / "wide.lenet"
    wide.write_text(
        "input 3x224x224\n" + "conv 64x3x3 pad 1\nbatchnorm\nrelu\n" * 9 + "avgpool all\n"
        'linear 10\ndata images "x"\n  resize 224x224\ntrain\n  rate 0.1\n  batch 1024\n'
    )
    assert "write `batch " in lenet("check", str(wide)).err
    assert lenet("check", "--strict", str(path)).code == 1
    path.write_text(path.read_text().replace("\ntrain\n", "\ntrain  # allow W008\n"))
    assert lenet("check", "--strict", str(path)).code == 0


def test_fixes_go_where_a_link_leads(tmp_path: Path) -> None:
    path, link = tmp_path / "net.lenet", tmp_path / "link.lenet"
    path.write_text("input   8\nlinear 3\n")
    path.chmod(0o600)
    link.symlink_to(path)
    assert lenet("fmt", str(link)).code == 0
    assert link.is_symlink() and path.read_text().startswith("input 8\n")
    assert path.stat().st_mode & 0o777 == 0o600


# fmt, explain, draw


def test_fmt(tmp_path: Path) -> None:
    path = tmp_path / "net.lenet"
    path.write_text("input   8\nlinear 3   as a\n")
    assert lenet("fmt", "--check", str(path)).code == 1
    done = lenet("fmt", "--diff", str(tmp_path))
    assert done.code == 1 and "+input 8\n+linear 3    as a\n" in done.out
    assert path.read_text().startswith("input   8")
    assert lenet("fmt", str(path)).code == 0
    assert path.read_text() == "input 8\nlinear 3    as a\n"
    assert lenet("fmt", "--check", str(path)) == Done(0, "", "")
    assert lenet("fmt", "--shapes", str(path)).code == 0
    assert path.read_text() == "input 8\nlinear 3    as a   -> 3\n"
    assert lenet("fmt", str(tmp_path / "none.lenet")).code == 1


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("conv", "conv: A convolution"),
        ("E012", "`conv` needs its size"),
        ("w001", "W001: rows or columns that are never read"),
        ("stride", "stride, an option of"),
        ("train", "rate 0.4 decay 0.0002"),
        ("rate", "a line of the section train"),
        ("cifar10", "3x32x32, 10 classes"),
        ("repeat", "repeat 3 as stage1"),
        ("Dense", "Dense is called `linear` here"),
        ("Adam", "gradient descent"),
        ("pixelshuffle", "There is no layer called `pixelshuffle`"),
    ],
)
def test_explain(word: str, text: str) -> None:
    done = lenet("explain", word)
    assert done.code == 0 and text in done.out


def test_explain_lists_everything() -> None:
    listed = lenet("explain").out
    for word in ("conv", "batchnorm", "stride ", "repeat", "Section train", "E010", "W007"):
        assert word in listed


def test_explain_what_is_not_there() -> None:
    done = lenet("explain", "lineer")
    assert done.code == 1 and "did you mean `linear`?" in done.err
    assert "lists all that there is" in lenet("explain", "xyzzy").err


@pytest.mark.parametrize("spec", ["lenet5", "resnet20", "lenet5-1998"])
def test_draw(spec: str, tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    path = tmp_path / "net.svg"
    done = lenet("draw", f"specs/{spec}.lenet", "-o", str(path))
    assert (done.code, done.err) == (0, f"wrote {path}\n")
    text = path.read_text()
    ElementTree.fromstring(text)
    golden(f"golden/{spec}.svg", text)


@pytest.mark.parametrize("name", ["net.png", "net.pdf", "net", "net.svg.gz"])
def test_only_svg_is_drawn(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    done = lenet("draw", LENET5, "-o", str(path))
    assert (done.code, done.out) == (2, "")
    said = " ".join(done.err.replace("│", " ").split()).replace(" ", "")
    assert "writesSVG" in said and f"nameit{path.with_suffix('.svg')}" in said
    assert not path.exists()
    upper = tmp_path / "NET.SVG"
    assert lenet("draw", LENET5, "-o", str(upper)).code == 0 and upper.exists()


def test_shapes_of_blocks_are_folded(golden: Callable[[str, str], None]) -> None:
    done = lenet("shapes", "specs/resnet20.lenet")
    golden("golden/resnet20.folded.txt", done.out)
    expanded = (ROOT / "tests/golden/resnet20.shapes.txt").read_text()
    assert lenet("shapes", "--expand", "specs/resnet20.lenet").out == expanded


def test_a_flood_of_mistakes_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "junk.lenet"
    path.write_text("@\n" * 500)
    done = lenet("check", str(path))
    assert done.out == f"{path}: 500 errors\n"
    assert done.err.count("error[E001]") == 100
    assert "and 400 more" in done.err
    assert len(lenet("check", "--json", str(path)).objects) == 500


# shapes


def test_shapes() -> None:
    expected = (ROOT / "tests/golden/lenet5.shapes.txt").read_text()
    assert lenet("shapes", LENET5) == Done(0, expected, "")


def test_shapes_for_programs() -> None:
    done = lenet("shapes", "--json", LENET5)
    assert (done.code, done.err) == (0, "")
    (table,) = done.objects
    assert table == json.loads((ROOT / "tests/golden/lenet5.shapes.json").read_text())
    assert {"spec", "digest", "layers", "totals"} <= set(table)
    assert table["spec"] == LENET5
    layers, totals = table["layers"], table["totals"]
    assert isinstance(layers, list) and isinstance(totals, dict)
    keys = {"line", "kind", "name", "shape", "parameters", "macs", "activation_bytes"}
    assert all(keys <= set(layer) for layer in layers)
    assert {"parameters", "macs", "training_bytes", "prediction_bytes"} <= set(totals)
    assert layers[1]["shape"] == [6, 24, 24]
    assert totals["parameters"] == sum(layer["parameters"] for layer in layers) == 22278
    assert totals["macs"] == sum(layer["macs"] for layer in layers)


def test_shapes_of_a_bad_file() -> None:
    done = lenet("shapes", BAD)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error[E010]")
    assert done.err.endswith(f"{BAD} has 1 error\n")


# compile


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_seen(stage: str) -> None:
    done = lenet("compile", LENET5, "--emit", stage)
    assert (done.code, done.err) == (0, "")
    if stage == "kernels":  # which hold this machine's name and width
        compile(done.out, "kernels", "exec")
    else:
        assert done.out == (ROOT / f"tests/golden/lenet5.{stage}.txt").read_text()


def test_every_pass_can_be_seen() -> None:
    from lenet.compiler.passes import PASSES

    for function in PASSES:
        done = lenet("compile", LENET5, "--emit", function.__name__)
        assert done.code == 0
        assert done.out.startswith("input = input()")


def test_compile_into_a_file(tmp_path: Path) -> None:
    path = tmp_path / "graph.txt"
    done = lenet("compile", LENET5, "--emit", "graph", "-o", str(path))
    assert (done.code, done.out) == (0, "")
    assert str(path) in done.err
    assert path.read_text() == (ROOT / "tests/golden/lenet5.graph.txt").read_text()


def test_an_unknown_stage() -> None:
    done = lenet("compile", LENET5, "--emit", "assembler")
    assert (done.code, done.out) == (2, "")
    assert all(stage in done.err for stage in STAGES)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = lenet("compile", LENET5, "--emit", "graph", "-o", str(tmp_path / "file" / "graph.txt"))
    assert (done.code, done.out) == (1, "")
    assert "error: " in done.err


# The program itself


def test_no_arguments_teach() -> None:
    done = lenet()
    assert "lenet check net.lenet" in done.out + done.err
    assert "Usage: " in done.out + done.err


def test_help() -> None:
    done = lenet("--help")
    assert (done.code, done.err) == (0, "")
    for word in ("check", "shapes", "compile", "train", "evaluate", "predict", "export"):
        assert f"  {word} " in done.out
    # The example stands as it would in a file.
    assert "    input 1x28x28\n" in done.out
    assert "  loss nll\n" in done.out


@pytest.mark.parametrize("command", ["check", "shapes", "compile", "train", "evaluate", "predict"])
def test_help_of_commands(command: str) -> None:
    done = lenet(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: lenet {command} ")
    assert "--json" in done.out or command == "compile"


def test_version() -> None:
    assert lenet("--version") == Done(0, f"lenet {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["frobnicate"], ["check"], ["check", "--frob", LENET5]])
def test_wrong_usage(arguments: list[str]) -> None:
    done = lenet(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Usage: lenet" in done.err


def test_a_reader_that_goes_away() -> None:
    program = f'"{sys.executable}" -c "{PROGRAM}" compile {LENET5} --emit kernels'
    done = subprocess.run(f"{program} | head -n 1", shell=True, cwd=ROOT, capture_output=True)
    assert done.stderr == b""
