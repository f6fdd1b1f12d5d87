"""The snippets of the VS Code extension write what the checker takes."""

import json
import re
from pathlib import Path

import pytest

from lenet.dsl.check import check, reader_of
from lenet.dsl.syntax.format import format_text

EXTENSION = Path(__file__).parents[2] / "editors" / "vscode"
SNIPPETS = json.loads((EXTENSION / "snippets" / "lenet.json").read_text())
IMAGES = "input 3x32x32\nflatten\nlinear 10\nlogsoftmax\n\n"
TRAINED = f"{IMAGES}data cifar10\n  validate 20 percent\n\n"
# What stands before a snippet that is no whole file, and behind it.
AROUND = {
    "train": (TRAINED, ""),
    "data-images": (IMAGES, "\ntrain\n  rate 0.1\n"),
    "augment": (TRAINED, "\ntrain\n  rate 0.1\n"),
    "search": (f"{TRAINED}train\n  rate 0.1\n  batch 64\n\n", ""),
    "conv": ("input 3x32x32\n", ""),
    "residual": ("", "\ninput 8x8x8\nresidual 8\n"),
    "repeat": ("input 64\n", ""),
    "add": ("input 64\n", ""),
    "let": ("", "\ninput 8\nlinear width\n"),
}


def written(body: list[str]) -> str:
    """With the values that its places have at first."""
    text = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", "\n".join(body))
    return text.replace("$0", "")


@pytest.mark.parametrize("name", SNIPPETS)
def test_what_a_snippet_writes_is_right(name: str) -> None:
    snippet = SNIPPETS[name]
    before, after = AROUND.get(snippet["prefix"], ("", ""))
    text = before + written(snippet["body"]) + after
    checked = check(text, read=reader_of({}))
    assert checked.graph is not None and not checked.diagnostics, checked.diagnostics
    assert format_text(text) == text.rstrip("\n") + "\n", format_text(text)


def test_snippets_are_told_apart() -> None:
    prefixes = [snippet["prefix"] for snippet in SNIPPETS.values()]
    assert len(set(prefixes)) == len(prefixes) and AROUND.keys() < set(prefixes)
    (contributed,) = json.loads((EXTENSION / "package.json").read_text())["contributes"]["snippets"]
    assert contributed == {"language": "lenet", "path": "./snippets/lenet.json"}
