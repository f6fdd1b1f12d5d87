"""`lenet explain` knows every word that can be written, here or in another framework."""

import ast
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from lenet.dsl.check import check
from lenet.dsl.datasets import DATASETS
from lenet.dsl.errors import LenetError
from lenet.dsl.glossary import glossary
from lenet.dsl.lower import reader
from lenet.dsl.lower.reader import Reader
from lenet.dsl.messages.absent import ABSENT
from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.sections import SECTIONS, augment, data, train
from lenet.dsl.training import rate, stop
from lenet.editor.editing import completions
from lenet.editor.explain import aliases_of_lines, explain

MODULES = {"data": data, "augment": augment, "train": train}
LINES = {
    "train": ["rate 0.1 zzz", "optimizer sgd zzz", "optimizer adam zzz", "stop when zzz",
              "stop when loss zzz", "stop after 3 zzz", "log zzz", "checkpoint every 3 zzz"],
    "augment": ["rotate 10 zzz"],
    "data": [],
}  # fmt: skip


def words_of_layers() -> Iterator[str]:
    for layer in layers().values():
        yield layer.name
        yield from layer.aliases
        for argument in (*layer.arguments, *layer.options):
            yield from (argument.name, *argument.words, *argument.aliases)


def literal_words(module: ModuleType) -> Iterator[str]:
    """What a section's reader accepts or expects by a word of its own."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in ("accept", "expect"):
            yield from (given.value for given in node.args if isinstance(given, ast.Constant))


@pytest.fixture
def known_to_readers(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """The words that each line of a section accepts, asked of the readers themselves by lines that
    have nonsense in each of their places."""
    found: dict[str, set[str]] = {}
    plain = Reader.word

    def word(self: Reader, what: str, known: tuple[str, ...], *others: Any) -> str:
        found.setdefault(self.key, set()).update(known)
        return plain(self, what, known, *others)

    monkeypatch.setattr(Reader, "word", word)
    for section in MODULES:
        lines = list(LINES[section])
        for known in SECTIONS[section].lines.values():
            parts = known.example.split()
            lines += [" ".join([*parts[:k], "zzz"]) for k in range(1, len(parts) + 1)]
        for line in lines:
            head = "data mnist" if section == "data" else section
            check(f"input 8\n{head}\n  {line}\n")
    check("input 8\ndata zzz\n")
    return found


def test_the_words_of_layers_and_their_aliases() -> None:
    for word in words_of_layers():
        told = explain(word)
        assert word in told, word


def test_the_words_of_sections(known_to_readers: dict[str, set[str]]) -> None:
    words = {word for known in known_to_readers.values() for word in known}
    assert {"nll", "adam", "cosine", "top5", "epochs", "degrees", "stalls", "vertical", "mnist",
            "throughput", "nesterov", "beta2", "weight_decay"} <= words  # fmt: skip
    for module in (*MODULES.values(), rate, stop, reader):
        words |= set(literal_words(module))
    assert {"after", "when", "every", "for", "at", "to", "pad"} <= words
    keys = [key for section in SECTIONS.values() for key in section.lines]
    more = ["as", "digest", "checkpoint", "engine", "batch", "parameters"]
    for word in [*words, *STRUCTURE, *SECTIONS, *DATASETS, *keys, *more]:
        assert explain(word).startswith((word, f"data {word}", f"The section {word}")), word


def test_aliases_of_sections_say_what_they_are_called() -> None:
    for aliases in aliases_of_lines().values():
        for alias, name in aliases.items():
            told = explain(alias)
            assert f"{alias} is called `{name}` here" in told
            assert f"\n{name.split()[0]}" in f"\n{told}" or f"data {name}" in told


@pytest.mark.parametrize("word", ["Conv2d", "CONV", "Adam", "Linear", "Weight_Decay", "weightDecay",
                                  "MNIST", "Batch_Norm", "e012", "SGD"])  # fmt: skip
def test_any_case(word: str) -> None:
    assert explain(word)


def test_an_alias_is_explained_as_what_it_is() -> None:
    told = explain("dense")
    assert told.startswith("dense is called `linear` here")
    assert explain("linear") in told


def test_a_word_with_several_meanings_has_them_all() -> None:
    assert len(re.findall(r"^pad, ", explain("pad"), re.MULTILINE)) == 4
    assert "section data" in explain("validate") and "section train" in explain("validate")
    assert "batchnorm" in explain("momentum") and "of sgd" in explain("momentum")


def test_a_word_with_another_spelling_is_told_once() -> None:
    assert explain("onecycle").count("half a cosine") == 1
    assert "one_cycle is called `onecycle` here" in explain("one_cycle")


@pytest.mark.parametrize(("what", "word"), [(k, w) for k, words in ABSENT.items() for w in words])
def test_what_there_is_not(what: str, word: str) -> None:
    told = explain(word)
    if f"There is no {what} called" in told:
        instead = ABSENT[what][word].format(example="conv 6x5x5")
        assert instead in told
    else:  # the word means something elsewhere
        assert not told.startswith("There is no") or word in told


def test_nonsense_is_an_error() -> None:
    with pytest.raises(LenetError, match="xyzzy"):
        explain("xyzzy")


def test_completion_has_what_the_readers_accept(known_to_readers: dict[str, set[str]]) -> None:
    """Of the glossary, and nothing else has its own list."""
    sections = {key: name for name, section in SECTIONS.items() for key in section.lines}
    for key, known in known_to_readers.items():
        if key == "data":
            continue
        text = f"input 8\n{sections[key]}\n  {key} "
        offered = {word for word, _, _ in completions(check(text), text, 3, len(key) + 4)}
        assert known <= offered, key


def test_the_glossary_names_lines_that_are() -> None:
    keys = {key for section in SECTIONS.values() for key in section.lines} | {*SECTIONS}
    keys |= {option.name for layer in layers().values() for option in layer.options}
    keys |= {*layers()}
    for word, terms in glossary().items():
        for term in terms:
            assert set(term.keys) <= keys
            assert term.meaning[0].islower() or term.meaning[:2].isupper(), word
            assert not term.meaning.endswith("."), word
