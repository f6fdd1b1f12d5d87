"""Cross-validation as files: what `folds` says is a training of its own for each fold, and one of
all rows, whose files differ in that line alone."""

from lenet.dsl.columns import Folds
from lenet.dsl.graph import Graph
from lenet.dsl.messages.diagnostics import Edit
from lenet.dsl.syntax.fix import apply_edits


def is_folded(graph: Graph) -> bool:
    """Whether its file asks for a cross-validation."""
    return graph.data is not None and graph.data.folds is not None


def folds_of(graph: Graph) -> Folds:
    """Those that the file names."""
    assert graph.data is not None and graph.data.folds is not None
    return graph.data.folds


def fold_text(text: str, folds: Folds, number: int) -> str:
    """The file of the training that the fold of this number, from 1, is held out of."""
    return apply_edits(text, [[Edit.of(folds.word, f"validate fold {number} of")]])


def whole_text(text: str, folds: Folds) -> str:
    """The file of the training with all rows."""
    return apply_edits(text, [[Edit.remove_line(folds.span)]])
