"""What `lenet explain` says: the reference of layers, options, sections and codes, from the same
registries that the checker reads."""

from collections.abc import Iterable, Mapping

from dsl.check import check
from dsl.codes import CODES
from dsl.datasets import DATASETS
from dsl.diagnostics import closest, render
from dsl.errors import LenetError
from dsl.registry import STRUCTURE, Argument, Layer, layers, suggest_layer
from dsl.sections import augment, data, train
from dsl.shapes import show

# Of each section, by key: how the line is written, what it means, and its reader.
SECTIONS: dict[str, Mapping[str, tuple[str, str, object]]] = {
    "data": data.KEYS,
    "augment": augment.KEYS,
    "train": train.KEYS,
}


def explain(word: str | None) -> str:
    """The text for a layer, a section, a word of the language or a code; without one, the list of
    all. LenetError where there is no such thing."""
    if word is None:
        return _overview()
    if word.upper() in CODES:
        return _code(word.upper())
    if word in layers():
        return describe_layer(layers()[word])
    if word in STRUCTURE:
        usage, meaning = STRUCTURE[word]
        return f"{word}: {meaning}.\n\n{_indented(usage)}"
    if word in SECTIONS:
        return _section(word)
    if word in DATASETS:
        return f"data {describe_dataset(word)}\n"
    keys = {key: name for name, section in SECTIONS.items() for key in section}
    if word in keys:
        usage, meaning, _ = SECTIONS[keys[word]][word]
        return f"{word}, a line of the section {keys[word]}: {meaning}.\n\n{_indented(usage)}"
    options = [layer.name for layer in layers().values() if word in _option_names(layer)]
    if options:
        layer = layers()[options[0]]
        option = next(o for o in (*layer.options, *layer.arguments) if o.name == word)
        return f"{word}, an option of {', '.join(options)}: {describe_argument(option)}\n"
    known = [*layers(), *STRUCTURE, *SECTIONS, *keys, *CODES, *DATASETS]
    suggestion = suggest_layer(word) or closest(word, known)
    fix = f"did you mean `{suggestion}`?" if suggestion else "lenet explain lists all that there is"
    raise LenetError(f"there is nothing called {word} to explain", "", fix)


def describe_layer(layer: Layer) -> str:
    """A layer's reference as plain text."""
    lines = [f"{layer.name}: {layer.summary}", "", _indented(layer.example)]
    for argument in layer.arguments:
        lines.append(f"  {argument.name}: {describe_argument(argument)}")
    for option in layer.options:
        lines.append(f"  option {option.name}: {describe_argument(option)}")
    if layer.aliases:
        lines += ["", f"Elsewhere it is called {', '.join(layer.aliases)}."]
    return "\n".join(lines).rstrip() + "\n"


def describe_argument(argument: Argument) -> str:
    default = ""
    if argument.default is not None:
        value = argument.default
        text = f"{value:g}" if isinstance(value, float) else value
        text = "x".join(map(str, text)) if isinstance(text, tuple) else text
        default = f"; {text} if absent"
    return f"{argument.doc} ({argument.expected}){default}"


def describe_dataset(name: str) -> str:
    known = DATASETS[name]
    path = f' "{known.path}"' if known.path else ""
    facts = f"; images of {show(known.shape)}, {known.classes} classes" if known.shape else ""
    return f"{name}{path}: {known.doc}{facts}"


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
        lines += ["", f"Section {name}: {', '.join(section)}"]
    lines += ["", "Codes:"]
    lines += [f"  {code}  {entry.title}" for code, entry in CODES.items()]
    lines += ["", "lenet explain WORD tells more about each of them."]
    return "\n".join(lines) + "\n"


def _section(name: str) -> str:
    lines = [f"The section {name}:", ""]
    if name == "data":
        lines += [f"  data {describe_dataset(dataset)}" for dataset in DATASETS]
        lines += ["", "and below it:", ""]
    for usage, meaning, _ in SECTIONS[name].values():
        lines += [f"  {usage}", f"      {meaning}"]
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
