"""Every spec at every stage, as text; `pytest --update-golden` rewrites it, then read the diff."""

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
Golden = Callable[[str, str], None]
TARGET = Target("golden", 32, 16)


@pytest.fixture(params=SPECS, ids=lambda path: path.stem)
def spec(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


def test_there_are_specs() -> None:
    assert {"digits", "lenet5"} <= {spec.stem for spec in SPECS}


def test_shapes(spec: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "host", lambda: TARGET)  # the memory depends on it
    table = shapes(load(spec).graph, f"specs/{spec.name}")
    golden(f"golden/{spec.stem}.shapes.txt", shapes_text(table))
    golden(f"golden/{spec.stem}.shapes.json", json.dumps(table, indent=2) + "\n")


def test_syntax(spec: Path, golden: Golden) -> None:
    golden(f"golden/{spec.stem}.syntax.txt", syntax.draw(check(spec.read_text()).tree))


def test_graph(spec: Path, golden: Golden) -> None:
    golden(f"golden/{spec.stem}.graph.txt", graph.draw(load(spec).graph))


def test_kernels(spec: Path, golden: Golden) -> None:
    program = compile_graph(load(spec).graph, TARGET)
    golden(f"golden/{spec.stem}.kernels.txt", program.source)


def test_every_golden_file_has_a_spec() -> None:
    folder = Path(__file__).parent / "golden"
    known = {spec.stem for spec in SPECS}
    assert {path.name.split(".")[0] for path in folder.iterdir()} <= known
