"""What `lenet explain` says: the reference of layers, options, sections and codes, from the same
registries that the checker reads."""

from collections.abc import Iterable, Iterator, Mapping

from lenet.dsl.check import check
from lenet.dsl.errors import LenetError
from lenet.dsl.glossary import glossary
from lenet.dsl.lower.reader import UNIT_ALIASES
from lenet.dsl.messages.absent import meant_for, plain
from lenet.dsl.messages.diagnostics import closest, render
from lenet.dsl.messages.wording import CODES
from lenet.dsl.registry import STRUCTURE, Argument, Layer, layers, suggest_layer
from lenet.dsl.sections import SECTIONS, SectionLine
from lenet.dsl.vocabulary import Word
from lenet.dsl.words import KINDS


def aliases_of_lines() -> Mapping[str, Mapping[str, str]]:
    """Other frameworks' words for ours, by what ours are."""
    return {
        **{
            f"a line of the section {section.name}": section.aliases_of_lines
            for section in SECTIONS.values()
        },
        "a unit": UNIT_ALIASES,
        **{kind.title: kind.words.aliases for kind in KINDS if kind.keys},
        **{
            f"an option of {kind.what}s": {
                alias: option.name for _, option in kind.options() for alias in option.aliases
            }
            for kind in KINDS
        },
    }


def explain(word: str | None) -> str:
    """The text for a layer, a section, a word of the language, another framework's word for one, or
    a code; without one, the list of all. LenetError where there is no such thing."""
    if word is None:
        return _overview()
    if word.upper() in CODES:
        return _code(word.upper())
    names = {plain(name): name for name in _names()}
    entries = _entries(names.get(plain(word), word))
    for target, what in _called(word):
        if target == word:  # of which another spelling is known
            continue
        told = "\n".join(_entries(target.split()[0]))
        entries.append(f"{word} is called `{target}` here, as {what}.\n\n{told}")
    if entries:
        return "\n".join(entries)
    lacking = [
        f"There is no {what} called `{word}`, under another name either.\n"
        + (f"What can be done: {instead.format(example='conv 6x5x5')}.\n" if instead else "")
        for what, instead in meant_for(word).items()
    ]
    if lacking:
        return "\n".join(lacking)
    suggestion = suggest_layer(word) or closest(word, [*names.values(), *CODES])
    fix = f"did you mean `{suggestion}`?" if suggestion else "lenet explain lists all that there is"
    raise LenetError(f"there is nothing called {word} to explain", "", fix)


def _names() -> Iterator[str]:
    """All words that have an entry."""
    yield from (*glossary(), *STRUCTURE, *SECTIONS)
    for section in SECTIONS.values():
        yield from section.lines
    for layer in layers().values():
        yield from (layer.name, *_option_names(layer))


def _entries(word: str) -> list[str]:
    """What the word means, in each place where it may stand."""
    found = []
    if word in layers():
        found.append(describe_layer(layers()[word]))
    if word in STRUCTURE:
        usage, meaning = STRUCTURE[word]
        found.append(f"{word}: {meaning}.\n\n{_indented(usage)}")
    if word in SECTIONS:
        found.append(_section(word))
    for name, section in SECTIONS.items():
        if word in section.lines:
            line = section.lines[word]
            told = f"{word}, a line of the section {name}: {describe_line(line)}.\n\n"
            found.append(f"{told}{_indented(line.example)}")
    users: dict[str, list[str]] = {}  # layers, by what the word means in their lines
    for layer in layers().values():
        for argument in (*layer.options, *layer.arguments):
            if argument.name == word:
                what = "an option" if argument in layer.options else "the first value"
                told = f"{word}, {what} of {{}}: {describe_argument(argument)}\n"
                users.setdefault(told, []).append(layer.name)
    found += [told.replace("{}", ", ".join(names), 1) for told, names in users.items()]
    for term in glossary().get(word, ()):
        where = f", behind {', '.join(term.keys)}" if term.keys else ""
        found.append(f"{word}{where}: {term.meaning}.\n")
    return found


def _called(word: str) -> Iterator[tuple[str, str]]:
    """Our words for another framework's, and what each of them is."""
    for layer in layers().values():
        if plain(word) in map(plain, layer.aliases):
            yield layer.name, "a layer"
    options = {
        (alias, option.name): None
        for layer in layers().values() for option in layer.options for alias in option.aliases
    }  # fmt: skip
    yield from (
        (name, "an option of layers") for alias, name in options if plain(alias) == plain(word)
    )
    for what, aliases in aliases_of_lines().items():
        for alias, name in aliases.items():
            if plain(alias) == plain(word):
                yield name, what


def describe_layer(layer: Layer) -> str:
    """A layer's reference as plain text."""
    lines = [f"{layer.name}: {layer.summary}", "", _indented(layer.example)]
    for argument in layer.arguments:
        lines.append(f"  {argument.name}: {describe_argument(argument)}")
    for option in layer.options:
        lines.append(f"  option {option.written}: {describe_argument(option)}")
    if layer.aliases:
        lines += ["", f"Elsewhere it is called {', '.join(layer.aliases)}."]
    return "\n".join(lines).rstrip() + "\n"


def describe_argument(argument: Argument) -> str:
    """What an argument is, which values it takes, and which one it has if absent."""
    default = ""
    if argument.default is not None:
        value = argument.default
        text = f"{value:g}" if isinstance(value, float) else value
        text = "x".join(map(str, text)) if isinstance(text, tuple) else text
        default = f"; {text} if absent"
    return f"{argument.doc} ({argument.expected}){default}"


def words_behind(key: str) -> list[Word]:
    """The words of registries that may stand in a section's line, or in a section's first line."""
    return [word for kind in KINDS if key in kind.keys for word in kind.words.values()]


def describe_line(line: SectionLine) -> str:
    """What a section's line means, and the words of registries that may stand in it."""
    words = ", ".join(word.name for word in words_behind(line.name))
    return line.summary + (f". Words: {words}" if words else "")


def _option_names(layer: Layer) -> Iterable[str]:
    return (argument.name for argument in (*layer.options, *layer.arguments))


def _overview() -> str:
    width = max(map(len, [*layers(), *STRUCTURE]))
    lines = ["Layers:"]
    lines += [f"  {name:{width}}  {layer.summary}" for name, layer in layers().items()]
    users: dict[str, list[str]] = {}
    for layer in layers().values():
        for option in layer.options:
            users.setdefault(option.name, []).append(layer.name)
    lines += ["", "Options:"]
    lines += [f"  {name:{width}}  of {', '.join(users[name])}" for name in sorted(users)]
    lines += ["", "Structure:"]
    lines += [f"  {name:{width}}  {meaning}" for name, (_, meaning) in STRUCTURE.items()]
    for name, section in SECTIONS.items():
        lines += ["", f"Section {name}: {', '.join(section.lines)}"]
    lines += ["", f"Other words: {', '.join(glossary())}"]
    lines += ["", "Codes:"]
    lines += [f"  {code}  {entry.title}" for code, entry in CODES.items()]
    lines += ["", "lenet explain WORD tells more about each of them."]
    return "\n".join(lines) + "\n"


def _section(name: str) -> str:
    section = SECTIONS[name]
    lines = [f"The section {name}: {section.summary}", ""]
    if heads := words_behind(name):
        lines += [f"  {word.example}: {word.meaning}" for word in heads]
        lines += ["", "and below it:", ""]
    for line in section.lines.values():
        lines += [f"  {line.example}", f"      {describe_line(line)}"]
    return "\n".join(lines) + "\n"


def _code(code: str) -> str:
    """The long story, with a file that has the mistake and what the checker says of it."""
    entry = CODES[code]
    text = f"{code}: {entry.title}\n\n{entry.story}\n"
    if not entry.example:
        return text
    found = [d for d in check(entry.example).diagnostics if d.code == code]
    shown = "\n".join(render(d, "example.lenet", entry.example) for d in found)
    return f"{text}\nFor example\n\n{_indented(entry.example)}\nis answered with\n\n{shown}"


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.rstrip().split("\n"))
