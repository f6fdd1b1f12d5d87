"""The lines `input`: one of sizes, or several with names and kinds.

Several inputs lie side by side in a row, which is the net's first node; each has a node of its own
that takes its part, and `path from NAME` begins there.
"""

from collections.abc import Iterable
from dataclasses import replace

from lenet.dsl import registry
from lenet.dsl.graph import Node
from lenet.dsl.inputs import INPUTS, Input, InputKind
from lenet.dsl.lower.assertions import check_declared
from lenet.dsl.lower.bind import bind
from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.state import Scope, State
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import closest
from lenet.dsl.shapes import Shape, product
from lenet.dsl.syntax.tree import Item, Line, Sizes, Span, Statement, Word


def are_several(statements: Iterable[Statement], constants: Constants) -> bool:
    """Whether a file's lines are several inputs with names, and not one that stands there twice."""
    lines = [s for s in statements if isinstance(s, Line) and s.keyword.text == "input"]
    return len(lines) > 1 and any(_name(line, constants)[0] for line in lines)


def lower_input(state: State, line: Line, scope: Scope) -> bool:
    """Whether the line has been lowered: not where it has sizes alone and is the only one, which
    is a layer's line like others."""
    name, items = _name(line, scope.constants)
    kind = _kind(items)
    another = state.input_line is not None
    of_kind = kind is not None or _is_meant(items[1:], scope.constants)
    if not of_kind and not another and name is None and not state.several:
        return False
    if another and not state.several:
        state.report(messages.input_twice(line.span, (state.input_line or line).span))
        return True
    if another and len(state.nodes) > state.input_nodes:
        state.report(messages.input_below(line.span))
        return True
    state.input_line = state.input_line or line
    try:
        found = _read(line, name, items, kind, scope)
    except Refused as refused:
        state.report(refused.diagnostic, scope)
        state.incomplete, state.shape = True, None
        return True
    if name is None and (another or state.several):
        state.report(messages.input_without_name(line.span))
        state.incomplete, state.shape = True, None
        return True
    if state.input_size is not None and not state.several and not found.kind:
        found = replace(found, shape=state.input_size)
    _add(state, line, scope, found)
    return True


def _name(line: Line, constants: Constants) -> tuple[Word | None, list[Item]]:
    """The input's name, in front or behind `as`, and the other items."""
    items = list(line.items)
    first = items[0] if items else None
    word = first.word if isinstance(first, Sizes) else None
    known = word in INPUTS or word in INPUTS.aliases or constants.knows(word or "")
    known = known and _kind(items[1:]) is None  # `input words 60 words` is called so
    if word is None or first is None or known or len(items) < 2:
        return line.name, items
    return line.name or Word(word, first.span), items[1:]


def _is_meant(items: list[Item], constants: Constants) -> bool:
    """Whether a word stands behind the size that is most likely meant as a kind."""
    words = [item.word for item in items if isinstance(item, Sizes)]
    return any(
        word is not None
        and not constants.knows(word)
        and (word in INPUTS.aliases or closest(word, INPUTS) is not None)
        for word in words
    )


def _kind(items: list[Item]) -> InputKind | None:
    words = [item.word or "" for item in items if isinstance(item, Sizes)]
    return next((INPUTS[word] for word in words if word in INPUTS), None)


def _read(
    line: Line, name: Word | None, items: list[Item], kind: InputKind | None, scope: Scope
) -> Input:
    label = name.text if name is not None else ""
    if kind is None:
        strange = next((i for i in items if isinstance(i, Sizes) and i.word is not None), None)
        if strange is not None and len(items) > 1:
            word = strange.word or ""
            meant = INPUTS.aliases.get(word) or closest(word, INPUTS)
            known = tuple(INPUTS)
            raise Refused(messages.unknown_word(strange.span, "kind of input", word, meant, known))
        return Input(label, "", _sizes(replace(line, items=tuple(items), name=None), scope))
    bare = replace(line, name=None, shape=None)
    reader = Reader(bare, kind.example, scope.constants, list(items))
    count = 0
    if kind.number == "before":
        if reader.peek() == kind.name:
            raise reader.refuse()
        count = int(reader.size(f"the number of {kind.name}"))
    reader.expect(kind.name)
    of = kind.usual
    if kind.number == "behind" or (kind.codes and reader.items):
        reader.expect("of")
        of = int(reader.size("how many there are"))
    reader.end()
    shape = (of,) if kind.set else (count,) if count else (1,)
    return Input(label, kind.name, shape, of if kind.codes else 0)


def _sizes(line: Line, scope: Scope) -> Shape:
    arguments, _, problems = bind(line, registry.layers()["input"], scope.constants)
    if problems:
        raise Refused(problems[0])
    return tuple(int(size) for size in arguments["shape"])


def _add(state: State, line: Line, scope: Scope, found: Input) -> None:
    """Its node; of several, behind that of the row, which grows."""
    named = replace(line, name=Word(found.name, line.span) if found.name else None)
    name = state.name_of(named, scope, "input")
    place = line.span
    if not state.several:
        node = Node(name, "input", (), ((),), found.shape, {"inputs": (found,)}, (), 0, place.line,
                    place.file, found.name)  # fmt: skip
        state.nodes.append(node)
        state.lines.append(line)
        state.inputs[name] = found
        state.shape, state.source = found.shape, name
    else:
        _take_part(state, line, name, found)
        state.shape, state.source = None, ""
    check_declared(state, line, scope, found.shape, "", ())


_ROW = "inputs"


def _take_part(state: State, line: Line, name: str, found: Input) -> None:
    place = line.span
    if not state.nodes:
        row = _ROW
        while row in state.names:
            row += "_"
        state.nodes.append(
            Node(row, "input", (), ((),), (0,), {"inputs": ()}, (), 0, place.line, place.file)
        )
        state.lines.append(line)
    row_node = state.nodes[0]
    first = row_node.shape[0]
    found = replace(found, first=first)
    shape = (first + product(found.shape),)
    inputs = (*row_node.arguments["inputs"], found)
    state.nodes[0] = replace(row_node, shape=shape, arguments={"inputs": inputs})
    size = product(found.shape)
    plain = len(found.shape) == 1
    part = name if plain else f"{name}.values"
    arguments = {"first": (first,), "to": (first + size,)}
    taken = Node(part, "slice", (row_node.name,), (shape,), (size,), arguments, (), 0, place.line,
                 place.file, found.name)  # fmt: skip
    state.nodes.append(taken)
    state.lines.append(line)
    if not plain:
        shaped = Node(name, "reshape", (part,), ((size,),), found.shape, {"shape": found.shape},
                      (), 0, place.line, place.file, found.name)  # fmt: skip
        state.nodes.append(shaped)
        state.lines.append(line)
    for k, node in enumerate(state.nodes):
        if node.inputs == (row_node.name,):
            state.nodes[k] = replace(node, input_shapes=(shape,))
    state.inputs[name] = found
    state.input_nodes = len(state.nodes)


def input_of(state: State, line: Line) -> tuple[str, Shape | None] | None:
    """Where `path from NAME` begins, or None after a mistake, which is reported; the line has
    items."""
    items = line.items
    words = [item.word for item in items if isinstance(item, Sizes)]
    if len(items) != 2 or len(words) != 2 or words[0] != "from" or words[1] is None:
        state.report(messages.bad_line(line.span, "path", "path from user"))
        return None
    name, span = words[1], items[1].span
    if name not in state.inputs:
        known = tuple(state.inputs)
        _report_unknown(state, span, name, known)
        return None
    state.read.add(name)
    return name, state.inputs[name].shape


def _report_unknown(state: State, span: Span, name: str, known: tuple[str, ...]) -> None:
    if not state.probing:
        state.report(messages.no_such_input(span, name, known, closest(name, known)))
