"""The walls between the packages: dsl ← compiler ← runtime ← lenet, and Spark in one room."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("dsl", "compiler", "runtime", "lenet")
FILES = [path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))]


@cache
def parsed(path: Path) -> ast.Module:
    """Nobody changes it."""
    return ast.parse(path.read_text())


@cache
def imports(path: Path, checked_only: bool = False) -> frozenset[str]:
    """Every module that a file imports, anywhere in it; not those that only mypy reads."""
    return frozenset(_imports(parsed(path), skip_typing=checked_only))


def _imports(node: ast.AST, skip_typing: bool) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and skip_typing and "TYPE_CHECKING" in ast.dump(child.test):
            for other in child.orelse:
                yield from _imports(other, skip_typing)
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            assert child.module
            yield child.module
        else:
            yield from _imports(child, skip_typing)


def top(module: str) -> str:
    """The package that a module is of: one of OURS, or its first name."""
    first, _, rest = module.partition(".")
    second = rest.partition(".")[0]
    return second if first == "lenet" and second in OURS else first


def tops(path: Path, checked_only: bool = False) -> set[str]:
    """The packages of what a file imports."""
    return {top(module) for module in imports(path, checked_only)}


@cache
def of(package: str) -> list[Path]:
    return [path for path in FILES if path.relative_to(ROOT).parts[0] == package]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def check_each(paths: Iterable[Path], problem: Callable[[Path], object]) -> None:
    """No file has a problem; what they have is shown together."""
    found = {named(path): what for path in paths if (what := problem(path))}
    assert not found


def module(path: Path) -> str:
    """The name that a file is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts if parts[0] == "lenet" else ("lenet", *parts))


def imported_modules(path: Path, known: set[str]) -> set[str]:
    """Our modules that a file imports, also where it names them behind `from PACKAGE import`."""
    found = set()
    for node in ast.walk(_without_typing(ast.parse(path.read_text()))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= whole & known or {node.module or ""}
    return found & known - {module(path)}


class _Typing(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> Any:  # noqa: N802
        return node.orelse if "TYPE_CHECKING" in ast.dump(node.test) else self.generic_visit(node)


def _without_typing(tree: ast.Module) -> ast.Module:
    """Without what only mypy reads."""
    changed = _Typing().visit(tree)
    assert isinstance(changed, ast.Module)
    return changed


def test_no_modules_import_each_other() -> None:
    """In no circle of any length, imports within functions included: none of them could be
    understood, tested or moved without the others."""
    known = {module(path) for path in FILES}
    left = {module(path): imported_modules(path, known) for path in FILES}
    while ends := {name for name, wants in left.items() if not wants & left.keys()}:
        left = {name: wants for name, wants in left.items() if name not in ends}
    while begins := left.keys() - set().union(*left.values()):
        left = {name: wants for name, wants in left.items() if name not in begins}
    assert not left


def test_the_packages_are_here() -> None:
    assert all(of(package) for package in OURS)


def test_ours_have_one_name() -> None:
    """A module `runtime` would be the user's."""
    own = {"dsl", "compiler", "runtime"}
    check_each(FILES, lambda path: {m for m in imports(path) if m.partition(".")[0] in own})


def test_dsl_needs_lark_and_nothing_else() -> None:
    check_each(of("dsl"), lambda path: tops(path) - {"dsl", "lark", *sys.stdlib_module_names})


def test_the_compiler_knows_no_runtime() -> None:
    check_each(of("compiler"), lambda path: tops(path) & {"runtime", "lenet", "pyspark"})


def test_the_runtime_knows_no_command_line() -> None:
    check_each(of("runtime"), lambda path: tops(path) & {"lenet"})


def test_spark_stays_in_its_folder() -> None:
    """But for `lenet/ml*.py`, the face for Spark ML, which nothing else of the face imports."""
    spark, face = ROOT / "runtime" / "spark", set(ROOT.glob("lenet/ml*.py"))
    others = [path for path in FILES if not path.is_relative_to(spark) and path not in face]
    check_each(others, lambda path: tops(path, checked_only=True) & {"pyspark", "py4j"})


def test_nobody_imports_tests() -> None:
    check_each(FILES, lambda path: tops(path) & {"tests", "bench", "reference"})


@pytest.mark.parametrize(
    "arguments",
    [
        None,
        ["check", "specs/lenet5.lenet"],
        ["check", "--json", "tests/bad/E010.lenet"],
        ["shapes", "specs/lenet5.lenet"],
        ["shapes", "--json", "specs/digits.lenet"],
        ["--help"],
    ],
    ids=lambda arguments: " ".join(arguments or ["import"]),
)
def test_quick_commands_load_nothing_heavy(arguments: list[str] | None) -> None:
    code = f"""
import sys
from lenet.cli import app
if {arguments!r}:
    try:
        app({arguments!r})
    except SystemExit:
        pass
heavy = {{"numpy", "numba", "llvmlite", "pyspark", "pandas", "sklearn", "pyarrow"}}
print("heavy:", sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_pictures_are_predicted_without_what_tables_need(tmp_path: Path) -> None:
    model = ROOT / "tests/runtime/models/museum/0.1.0/model.safetensors"
    code = f"""
import sys
from PIL import Image
Image.new("L", (8, 8)).save("picture.png")
from lenet.cli import app
app(["predict", {str(model)!r}, "picture.png"], standalone_mode=False)
print("heavy:", sorted({{"pyspark", "pandas", "pyarrow"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "heavy: []", done.stderr


# The words that are layers' names, and the graph's grammar: only `input` has no inputs.
LAYERS = {
    path.stem
    for folder in ("dsl/layers", "compiler/kernels")
    for path in (ROOT / folder).glob("[!_]*.py")
} - {"input"}
# Layers' names that mean something else, too.
OTHERWISE = {
    "dsl/pictures.py": {"pad"},
    "dsl/split_lines.py": {"last"},  # as in `validate last 20 percent`
    "runtime/data/preparation.py": {"crop"},
    "runtime/records/checkpoint.py": {"position"},  # of a training
}


def _asked(tree: ast.AST) -> Iterator[str]:
    """The texts that a file compares with, or looks things up by."""
    for node in ast.walk(tree):
        sides: Sequence[ast.expr | None] = ()
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Dict):
            sides = list(node.keys)
        elif isinstance(node, ast.Set | ast.MatchValue):
            sides = node.elts if isinstance(node, ast.Set) else [node.value]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            sides = [node.value] if isinstance(node.value, ast.Tuple) else []
        for side in sides:
            parts = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
            for part in parts:
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_layers_are_asked_for_their_traits() -> None:
    """A layer's name decides something in its own two files only."""
    own = ROOT / "dsl/layers", ROOT / "compiler/kernels"
    check_each(
        (path for path in FILES if path.parent not in own),
        lambda path: LAYERS.intersection(_asked(parsed(path))) ^ OTHERWISE.get(named(path), set()),
    )


def test_no_emitted_source_is_searched() -> None:
    """What is known of a function is kept as a value until it is written."""
    check_each(of("compiler"), lambda path: imports(path) & {"re"})


def test_only_the_pipeline_knows_code_generation() -> None:
    """Kernels, passes and memory plans are what modules are made of, and know no module."""
    generation = ROOT / "compiler/codegen"
    check_each(
        (p for p in of("compiler") if p.parent != generation and p.name != "pipeline.py"),
        lambda path: {m for m in imports(path) if m.startswith("lenet.compiler.codegen")},
    )


def test_what_is_public_is_described() -> None:
    check_each(FILES, _undescribed)


def _undescribed(path: Path) -> list[str]:
    """Methods too where they are the API's; elsewhere many do what their class says they do."""
    inside = named(path) in ("lenet/api.py", "lenet/ml.py", "runtime/models/model.py")
    tree = parsed(path)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    bodies = [tree, *(node for node in classes if inside and not node.name.startswith("_"))]
    public = [
        node
        for body in bodies
        for node in body.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    found = [node.name for node in public if not ast.get_docstring(node)]
    return found if ast.get_docstring(tree) or not tree.body else ["the module", *found]


def test_files_and_functions_are_short() -> None:
    """But for those that write a tile's code in one piece, whose parts share all their values, and
    for the executor's first function, which can use no other."""
    lengths = {named(path): len(path.read_text().splitlines()) for path in FILES}
    functions = {
        f"{named(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef)
    }
    long = {name for name, length in functions.items() if length > 60}
    long -= {name for name in long if name.startswith("compiler/simd/products/")}
    assert long == {
        "lenet/commands/train.py:train",  # most of these three is the text of their help
        "lenet/compressing.py:compress",
        "lenet/searching.py:search",
        "runtime/spark/boot.py:boot",
        "runtime/spark/boot.py:task",
    }
    assert not {name for name, length in lengths.items() if length > 300}
