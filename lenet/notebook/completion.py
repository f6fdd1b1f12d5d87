"""Completion in cells that begin with %%lenet: the words that an editor would offer."""

import re

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from lenet.dsl.check import check
from lenet.dsl.messages.diagnostics import imports_of
from lenet.editor.editing import completions

_HEAD = re.compile(r"%%lenet(\s|$)")
_WORD = re.compile(r"[\w.-]*$")


@context_matcher()  # type: ignore[misc, no-untyped-call, unused-ignore]
def complete_cell(context: CompletionContext) -> SimpleMatcherResult:
    """What may stand at the cursor, and nothing of Python's; nothing at all in other cells."""
    head, _, cell = context.full_text.partition("\n")
    if not _HEAD.match(head) or not context.cursor_line:
        return SimpleMatcherResult(completions=[])
    line = cell.split("\n")[context.cursor_line - 1]
    found = _WORD.search(line[: context.cursor_position])
    begun = found[0] if found else ""
    checked = check(cell, read=imports_of("net")).as_definitions()
    words = completions(checked, cell, context.cursor_line, context.cursor_position + 1)
    fitting = [SimpleCompletion(word, type=kind) for word, kind, _ in words
               if word.startswith(begun)]  # fmt: skip
    return SimpleMatcherResult(
        completions=fitting, matched_fragment=begun, suppress=True, ordered=False
    )
