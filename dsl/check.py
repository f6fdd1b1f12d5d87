"""The front end in one place: text → tree → graph, with every mistake of the file at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dsl import messages, registry
from dsl.check_whole import State, check_whole
from dsl.diagnostics import Diagnostic, SpecError, closest
from dsl.errors import LenetError
from dsl.graph import Graph, Node
from dsl.parse import parse
from dsl.registry import Context
from dsl.sections.data import KEYS as DATA_KEYS
from dsl.sections.data import read_data
from dsl.sections.train import KEYS as TRAIN_KEYS
from dsl.sections.train import read_train
from dsl.shapes import Shape, product, show
from dsl.syntax import Let, Line, Sizes, Tree, Word
from dsl.values import Constants, Refused, evaluate, evaluate_size

_SECTIONS = ("data", "train")
_NOT_YET = ("block", "repeat", "add", "concat", "multiply", "path", "import", "table", "augment")
_MAX_FLOATS = 2**33 // 4  # 8 GiB of float32 in one layer's output or parameters


@dataclass(frozen=True)
class Checked:
    """`graph` is None where there is an error."""

    tree: Tree
    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]


def check(text: str, overrides: Mapping[str, Fraction] | None = None) -> Checked:
    """Parse and check a whole file. `overrides` are the values of `--set`."""
    tree, diagnostics = parse(text)
    state = State(Constants(overrides), diagnostics)
    lets: dict[str, Let] = {}
    sections = []
    for statement in tree.statements:
        if isinstance(statement, Let):
            _define(state, statement, lets)
        elif statement.keyword.text in _SECTIONS:
            sections.append(statement)
        else:
            _check_with_body(state, statement)
    for section in sections:  # after all lets
        _read_section(state, section)
    check_whole(state, text)
    if not state.failed:
        state.diagnostics += [
            messages.unused_constant(let.name.span, name)
            for name, let in lets.items()
            if name not in state.constants.used
        ]
    found = sorted(
        (d for d in state.diagnostics if d.code and (d.span.line, d.code) not in tree.allowed),
        key=lambda d: (d.span.line, d.span.column),
    )
    graph = None
    if not state.failed:
        _check_settings(tuple(lets), overrides or {})
        graph = Graph(tuple(state.nodes), state.data, state.train, text)
    return Checked(tree, graph, tuple(found))


def check_graph(text: str, path: str, overrides: Mapping[str, Fraction] | None = None) -> Graph:
    """The graph of a file without errors, or SpecError."""
    checked = check(text, overrides)
    if checked.graph is None:
        raise SpecError(path, text, checked.diagnostics)
    return checked.graph


def _define(state: State, let: Let, lets: dict[str, Let]) -> None:
    name = let.name.text
    if name in lets:
        first = lets[name].name.span
        state.diagnostics.append(messages.duplicate_name(let.name.span, name, first))
        return
    lets[name] = let
    try:
        state.constants.define(name, evaluate(let.value, state.constants))
    except Refused as refused:
        state.diagnostics.append(refused.diagnostic)
        state.constants.define(name, None)


def _check_settings(lets: Sequence[str], overrides: Mapping[str, Fraction]) -> None:
    for name in overrides:
        if name not in lets:
            fix = messages.unknown_setting(name, tuple(lets), closest(name, lets))
            raise LenetError(f"--set {name}: the file defines no such constant", "", fix)


def _read_section(state: State, line: Line) -> None:
    name = line.keyword.text
    if name in state.sections:
        first = state.sections[name].keyword.span
        state.diagnostics.append(messages.section_twice(line.keyword.span, name, first))
        return
    state.sections[name] = line
    if name == "data":
        state.data, problems = read_data(line, state.constants)
    else:
        state.train, problems = read_train(line, state.constants)
    state.diagnostics += problems


def _check_with_body(state: State, line: Line) -> None:
    """The line, and what is indented below it by mistake, as if it were not."""
    _check_line(state, line)
    kind = line.keyword.text
    if not line.body or kind in _NOT_YET:
        return
    if kind not in (*registry.layers(), "expect"):
        state.shape = None  # it may have been anything
        return
    state.diagnostics.append(messages.body_not_allowed(line.body[0].span, kind, line.keyword.span))
    for child in line.body:
        if isinstance(child, Line):
            _check_with_body(state, child)


def _check_line(state: State, line: Line) -> None:
    kind = line.keyword.text
    report = state.diagnostics.append
    if not kind:  # a line that could not be read
        if line.name:  # a `let`
            return state.constants.define(line.name.text, None)
        return _lose_track(state)
    if kind == "expect":
        return _read_expect(state, line)
    if kind in _NOT_YET:
        state.shape = None
        if kind == "block" and line.name:
            state.blocks.add(line.name.text)
        return report(messages.not_yet(line.keyword.span, kind))
    layer = registry.layers().get(kind)
    if layer is None:
        if kind not in state.blocks:
            report(_unknown_layer(line.keyword))
        _lose_track(state)
        state.shape = _declared(state, line)
        return None
    if kind == "input" and state.input_line is not None:
        return report(messages.input_twice(line.span, state.input_line.span))
    arguments, spans, problems = registry.bind(line, layer, state.constants)
    state.diagnostics += problems
    name = _name(state, line, kind)
    given = state.shape
    if kind == "input":
        state.input_line, given = line, ()
    elif state.input_line is None and not state.input_missing:
        state.input_missing = True
        report(messages.no_input(line.keyword.span))
    source, state.source = state.source, name
    if problems or given is None:
        state.shape = _declared(state, line)
        return None
    context = Context(line, given, source, arguments, spans)
    try:
        shape = tuple(int(size) for size in layer.infer(context))
        _check_size(line, "this layer's output", product(shape))
        parameters = layer.parameters(given, arguments)
        _check_size(line, "the parameters of this layer", sum(product(p.shape) for p in parameters))
    except Refused as refused:
        report(refused.diagnostic)
        state.shape = _declared(state, line)
        return None
    state.diagnostics += context.warnings
    _check_declared(state, line, shape)
    state.nodes.append(
        Node(
            name,
            kind,
            (source,) if state.nodes else (),
            given,
            shape,
            arguments,
            parameters,
            layer.macs(given, shape, arguments),
            line.span.line,
        )
    )
    state.lines.append(line)
    state.shape = shape
    return None


def _lose_track(state: State) -> None:
    """After a line that may have been anything: the input, or the section `data`."""
    state.shape = None
    state.input_missing = state.input_missing or state.input_line is None
    state.data_missing = True


def _unknown_layer(word: Word) -> Diagnostic:
    for section, keys in (("data", DATA_KEYS), ("train", TRAIN_KEYS)):
        if word.text in keys:
            return messages.line_of_section(word.span, word.text, section)
    layers = registry.layers()
    suggestion = registry.suggest_layer(word.text)
    example = layers[suggestion].example if suggestion and suggestion in layers else ""
    return messages.unknown_layer(word.span, word.text, suggestion, example, tuple(layers))


def _name(state: State, line: Line, kind: str) -> str:
    state.counts[kind] = state.counts.get(kind, 0) + 1
    number = state.counts[kind]
    word = line.name or Word(f"{kind}{number}", line.keyword.span)
    if kind == "input" and line.name is None:
        word = Word("input", line.keyword.span)
    if word.text in state.names:
        first = state.names[word.text]
        if line.name and word.text not in state.unnamed:
            state.diagnostics.append(messages.duplicate_name(word.span, word.text, first))
        else:
            mine = line.name is not None
            state.diagnostics.append(messages.name_clashes(word.span, word.text, first, mine))
    elif line.name is None:
        state.unnamed.add(word.text)
    state.names.setdefault(word.text, word.span)
    return word.text


def _sizes(state: State, sizes: Sizes) -> Shape | None:
    try:
        parts = (evaluate_size(p, state.constants, "a size of the shape") for p in sizes.parts)
        return tuple(int(part) for part in parts)
    except Refused as refused:
        state.diagnostics.append(refused.diagnostic)
        return None


def _declared(state: State, line: Line) -> Shape | None:
    """After a mistake the declared shape is believed, so that the next lines can be checked."""
    return _sizes(state, line.shape) if line.shape else None


def _check_declared(state: State, line: Line, shape: Shape) -> None:
    declared = _declared(state, line)
    if line.shape is None or declared is None or declared == shape:
        return
    source = f"`{line.keyword.text}` makes {show(shape)}"
    if state.nodes:
        source += f" of {state.nodes[-1].name}'s {show(state.nodes[-1].shape)}"
    state.diagnostics.append(messages.stale_shape(line.shape.span, declared, shape, source + "."))


def _check_size(line: Line, what: str, floats: int) -> None:
    if floats > _MAX_FLOATS:
        span = line.span
        raise Refused(messages.net_too_large(span, what, 4 * floats, 4 * _MAX_FLOATS))


def _read_expect(state: State, line: Line) -> None:
    usage = "expect 22278 parameters"
    items = line.items
    well_formed = (
        len(items) == 2
        and isinstance(items[0], Sizes)
        and len(items[0].parts) == 1
        and isinstance(items[1], Sizes)
        and items[1].word == "parameters"
        and line.name is None
        and line.shape is None
    )
    if not well_formed:
        state.diagnostics.append(messages.bad_line(line.span, "expect", usage))
        return
    assert isinstance(items[0], Sizes)
    try:
        count = evaluate_size(items[0].parts[0], state.constants, "the number of parameters", 0)
    except Refused as refused:
        return state.diagnostics.append(refused.diagnostic)
    state.expects.append((items[0].span, int(count)))
