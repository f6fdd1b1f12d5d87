"""What a file says about its own net: the `->` behind a line, and `expect`."""

from lenet.dsl.lower.state import Scope, State
from lenet.dsl.lower.values import Refused, evaluate_size
from lenet.dsl.messages import wording as messages
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.tree import Line, Sizes


def declared_shape(state: State, line: Line, scope: Scope) -> Shape | None:
    """After a mistake the declared shape is believed, so that the next lines can be checked."""
    return _sizes(state, line.shape, scope) if line.shape else None


def _sizes(state: State, sizes: Sizes, scope: Scope) -> Shape | None:
    try:
        parts = (evaluate_size(p, scope.constants, "a size of the shape") for p in sizes.parts)
        return tuple(int(part) for part in parts)
    except Refused as refused:
        state.report(refused.diagnostic)
        return None


def check_declared(
    state: State, line: Line, scope: Scope, shape: Shape, source: str, given: Shape
) -> None:
    """Report a `-> SHAPE` that is not the line's `shape`. `given` is the input's shape that
    `source` gives; () for the input itself."""
    declared = declared_shape(state, line, scope)
    if line.shape is None or declared is None or declared == shape:
        return
    why = f"`{line.keyword.text}` makes {show(shape)}"
    if given:
        why += f" of {source}'s {show(given)}"
    state.report(messages.stale_shape(line.shape.span, declared, shape, why + "."), scope)


def check_behind_body(
    state: State, line: Line, scope: Scope, before: tuple[str, Shape | None]
) -> None:
    """The `->` behind a line with a body."""
    if state.shape is None:
        state.shape = declared_shape(state, line, scope)
    elif before[1] is not None:
        check_declared(state, line, scope, state.shape, before[0], before[1])


def lower_expect(state: State, line: Line, scope: Scope) -> None:
    """An `expect N parameters`, which is counted when the whole net is known; its mistakes are
    reported."""
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
        return state.report(messages.bad_line(line.span, "expect", "expect 22278 parameters"))
    assert isinstance(items[0], Sizes)
    try:
        part = items[0].parts[0]
        count = evaluate_size(part, scope.constants, "the number of parameters", 0)
    except Refused as refused:
        return state.report(refused.diagnostic)
    state.expects.append((items[0].span, int(count)))
    state.body_by_mistake(line, scope)
    return None
