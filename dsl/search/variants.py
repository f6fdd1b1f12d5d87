"""The file that a trial trains: the text of another one, with its settings in their places."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, Edit
from lenet.dsl.registry import layers
from lenet.dsl.search.places import Place, Target
from lenet.dsl.search.space import Choice
from lenet.dsl.sections import SECTIONS
from lenet.dsl.syntax.fix import apply_edits
from lenet.dsl.syntax.format import format_text
from lenet.dsl.syntax.tree import Item, Let, Line, Sizes, Tree

# What asserts how large a net is, and so is another one in one of another size.
_ASSERTIONS = (messages.E034, messages.E035)


def edits_for(target: Target, choice: Choice) -> list[Edit]:
    """What puts a setting into its places; Refused where one has nothing that it could replace."""
    found = []
    for place in target.places:
        span = place.rest if choice.quoted else place.span_for(choice.number, choice.parts)
        if span is None:
            what = "word" if not choice.number else "number"
            line = place.line.span if place.line is not None else None
            raise Refused(messages.no_place(choice.span, target.space.title, what, line))
        found.append(Edit.of(span, choice.text))
        if not choice.quoted and not choice.number and choice.text != place.written_word:
            found += _without_strange_options(place, choice.text)
    return found


def _without_strange_options(place: Place, word: str) -> list[Edit]:
    """Of a line whose first word becomes another, such as `optimizer sgd momentum 0.9`: what takes
    the options away that the other one does not have."""
    line = place.line
    if line is None or place.word is None:
        return []
    section = SECTIONS[place.section].lines[line.keyword.text] if place.section else None
    words: Mapping[str, object] | None = section.words if section is not None else layers()
    items = line.items[1:] if section is not None else line.items
    first = line.items[0].span if section is not None and line.items else line.keyword.span
    old = line.items[0] if section is not None else None
    name = line.keyword.text if old is None else _word(old)
    if words is None or place.word != first or not {name, word} <= set(words):
        return []
    known, wanted = _options(words[name]), _options(words[word])
    strange, found = False, []
    for item in items:
        if _word(item) in known:
            strange = _word(item) not in wanted
        if strange:
            found.append(Edit.of(item.span, ""))
    return found


def _word(item: Item) -> str:
    return item.word or "" if isinstance(item, Sizes) else ""


def _options(entry: object) -> set[str]:
    return {option.name for option in getattr(entry, "options", ())}


def without_search(text: str, tree: Tree) -> str:
    """The file without its open sections, with the comments in them: `search`."""
    lines, gone = text.split("\n"), set()
    for statement in tree.statements:
        name = statement.keyword.text if isinstance(statement, Line) else ""
        if isinstance(statement, Line) and name in SECTIONS and SECTIONS[name].open:
            gone |= set(range(statement.span.line, _last(lines, statement) + 1))
    return "\n".join(line for number, line in enumerate(lines, start=1) if number not in gone)


def _last(lines: Sequence[str], section: Line) -> int:
    """The last line of a section's body; comments belong to it where they are indented."""
    last = max([section.span.line, *(child.span.line for child in section.body)])
    while last < len(lines) and lines[last].startswith((" ", "\t")) and lines[last].strip():
        last += 1
    return last


def variant(
    text: str, tree: Tree, settings: Sequence[tuple[Target, Choice]]
) -> tuple[str, tuple[bool, ...]]:
    """The file with these settings, laid out as `lenet fmt` does, without its search; and which of
    them it has: what another one has taken away, such as a momentum, cannot be set."""
    groups = [edits_for(target, choice) for target, choice in settings]
    whole = [
        (k, edit)
        for k, (group, (_, choice)) in enumerate(zip(groups, settings, strict=True))
        for edit in group
        if choice.quoted or not edit.text
    ]
    kept = [
        [e for e in group if not any(_covers(other, e) for own, other in whole if own != k)]
        for k, group in enumerate(groups)
    ]
    changed = apply_edits(text, [[edit] for group in kept for edit in group])
    return format_text(without_search(changed, tree)), tuple(map(bool, kept))


def _covers(edit: Edit, other: Edit) -> bool:
    inside = edit.column <= other.column and other.end_column <= edit.end_column
    return edit.line == other.line and inside


def corrected(text: str, found: Sequence[Diagnostic]) -> str | None:
    """The text with its assertions brought in line with a net of another size; None where there
    is another mistake."""
    codes = [name for name, code in messages.CODES.items() if code in _ASSERTIONS]
    errors = [d for d in found if d.severity == "error"]
    if not errors or any(d.code not in codes or not d.edits for d in errors):
        return None
    return apply_edits(text, [d.edits for d in errors])


def with_constants(text: str, lets: Mapping[str, Let], values: Mapping[str, Fraction]) -> str:
    """The file with other values of its `let`s."""
    edits = [[Edit.of(lets[name].value.span, str(value))] for name, value in values.items()]
    return apply_edits(text, edits)
