"""A layer that joins paths, and the lines of each."""

from lenet.dsl import registry
from lenet.dsl.lower.assertions import check_behind_body, declared_shape
from lenet.dsl.lower.bind import bind
from lenet.dsl.lower.inputs import input_of
from lenet.dsl.lower.layer import add_node
from lenet.dsl.lower.state import Scope, State
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Context
from lenet.dsl.shapes import Shape, product
from lenet.dsl.syntax.tree import Let, Line


def lower_join(state: State, line: Line, scope: Scope) -> None:
    """Each path from the same place, and then the node that joins them. After a mistake in any of
    them there is no node, and what follows gets the declared shape, or that of the largest known
    path unless the join stacks channels."""
    kind = line.keyword.text
    layer = registry.layers()[kind]
    arguments, spans, problems = bind(line, layer, scope.constants)
    for problem in problems:
        state.report(problem)
    name = state.name_of(line, scope, kind)
    inside = scope.inside(name.removeprefix(scope.prefix), kind)
    state.has_input(line)
    before = (state.source, state.shape)
    group = state.open("join", name, line)
    ends: list[tuple[str, Shape | None]] = []
    paths: list[Line] = []
    strange = False
    for statement in line.body:
        if not isinstance(statement, Line) or statement.keyword.text != "path":
            if not strange and isinstance(statement, Line) and statement.keyword.text:
                word = statement.keyword
                state.report(messages.not_a_path(word.span, word.text, kind, line.keyword.span))
            elif isinstance(statement, Let):
                state.report(messages.let_in_body(statement.span, kind))
            strange = True
            if isinstance(statement, Line):
                state.only_look((statement,), inside, unknown=False)
            continue
        state.source, state.shape = before
        ends.append(_lower_path(state, statement, inside))
        paths.append(statement)
    if len(paths) < 2 and not strange and not any(not p.keyword.text for p in paths):
        state.report(messages.too_few_paths(line.span, kind, len(paths)))
    shapes = [shape for _, shape in ends if shape is not None]
    state.source = name
    if problems or strange or len(paths) < 2 or len(shapes) < len(ends):
        state.incomplete = True
        known = len(shapes) > 0 and not registry.layers()[kind].stacks
        widest = max(shapes, key=product) if known else None  # others may be vectors for it
        state.shape = declared_shape(state, line, scope) or widest
        return state.close(group)
    context = Context(line, tuple(shapes), before[0], arguments, spans, tuple(paths))
    add_node(state, line, scope, name, tuple(source for source, _ in ends), context)
    return state.close(group)


def _lower_path(state: State, line: Line, scope: Scope) -> tuple[str, Shape | None]:
    """Where a path ends: the name of its last layer, and the shape there."""
    start = input_of(state, line) if line.items else None
    if line.items:
        state.source, state.shape = start or ("nothing", None)
    name = state.name_of(line, scope, "path").removeprefix(scope.prefix)
    before = (state.source, state.shape)
    group = state.open("path", scope.prefix + name, line)
    state.lines_of(line.body, scope.inside(name, "path"))
    if not state.source and not line.items and not state.probing:
        state.report(messages.no_path_from(line.keyword.span, "path", tuple(state.inputs)))
    state.close(group)
    check_behind_body(state, line, scope, before)
    return state.source, state.shape
