"""Whether rows can be held out as the section `data` says."""

from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.messages import wording as messages
from lenet.dsl.sections.data import Data

_IN_ORDER = ("end", "period")  # the ways that leave the ends of series out


def check_split(lowered: Lowering, data: Data) -> None:
    """One line says it, by columns only of tables, and by chance of no series."""
    split, folds = data.split, data.folds
    if folds is not None and data.holds_out:
        lowered.report(messages.folds_and_validate(folds.span))
        return
    if not data.tabular:
        if split is not None and split.column:
            fix = "validate fold 1 of 5" if split.folds else "validate 20 percent"
            lowered.report(messages.split_needs_columns(split.span, split.column, fix))
        if folds is not None and folds.column:
            fix = f"folds {folds.count}"
            lowered.report(messages.split_needs_columns(folds.span, folds.column, fix))
    if data.series is not None:
        if split is not None and split.how not in _IN_ORDER:
            fix = "validate last 20 percent"
            if split.folds:
                fix = f"validate fold {split.fold} of last {split.folds}"
            lowered.report(messages.series_overlap(split.span, fix))
        if folds is not None and not folds.last:
            lowered.report(messages.series_overlap(folds.span, f"folds last {folds.count}"))
