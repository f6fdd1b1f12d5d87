"""Every word of the language is listed once: in the registry that its file makes an entry of.

A word that is thrown into all registries by files of its own, two each, can be written, checked,
completed, explained, looked up and trained with; and no other file lists the words of a registry.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from test_architecture import FILES, ROOT, named, of, parsed

from lenet.dsl.registry import layers
from lenet.dsl.sections import SECTIONS
from lenet.dsl.vocabulary import Registry, module_of
from lenet.dsl.words import KINDS

REGISTRIES: dict[str, Registry] = {
    "layer": layers(),
    "section": SECTIONS,
    **{kind.what: kind.words for kind in KINDS},
}
WORDS = {kind: set(registry) for kind, registry in REGISTRIES.items()}
# Of the words of sections, the compiler knows those that it has code for.
COMPILED = {"layer", "optimizer", "loss"}
# By what a file says there: what it is, if it is no list of ours.
EXCEPTIONS = {
    ("dsl/initial/__init__.py", "initial value"): "names of distributions",
    ("runtime/initial/__init__.py", "initial value"): "names of distributions",
    ("runtime/models/model_facts.py", "metric"): "the numbers of an epoch's event",
    ("runtime/data/preparation.py", "line of augment"): "a way to resize",
    ("runtime/data/preparation.py", "layer"): "a way to resize",
    ("runtime/data/formats/masks.py", "dataset"): "names of folders",
    ("runtime/data/formats/drawing.py", "line of augment"): "a value of `invert`",
    ("lenet/commands/predict.py", "line of augment"): "a value of `invert`",
    ("lenet/inputs.py", "line of augment"): "a value of `invert`",
    ("lenet/__init__.py", "section"): "names of functions",
}


def texts(node: ast.AST) -> set[str]:
    """A text, or those that are the members of a tuple, a list, a set or a dictionary."""
    parts = [node]
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        parts = list(node.elts)
    elif isinstance(node, ast.Dict):
        parts = [key for key in node.keys if key is not None]
    return {
        part.value
        for part in parts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def docstrings(tree: ast.AST) -> set[int]:
    """The ids of their nodes."""
    bodies = [
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body
    ]
    return {id(first.value) for first in bodies if isinstance(first, ast.Expr)}


def listed(path: Path) -> Iterator[tuple[str, int, set[str]]]:
    """The kinds of words that a file lists, with the line and the words: two in a collection, three
    in a sentence. A comparison with a single one asks for a word, where a trait is due; only the
    input is nothing but a layer, and numbers are what a net may answer with."""
    tree = parsed(path)
    documentation = docstrings(tree)
    for node in ast.walk(tree):
        found: list[tuple[set[str], int]] = []
        if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
            found.append((texts(node), 2))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # A text of several lines is an example of a file.
            if id(node) not in documentation and "\n" not in node.value.rstrip("\n"):
                found.append((set(re.findall(r"`([\w-]+)", node.value)), 3))
        elif isinstance(node, ast.Compare):
            parts = (node.left, *node.comparators)
            found += [(texts(part) - {"input", "numbers"}, 1) for part in parts]
        for kind, words in WORDS.items():
            for said, many in found:
                # The value of a section has its name where it is used.
                if len(said & words) >= (max(many, 2) if kind == "section" else many):
                    yield kind, node.lineno, said & words


@cache
def problems(path: Path) -> tuple[tuple[str, str], ...]:
    """The kinds of words that a file should not list, and where."""
    return tuple(_problems(path))


def _problems(path: Path) -> Iterator[tuple[str, str]]:
    folders = {named(parent) for parent in path.parents if parent.is_relative_to(ROOT)}
    for kind, line, words in listed(path):
        if path in of("compiler") and kind not in COMPILED:
            continue
        if path.stem in map(module_of, WORDS[kind]) and not folders.isdisjoint(homes(kind)):
            continue
        yield kind, f"{named(path)}:{line} lists {kind}s: {', '.join(sorted(words))}"


def homes(kind: str) -> set[str]:
    """The folders in which words of a kind are defined."""
    return {"/".join(REGISTRIES[kind].package.split(".")[1:])}


def test_no_file_lists_words() -> None:
    """But for the one of others' words, and of which ones of ours do the same."""
    found = [
        text
        for path in FILES
        if named(path) != "dsl/messages/absent.py"
        for kind, text in problems(path)
        if (named(path), kind) not in EXCEPTIONS
    ]
    assert not found


def test_a_word_is_two_files(tmp_path: Path) -> None:
    """One of each kind, made of a word that is there: all that asks for words knows it, and trains
    with it to the same weights."""
    script = Path(__file__).parent / "support" / "throwaway.py"
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_exceptions_are_still_needed() -> None:
    found = {(named(path), kind) for path in FILES for kind, _ in problems(path)}
    assert set(EXCEPTIONS) <= found


def test_a_list_is_found(tmp_path: Path) -> None:
    """The guard itself."""
    file = tmp_path / "anything.py"
    for text, kinds in (
        ('x = ("sgd", "adam")', {"optimizer"}),
        ('x = {"top1": 1, "top5": 5}', {"metric"}),
        ('x = node.kind == "relu"', {"layer"}),
        ('x = name in ("nll", "other")', {"loss"}),
        ('x = "write `nll`, `map` or `crossentropy`"', {"loss"}),
        ('x = "`nll` is a loss"', set()),
        ('x = node.kind == "input"', set()),
    ):
        file.write_text(text)
        parsed.cache_clear()
        assert {kind for kind, _, _ in listed(file)} == kinds, text
