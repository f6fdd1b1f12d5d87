"""The use of a block: its lines written out, with its parameters as constants."""

from collections.abc import Sequence

from lenet.dsl.lower.assertions import check_behind_body
from lenet.dsl.lower.bind_block import bind_parameters
from lenet.dsl.lower.definitions import Block
from lenet.dsl.lower.state import Scope, State
from lenet.dsl.lower.values import Constants
from lenet.dsl.messages import wording as messages
from lenet.dsl.syntax.tree import Line

_MOST_USES = 100  # of a block, that are looked into in a net with mistakes


def lower_block(state: State, line: Line, scope: Scope, block: Block) -> None:
    """The layers of one use of `block`; a block within itself is reported, and not entered."""
    block.used = True
    name = state.name_of(line, scope, line.keyword.text)
    chain = [use for use, _ in scope.uses]
    if block.name.text in chain:
        way = chain[chain.index(block.name.text) :]
        state.report(messages.recursive_block(line.keyword.span, block.name.text, way))
        state.incomplete, state.shape = True, None
        return
    state.has_input(line)
    constants, problems = bind_parameters(line, block, scope.constants)
    for problem in problems:
        state.report(problem)
        state.incomplete = True
    before = (state.source, state.shape)
    group = state.open("block", name, line)
    inside = Scope(
        block.home, constants, f"{name}.", "block",
        (*scope.uses, (block.name.text, line.span)), scope.depth + 1,
    )  # fmt: skip
    _lower_body(state, block, inside)
    state.close(group)
    check_behind_body(state, line, scope, before)
    if line.body:
        span = line.keyword.span
        state.report(messages.body_not_allowed(line.body[0].span, line.keyword.text, span))


def _lower_body(state: State, block: Block, inside: Scope) -> None:
    """The body of a block. In a net with mistakes not again where it would find the same ones:
    blocks that use others twice would take twice the time with each."""
    found = state.uses.setdefault(block.name.span, {})
    use = (state.shape, tuple(inside.constants.values.items()))
    if state.incomplete and (use in found or len(found) > _MOST_USES):
        state.shape = found.get(use)
        return
    state.lines_of(block.line.body, inside)
    found[use] = state.shape


def look_at_unused(state: State, blocks: Sequence[Block]) -> None:
    """The mistakes of those blocks that nothing uses."""
    visited, state.visited = state.visited, 0
    for block in reversed(blocks):  # most use those before them, which are looked at with them
        if not block.used:
            _look_at(state, block)
    state.visited = visited


def _look_at(state: State, block: Block) -> None:
    constants = Constants(outer=block.home.constants)
    for parameter in block.line.parameters:
        constants.define(parameter.name.text, None)
    scope = Scope(block.home, constants, f"{block.name.text}.", "block",
                  ((block.name.text, block.name.span),))  # fmt: skip
    state.only_look(block.line.body, scope, unknown=False)
