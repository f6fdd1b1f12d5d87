"""Every spec at every stage, as text; `pytest --update-golden` rewrites it, then read the diff."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lenet.api import load
from lenet.compiler import pipeline
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.target import Target
from lenet.dsl import graph
from lenet.dsl.check import check
from lenet.dsl.syntax import tree as syntax
from lenet.shapes import shapes, shapes_text

SPECS = sorted((Path(__file__).parents[1] / "specs").glob("*.lenet"))
# Of the others, whose texts would be long, there are the shapes alone: they come to these stages by
# the same words.
SHORT = {
    *("digits", "lenet1", "lenet4", "lenet5", "lenet5-1998", "lenet5-best", "mlp", "mnist-7k"),
    *("alexnet-2012", "autoencoder", "resnet20", "unet"),
}
HEAD = """# The nets of specs/

<!-- Written by `pytest tests/test_golden.py --update-golden`: edit the specs instead. -->

Each is a file with its data and its training, as its paper has them. Blocks that several share lie
in [specs/blocks](../specs/blocks). Parameters are those that are trained; multiply-adds are for one
image, as `lenet shapes` counts them.

| net | what it is | input | parameters | multiply-adds |
| --- | --- | --- | ---: | ---: |"""
Golden = Callable[[str, str], None]
TARGET = Target("golden", 32, 16)


@pytest.fixture(params=SPECS, ids=lambda path: path.stem)
def spec(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


@pytest.fixture(params=[spec for spec in SPECS if spec.stem in SHORT], ids=lambda path: path.stem)
def short(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


def test_there_are_specs() -> None:
    assert {spec.stem for spec in SPECS} >= SHORT


def test_shapes(spec: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "host", lambda: TARGET)  # the memory depends on it
    table = shapes(load(spec).graph, f"specs/{spec.name}")
    golden(f"golden/{spec.stem}.shapes.txt", shapes_text(table))
    if spec.stem in SHORT:
        golden(f"golden/{spec.stem}.shapes.json", json.dumps(table, indent=2) + "\n")


def test_syntax(short: Path, golden: Golden) -> None:
    golden(f"golden/{short.stem}.syntax.txt", syntax.draw(check(short.read_text()).tree))


def test_graph(short: Path, golden: Golden) -> None:
    golden(f"golden/{short.stem}.graph.txt", graph.draw(load(short).graph))


def test_kernels(short: Path, golden: Golden) -> None:
    program = compile_graph(load(short).graph, TARGET)
    golden(f"golden/{short.stem}.kernels.txt", program.source)


def test_the_table_of_the_specs(golden: Golden) -> None:
    """docs/specs.md: what each file says of itself above its net, and its counts."""
    rows = [_row(spec) for spec in SPECS]
    golden("../docs/specs.md", "\n".join([HEAD, *rows]) + "\n")


def _row(spec: Path) -> str:
    about = itertools.takewhile(lambda line: line.startswith("#"), spec.read_text().splitlines())
    net = load(spec).graph
    totals = shapes(net, spec.name)["totals"]
    text = " ".join(line.removeprefix("#").strip() for line in about).replace("*", r"\*")
    size = "x".join(map(str, net.input))
    link = f"[{spec.stem}](../specs/{spec.name})"
    return f"| {link} | {text} | {size} | {totals['parameters']:,} | {totals['macs']:,} |"


def test_every_golden_file_has_a_spec() -> None:
    folder = Path(__file__).parent / "golden"
    known = {spec.stem for spec in SPECS}
    assert {path.name.split(".")[0] for path in folder.iterdir()} <= known
