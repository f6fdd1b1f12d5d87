"""The colours of .lenet text: the Pygments lexer, and the grammar of the VS Code extension."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from lenet.dsl.lower.definitions import SECTIONS
from lenet.dsl.registry import STRUCTURE, layers
from lenet.editor.highlight import LenetLexer

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.lenet"))
EXTENSION = ROOT / "editors" / "vscode"
JOINS = [layer.name for layer in layers().values() if layer.joins]
WITH_BODY = ["block", "repeat", "path", "table", *JOINS, *SECTIONS]


def tokens(text: str) -> list[tuple[Any, str]]:
    return [(kind, value) for _, kind, value in LenetLexer().get_tokens_unprocessed(text)]


def words(text: str) -> list[tuple[Any, str]]:
    return [(kind, value) for kind, value in tokens(text) if kind is not Whitespace]


def read(name: str) -> Any:
    return json.loads((EXTENSION / name).read_text())


def rules(part: Any) -> Iterator[dict[str, Any]]:
    """Every rule of a TextMate grammar, however deep."""
    if isinstance(part, dict):
        if "match" in part or "begin" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from rules(inner)


@pytest.mark.parametrize("spec", SPECS, ids=lambda p: p.name)
def test_specs_are_read_to_the_last_character(spec: Path) -> None:
    text = spec.read_text()
    found = tokens(text)
    assert Error not in [kind for kind, _ in found]
    assert "".join(value for _, value in found) == text


def test_every_spec_has_its_parts() -> None:
    for spec in SPECS:
        text = spec.read_text()
        kinds = {kind for kind, _ in tokens(text)}
        assert {Comment.Single, Keyword, Name.Function, Number} <= kinds
        # Nets whose answers are maps or images have no sections.
        assert (Keyword.Namespace in kinds) == ("\ntrain" in text)


def test_a_layer_with_a_name_and_a_shape() -> None:
    assert words("conv 6x5 pad 1  as conv1 -> 6x24x24  # x\ntanh") == [
        (Name.Function, "conv"),
        (Number, "6"),
        (Operator, "x"),
        (Number, "5"),
        (Name.Attribute, "pad"),
        (Number, "1"),
        (Keyword, "as"),
        (Name.Label, "conv1"),
        (Operator, "->"),
        (Keyword.Type, "6x24x24"),
        (Comment.Single, "# x"),
        (Name.Function, "tanh"),
    ]


def test_a_word_among_sizes_is_no_option() -> None:
    assert words("conv width x 3 stride 2*step bias no") == [
        (Name.Function, "conv"),
        (Name.Variable, "width"),
        (Operator, "x"),
        (Number, "3"),
        (Name.Attribute, "stride"),
        (Number, "2"),
        (Operator, "*"),
        (Name.Variable, "step"),
        (Name.Attribute, "bias"),
        (Name.Attribute, "no"),
    ]


def test_a_block_has_parameters() -> None:
    assert words("block basic(width, step = 1)\n  add") == [
        (Keyword, "block"),
        (Name.Class, "basic"),
        (Punctuation, "("),
        (Name.Variable, "width"),
        (Punctuation, ","),
        (Name.Variable, "step"),
        (Operator, "="),
        (Number, "1"),
        (Punctuation, ")"),
        (Keyword, "add"),
    ]


def test_a_table_ends_at_the_margin() -> None:
    assert words("table t\n  X . # c\n# d\n  . Y\nX 1") == [
        (Keyword, "table"),
        (Name.Class, "t"),
        (Keyword.Constant, "X"),
        (Punctuation, "."),
        (Comment.Single, "# c"),
        (Comment.Single, "# d"),
        (Punctuation, "."),
        (Error, "Y"),
        (Name.Function, "X"),
        (Number, "1"),
    ]


def test_a_section_has_keys() -> None:
    assert words('data idx "a#b"\n  pad 2\n\ntrain\n  rate 0.1 decay 1e-3\nrelu') == [
        (Keyword.Namespace, "data"),
        (Name.Attribute, "idx"),
        (String.Double, '"a#b"'),
        (Name.Builtin, "pad"),
        (Number, "2"),
        (Keyword.Namespace, "train"),
        (Name.Builtin, "rate"),
        (Number, "0.1"),
        (Name.Attribute, "decay"),
        (Number, "1e-3"),
        (Name.Function, "relu"),
    ]


def test_words_that_begin_like_ours() -> None:
    for word in ("path.x", "paths", "train-set", "block_2", "letter", "x"):
        assert words(f"{word} 3") == [(Name.Function, word), (Number, "3")]
    assert words("linear 10 codes fashion-mnist")[-1] == (Name.Attribute, "fashion-mnist")


@pytest.mark.parametrize("word", [*STRUCTURE, *JOINS])
def test_structure_is_a_keyword(word: str) -> None:
    assert words(f"  {word} a")[0] == (Keyword, word)


def test_the_extension_is_about_lenet_files() -> None:
    package = read("package.json")
    (language,), (grammar,) = (package["contributes"][key] for key in ("languages", "grammars"))
    assert (package["name"], package["publisher"]) == ("lenet", "lenet")
    assert language["id"] == "lenet"
    assert [f"*{extension}" for extension in language["extensions"]] == LenetLexer.filenames
    assert grammar["scopeName"] == read(grammar["path"])["scopeName"]
    for path in (package["main"], language["configuration"], grammar["path"]):
        assert (EXTENSION / path).is_file()
    command = package["contributes"]["configuration"]["properties"]["lenet.command"]
    assert command["default"] == ["lenet", "lsp"]


def test_patterns_of_the_grammar_compile() -> None:
    grammar = read("syntaxes/lenet.tmLanguage.json")
    found = list(rules(grammar))
    assert len(found) > 15
    for rule in found:
        for key in ("match", "begin", "end"):
            re.compile(rule.get(key, ""))
        groups = re.compile(rule.get("match") or rule["begin"]).groups
        captures = rule.get("captures") or rule.get("beginCaptures") or {}
        assert {int(number) for number in captures} == set(range(1, groups + 1))


def test_what_the_grammar_includes_is_there() -> None:
    grammar = read("syntaxes/lenet.tmLanguage.json")
    included = set(re.findall(r'"include": "#(\w+)"', json.dumps(grammar)))
    assert included == grammar["repository"].keys()


@pytest.mark.parametrize("word", [*STRUCTURE, *JOINS, *SECTIONS])
def test_the_grammar_knows_the_words(word: str) -> None:
    """At the start of a line the first rule that fits calls it a keyword, and nothing longer."""
    grammar = read("syntaxes/lenet.tmLanguage.json")

    def scope(line: str) -> str:
        for included in grammar["patterns"]:
            rule = grammar["repository"][included["include"][1:]]
            found = re.match(rule.get("match") or rule.get("begin"), line)
            if found:
                captures = rule.get("captures") or rule["beginCaptures"]
                first = next(k for k, group in enumerate(found.groups(), 1) if group)
                return captures[str(first)]["name"]
        raise AssertionError(line)

    assert scope(f"{word} a").startswith(("keyword.", "storage.type."))
    assert scope(f"{word}s a") == scope(f"{word}.a") == "entity.name.function.lenet"


def test_bodies_are_indented_and_nothing_else() -> None:
    rule = read("language-configuration.json")["indentationRules"]
    more = re.compile(rule["increaseIndentPattern"])
    less = re.compile(rule["decreaseIndentPattern"])
    for word in WITH_BODY:
        assert more.search(f"  {word} a  # b")
    for line in ("conv 6x5x5", "let block = 1", "expect 3 parameters", "paths", "# path"):
        assert not more.search(line)
        assert not less.search(line)
