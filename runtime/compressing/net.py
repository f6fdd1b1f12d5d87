"""A trained net on its way to a smaller one: its file, and its weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.check import Checked, check, reader_of
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Edit, SpecError
from lenet.dsl.search.variants import corrected
from lenet.dsl.syntax.fix import apply_edits
from lenet.dsl.syntax.section_lines import with_line

Floats = NDArray[np.float32]
_SIZES = (messages.E031,)  # a `reshape` whose numbers are those of another size


@dataclass(frozen=True, eq=False)
class Net:
    """`text` is the file, those that it imports are `imports`, by path; `tensors` are the trained
    ones, by name. `told` are sentences on what was done."""

    text: str
    imports: Mapping[str, str]
    tensors: Mapping[str, Floats]
    told: tuple[str, ...] = ()

    @cached_property
    def checked(self) -> Checked:
        """The file, as the checker sees it; SpecError where it has a mistake."""
        checked = check(self.text, read=reader_of(self.imports))
        if checked.graph is None:
            raise SpecError("the model's file", self.text, checked.diagnostics, checked.imports)
        return checked

    @property
    def graph(self) -> Graph:
        """The net that the file describes."""
        graph = self.checked.graph
        assert graph is not None
        return graph

    def edited(self, edits: Sequence[Edit]) -> str:
        """The file with edits, and with what it asserts of its sizes brought in line; SpecError
        where it has another mistake then."""
        text = apply_edits(self.text, [[edit] for edit in edits])
        while True:
            checked = check(text, read=reader_of(self.imports))
            if checked.graph is not None:
                return text
            errors = [d for d in checked.diagnostics if d.severity == "error"]
            codes = [name for name, code in messages.CODES.items() if code in _SIZES]
            sizes = [d for d in errors if d.code in codes and d.edits and not d.span.file]
            again = apply_edits(text, [d.edits for d in sizes]) if sizes else None
            if again is None:
                again = corrected(text, checked.diagnostics)
            if again is None:
                raise SpecError("the smaller net", text, checked.diagnostics, checked.imports)
            text = again

    def trained_with(self, line: str) -> "Net":
        """With this line in the section `train`; LenetError where there is none."""
        if self.graph.train is None:
            title = "the model's file does not say how to train"
            fix = "train it with a section `train` first, since a smaller net is trained on"
            raise LenetError(title, "", fix)
        return replace(self, text=with_line(self.text, "train", line))

    def telling(self, sentence: str) -> "Net":
        """With a sentence more."""
        return replace(self, told=(*self.told, sentence))
