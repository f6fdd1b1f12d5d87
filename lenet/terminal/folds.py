"""A cross-validation as a table: each fold, the mean, and the deviation."""

from pathlib import Path
from typing import TYPE_CHECKING

from lenet.dsl.messages.clean import clean
from lenet.dsl.metrics import metric_called
from lenet.runtime.records.run_folder import REPORT, fold_folder
from lenet.terminal.columns import elided
from lenet.terminal.console import say, say_json
from lenet.terminal.table import table

if TYPE_CHECKING:
    from lenet.runtime.cross_validation import CrossValidation

_WIDTH = 79
_NAME = 24  # letters of a metric, which may name a class


def folds_lines(found: "CrossValidation") -> list[str]:
    """A line for each fold, and those of the mean and of the deviation; where there are too many
    metrics for columns, a line for each of these."""
    names, mean, deviation = found.metrics, found.mean, found.deviation
    rows = [("fold", "epochs", *(elided(clean(name), _NAME) for name in names))]
    for fold in found.folds:
        cells = [metric_called(name).shown(fold.metrics[name]) for name in names]
        rows.append((f"{fold.number}", f"{fold.epochs:,}", *cells))
    rows.append(("mean", "", *(metric_called(name).shown(mean[name]) for name in names)))
    rows.append(("±", "", *(metric_called(name).shown(deviation[name]) for name in names)))
    lines = table(rows, left=0)
    if max(map(len, lines)) <= _WIDTH:
        return lines
    return [
        f"{elided(clean(name), _NAME)}  {metric_called(name).shown(mean[name])} ± "
        f"{metric_called(name).shown(deviation[name])}"
        for name in names
    ]


def conclude_folds(found: "CrossValidation", seconds: float, folder: Path, as_json: bool) -> None:
    """What `lenet train` tells at the end: the table, and what is kept where."""
    model, page = folder / "model.safetensors", folder / REPORT
    if as_json:
        done = {
            "event": "done",
            "model": str(model) if found.model is not None else None,
            "digest": found.model.digest if found.model is not None else None,
            "seconds": seconds,
            "metrics": found.mean,
            "deviation": found.deviation,
            "folds": [
                {"fold": fold.number, "epochs": fold.epochs, "metrics": fold.metrics,
                 "model": str(fold_folder(folder, fold.number) / "model.safetensors")}
                for fold in found.folds
            ],
            "report": str(page) if page.exists() else None,
        }  # fmt: skip
        say_json(done)
        return
    for line in folds_lines(found):
        say(line)
    count = len(found.folds)
    say(f"folds    {fold_folder(folder, 1)} to {fold_folder(folder, count).name}")
    if found.model is not None:
        say(f"model    {model}, of all rows")
    if page.exists():
        say(f"report   {page}")
    if found.model is not None:
        say(f"digest   {found.model.digest[:16]}…, {seconds:.1f} s in all")
