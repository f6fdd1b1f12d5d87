"""What an editor asks about a place in a file: its meaning, its definition, what may follow."""

from collections.abc import Iterator

from lenet.dsl.check import Checked
from lenet.dsl.glossary import glossary
from lenet.dsl.lower.values import show as show_number
from lenet.dsl.registry import STRUCTURE, Argument, Layer, layers
from lenet.dsl.search.places import File
from lenet.dsl.sections import SECTIONS
from lenet.dsl.shapes import product, show
from lenet.dsl.syntax.parse import code_of
from lenet.dsl.syntax.tree import (
    Expression,
    Let,
    Line,
    Name,
    Operation,
    Sizes,
    Span,
    Statement,
    Word,
)
from lenet.dsl.syntax.write import show_head
from lenet.editor.explain import describe_argument, describe_line, words_behind


def lines_of(statements: tuple[Statement, ...], outer: str = "") -> Iterator[tuple[Statement, str]]:
    """Every statement of a file, with the keyword of the line around it."""
    for statement in statements:
        yield statement, outer
        if isinstance(statement, Line):
            yield from lines_of(statement.body, statement.keyword.text)


def statement_at(checked: Checked, line: int) -> tuple[Statement | None, str]:
    """What begins in a line, counted from 1, and the keyword of the line around."""
    for statement, outer in lines_of(checked.tree.statements):
        if statement.span.line == line:
            return statement, outer
    return None, ""


def explain_at(checked: Checked, line: int, column: int) -> str | None:
    """Markdown about the word at a place, or None."""
    statement, outer = statement_at(checked, line)
    if statement is None:
        return None
    word = _word_at(statement, column)
    if word is None:
        return None
    if isinstance(statement, Line) and word == statement.keyword:
        return _explain_keyword(checked, statement, outer)
    constants = checked.definitions.constants.values
    if word.text in constants:
        return f"`{word.text}` = {show_number(constants[word.text])}"
    table = checked.definitions.tables.get(word.text)
    if table is not None and table.seen:
        rows, columns = len(table.seen), len(table.seen[0])
        return f"table `{word.text}`: {rows} input maps, {columns} output maps"
    if isinstance(statement, Line) and statement.keyword.text in layers():
        for option in _options(layers()[statement.keyword.text]):
            if option.name == word.text:
                return f"**{option.name}**: {describe_argument(option)}"
    keyword = statement.keyword.text if isinstance(statement, Line) else ""
    for term in glossary().get(word.text, ()):
        if not (outer in SECTIONS or keyword in SECTIONS) or keyword in term.keys:
            return f"**{word.text}**: {term.meaning}"
    return None


def _explain_keyword(checked: Checked, line: Line, outer: str) -> str | None:
    kind = line.keyword.text
    facts = _facts(checked, line)
    if outer in SECTIONS and kind in SECTIONS[outer].lines:
        known = SECTIONS[outer].lines[kind]
        return f"```lenet\n{known.example}\n```\n{describe_line(known)}"
    if kind in checked.definitions.blocks:
        head = show_head(checked.definitions.blocks[kind].line)
        return "\n\n".join([f"```lenet\n{head}\n```", *facts])
    if kind in layers():
        layer = layers()[kind]
        arguments = "\n".join(f"- {a.name}: {describe_argument(a)}" for a in _options(layer))
        return "\n\n".join([f"**{kind}**: {layer.summary}", *facts, arguments]).rstrip()
    if kind in STRUCTURE:
        usage, meaning = STRUCTURE[kind]
        return "\n\n".join([f"```lenet\n{usage}\n```", meaning, *facts])
    if kind in SECTIONS:
        return f"section `{kind}`: {', '.join(SECTIONS[kind].lines)}"
    return None


def _facts(checked: Checked, line: Line) -> list[str]:
    """Shape and parameters of what a line makes, as a paragraph."""
    lowered = checked.lowered
    nodes = [node for node, own in zip(lowered.nodes, lowered.lines, strict=True) if own is line]
    groups = [g for g in lowered.groups if not g.file and g.line == line.span.line]
    if not nodes and groups:
        group = groups[0]
        inside = lowered.nodes[group.first : group.behind]
        if not inside:
            return []
        count = sum(node.parameter_count for node in inside)
        return [f"-> {show(inside[-1].shape)}, {count:,} parameters in {len(inside)} layers"]
    if not nodes:
        return []
    shapes = list(dict.fromkeys(show(node.shape) for node in nodes))
    given = f"{show(nodes[0].given)} " if nodes[0].inputs and len(shapes) == 1 else ""
    text = f"{given}-> {', '.join(shapes[:4])}{', …' if len(shapes) > 4 else ''}"
    parameters = nodes[0].parameters
    if len(nodes) > 1:
        text += f", {len(nodes)} times"
    total = sum(node.parameter_count for node in nodes)
    if total:
        text += f", {total:,} parameters"
    tensors = [f"`{p.name}` {show(p.shape)}" for p in parameters if product(p.shape)]
    return [text, *([", ".join(tensors)] if len(nodes) == 1 and tensors else [])]


def definition_of(checked: Checked, line: int, column: int) -> Span | None:
    """Where the block, table, constant or parameter at a place is defined."""
    statement, _ = statement_at(checked, line)
    if statement is None:
        return None
    word = _word_at(statement, column)
    if word is None:
        return None
    for block in checked.definitions.blocks.values():
        first, last = block.line.span.line, _last_line(block.line)
        if block.name.span.file == "" and first <= line <= last:
            for parameter in block.line.parameters:
                if parameter.name.text == word.text and word.span != parameter.name.span:
                    return parameter.name.span
    return checked.definitions.places.get(word.text)


def _last_line(line: Line) -> int:
    return max(
        [
            line.span.line,
            *(_last_line(s) if isinstance(s, Line) else s.span.line for s in line.body),
        ]
    )


def _options(layer: Layer) -> tuple[Argument, ...]:
    return (*layer.arguments, *layer.options)


def _word_at(statement: Statement, column: int) -> Word | None:
    for word in _words(statement):
        if word.span.column <= column <= word.span.end_column:
            return word
    return None


def _words(statement: Statement) -> Iterator[Word]:
    if isinstance(statement, Let):
        yield statement.name
        yield from _names(statement.value)
        return
    yield statement.keyword
    if statement.name is not None:
        yield statement.name
    for parameter in statement.parameters:
        yield parameter.name
        if parameter.default is not None:
            yield from _names(parameter.default)
    for item in (*statement.items, statement.shape):
        if isinstance(item, Sizes):
            for part in item.parts:
                yield from _names(part)


def _names(expression: Expression) -> Iterator[Word]:
    if isinstance(expression, Name):
        yield Word(expression.text, expression.span)
    elif isinstance(expression, Operation):
        yield from _names(expression.left)
        yield from _names(expression.right)


def completions(
    checked: Checked, text: str, line: int, column: int
) -> Iterator[tuple[str, str, str]]:
    """(word, kind, what it is) of what may stand at a place; the line may be half written."""
    lines = text.split("\n")
    source = lines[line - 1] if line <= len(lines) else ""
    before = source[: column - 1]
    if code_of(before) != before:
        return  # in a comment
    outer = _outer(lines, line, len(source) - len(source.lstrip()))
    words = before.split()
    if not before.endswith((" ", "\t")) and words:
        words.pop()  # the word that is being written
    if not words:
        yield from _first_words(checked, outer)
    elif outer in SECTIONS:
        yield from _values_of_key(words[0])
        if SECTIONS[outer].open:
            yield from ((word, "value", told) for word, told in SECTIONS[outer].terms.items())
    elif words[0] in SECTIONS:
        yield from ((word.name, "value", word.meaning) for word in words_behind(words[0]))
    elif words[-1] != "as":
        yield from _items(checked, words, lines, line)


def _outer(lines: list[str], line: int, indent: int) -> str:
    """The first word of the nearest line above that is indented less."""
    for source in reversed(lines[: line - 1]):
        code = code_of(source)
        if code.strip() and len(code) - len(code.lstrip()) < indent:
            return code.split()[0]
    return ""


def _first_words(checked: Checked, outer: str) -> Iterator[tuple[str, str, str]]:
    if outer in SECTIONS:
        yield from ((line.name, "key", line.summary) for line in SECTIONS[outer].lines.values())
        if SECTIONS[outer].open:
            names = File(checked.tree, checked.definitions, checked.lowered).names()
            yield from ((name, "constant", "to be searched") for name in names)
        return
    joins = [name for name, layer in layers().items() if layer.joins]
    if outer in joins:
        yield "path", "structure", STRUCTURE["path"][1]
        return
    yield from ((name, "layer", layer.summary) for name, layer in layers().items())
    for name, block in checked.definitions.blocks.items():
        yield name, "block", show_head(block.line)
    for name, (_, meaning) in STRUCTURE.items():
        if outer == "" or name == "repeat":
            yield name, "structure", meaning
    if outer == "":
        yield from ((name, "structure", section.summary) for name, section in SECTIONS.items())


def _values_of_key(key: str) -> Iterator[tuple[str, str, str]]:
    """The words that may stand in a section's line."""
    for word, terms in glossary().items():
        yield from ((word, "value", term.meaning) for term in terms if key in term.keys)


def _items(
    checked: Checked, words: list[str], lines: list[str], line: int
) -> Iterator[tuple[str, str, str]]:
    layer = layers().get(words[0])
    block = checked.definitions.blocks.get(words[0])
    option = None
    if layer is not None:
        option = next((o for o in layer.options if o.name == words[-1]), None)
    if option is not None and option.kind == "table":
        yield from ((name, "value", "table") for name in checked.definitions.tables)
        return
    if option is not None and option.registry is not None:
        yield from ((word.name, "value", word.meaning) for word in option.registry.values())
        return
    if option is not None and option.words:
        yield from ((word, "value", option.doc) for word in option.words)
        return
    if layer is not None and option is None:
        yield from ((word.name, "value", word.meaning) for word in words_behind(words[0]))
        for argument in layer.arguments:
            yield from ((word, "value", argument.doc) for word in argument.words)
        yield from ((o.written, "option", o.doc) for o in layer.options if o.name not in words)
    if block is not None:
        for parameter in block.line.parameters:
            yield parameter.name.text, "option", f"parameter of {words[0]}"
    for name, value in checked.definitions.constants.values.items():
        yield name, "constant", show_number(value)
    for other in checked.definitions.blocks.values():
        if other.line.span.line < line <= _last_line(other.line) and not other.name.span.file:
            yield from ((p.name.text, "constant", "parameter") for p in other.line.parameters)
