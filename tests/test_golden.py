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
# Of nets for photos, whose kernels would be a megabyte of text, shapes and syntax are enough.
SMALL = [path for path in SPECS if "data images" not in path.read_text()]
Golden = Callable[[str, str], None]
TARGET = Target("golden", 32, 16)


@pytest.fixture(params=SPECS, ids=lambda path: path.stem)
def spec(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


@pytest.fixture(params=SMALL, ids=lambda path: path.stem)
def small(request: pytest.FixtureRequest) -> Path:
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


def test_graph(small: Path, golden: Golden) -> None:
    golden(f"golden/{small.stem}.graph.txt", graph.draw(load(small).graph))


def test_kernels(small: Path, golden: Golden) -> None:
    program = compile_graph(load(small).graph, TARGET)
    golden(f"golden/{small.stem}.kernels.txt", program.source)


def test_every_golden_file_has_a_spec() -> None:
    folder = Path(__file__).parent / "golden"
    known = {spec.stem for spec in SPECS}
    assert {path.name.split(".")[0] for path in folder.iterdir()} <= known
