"""From lines to nodes: blocks and repeats written out, paths joined, shapes inferred.

The lowering goes through the lines in the order in which data flow, and knows at each the shape so
far. After a mistake the shape is unknown, and what would follow from it is not reported. Here is
told what a line is; a module for each kind lowers it, and comes back here for the lines below it.
"""

from dataclasses import dataclass

from lenet.dsl import registry
from lenet.dsl.lower.assertions import declared_shape, lower_expect
from lenet.dsl.lower.block import lower_block
from lenet.dsl.lower.extent import DEEPEST, MOST_LAYERS, extent_of
from lenet.dsl.lower.join import lower_join
from lenet.dsl.lower.layer import lower_layer
from lenet.dsl.lower.repeat import lower_repeat
from lenet.dsl.lower.state import Scope, State
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.absent import absent
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.sections import SECTIONS
from lenet.dsl.syntax.tree import Line, Word

_LONGEST = 2_000  # letters in front of a layer's own name
_TOP_ONLY = ("block", "table", "import", "expect", "input", *SECTIONS)


@dataclass
class Lowering(State):
    """A net's nodes, as far as its lines have been lowered."""

    def line(self, line: Line, scope: Scope) -> None:
        """One line of the net, with its body."""
        before = self.shape
        self._line(line, scope)
        if not scope.outer:  # what stands in the file itself: its line, and the shapes around it
            self.shapes[line.span.line] = (before, self.shape)

    def _line(self, line: Line, scope: Scope) -> None:
        self.visited += 1
        if self.full or self._is_beyond(line, scope):
            return
        kind = line.keyword.text
        if not kind:  # a line that could not be read
            self._unknown(line, scope)
        elif scope.outer and kind in _TOP_ONLY:
            self.report(messages.only_at_the_top(line.keyword.span, kind, scope.outer))
        elif kind == "expect":
            lower_expect(self, line, scope)
        elif kind == "repeat":
            lower_repeat(self, line, scope)
        elif kind == "path":
            self.report(messages.path_outside(line.keyword.span))
            self._unknown(line, scope)
        elif kind in scope.definitions.blocks:
            lower_block(self, line, scope, scope.definitions.blocks[kind])
        elif kind in registry.layers():
            if registry.layers()[kind].joins:
                lower_join(self, line, scope)
            else:
                lower_layer(self, line, scope)
                self.body_by_mistake(line, scope)
        else:
            known = ("E010", line.keyword.span) in self.reported  # from another use of its block
            if scope.constants.complete and not known:
                self.report(_unknown_layer(line.keyword, scope))
            self._unknown(line, scope)

    def _is_beyond(self, line: Line, scope: Scope) -> bool:
        """Whether the net grows beyond a limit with this line, which is reported then."""
        if self.visited > self.most or len(self.nodes) >= MOST_LAYERS:
            span = scope.uses[0][1] if scope.uses else line.span
            self._end(messages.too_many_layers(span, MOST_LAYERS))
            return True
        if not self.incomplete and scope.depth == 0 and self._is_too_large(line, scope):
            self.report(messages.too_many_layers(line.span, MOST_LAYERS))
            self.only_look((line,), scope, unknown=True)
            self.shape = declared_shape(self, line, scope)
            return True
        if scope.depth > DEEPEST or len(scope.prefix) > _LONGEST:
            limit = f"{DEEPEST} blocks, repeats and paths inside each other"
            if scope.depth <= DEEPEST:
                limit = f"{_LONGEST} letters in the names around a layer"
            self._end(messages.too_deep(line.span, limit))
            return True
        return False

    def _end(self, diagnostic: Diagnostic) -> None:
        """No line is lowered any more."""
        if not self.probing:
            self.report(diagnostic)
        self.full = self.incomplete = True

    def _is_too_large(self, line: Line, scope: Scope) -> bool:
        """Whether a line of the file stands for more than a net may have."""
        kind = line.keyword.text
        layer = registry.layers().get(kind)
        if not (kind == "repeat" or kind in scope.definitions.blocks or (layer and layer.joins)):
            return False
        extent = extent_of(line, scope.definitions, scope.constants, self.most)
        return (
            self.visited + extent.lines > self.most or len(self.nodes) + extent.layers > MOST_LAYERS
        )

    def _unknown(self, line: Line, scope: Scope) -> None:
        """A line that means nothing; its body is looked through if it may hold layers."""
        self.lose_track()
        words = {s.keyword.text for s in line.body if isinstance(s, Line)}
        ours = any(words & section.lines.keys() for section in SECTIONS.values())
        if words & registry.layers().keys() and not ours:
            self.only_look(line.body, scope.inside(line.keyword.text, "repeat"), unknown=True)
        self.shape = declared_shape(self, line, scope)


def _unknown_layer(word: Word, scope: Scope) -> Diagnostic:
    for section in SECTIONS.values():
        if word.text in section.lines:
            return messages.line_of_section(word.span, word.text, section.name)
    layers = registry.layers()
    blocks = tuple(scope.definitions.blocks)
    suggestion = registry.suggest_layer(word.text, blocks)
    example = layers[suggestion].example if suggestion and suggestion in layers else ""
    known = (*layers, *blocks)
    instead = absent("layer", word.text) if suggestion is None else None
    return messages.unknown_layer(word.span, word.text, suggestion, example, known, instead)
