"""A `repeat`: its lines written out so many times."""

from lenet.dsl.lower.assertions import check_behind_body
from lenet.dsl.lower.extent import repetitions
from lenet.dsl.lower.state import Scope, State
from lenet.dsl.lower.values import Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.syntax.tree import Line


def lower_repeat(state: State, line: Line, scope: Scope) -> None:
    """The layers of all turns. Lines that are repeated 0 or an unknown number of times are checked,
    and leave no layers."""
    times = None
    try:
        times = repetitions(line, scope.constants)
    except Refused as refused:
        state.report(refused.diagnostic)
    if not line.body:
        state.report(messages.empty_body(line.span, "repeat", "repeat 3\n  conv 6x3x3\n  relu"))
    name = state.name_of(line, scope, "repeat").removeprefix(scope.prefix)
    if not times:
        state.only_look(line.body, scope.inside(f"{name}.1", "repeat"), unknown=times is None)
    before = (state.source, state.shape)
    group = state.open("repeat", scope.prefix + name, line, times or 0)
    for turn in range(times if times and line.body else 0):
        given = state.shape
        state.lines_of(line.body, scope.inside(f"{name}.{turn + 1}", "repeat"))
        if state.full or state.shape is None or (state.incomplete and state.shape == given):
            break  # more turns would find the same mistakes
    state.close(group)
    check_behind_body(state, line, scope, before)
