"""The report of a cross-validation: what came of each fold, and their courses side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from lenet.dsl.messages.clean import clean, clean_lines
from lenet.dsl.metrics import metric_called
from lenet.pages.report.course import compared_courses, known
from lenet.pages.report.facts import command_of, environment_section
from lenet.pages.report.frame import document, facts, paragraph, table, text
from lenet.reported import Reported

_ABSENT = "–"


def folded_page(runs: Sequence[Reported], name: str, about: Mapping[str, Any]) -> str:
    """The whole file; `about` is what folds.json says, the `runs` are those of the folds."""
    sections = [
        ("folds", "Folds", _folds(about)),
        ("courses", "Courses", compared_courses([(run.name, run.history) for run in runs])),
        ("file", "The file", text(clean_lines(about["source"]), "the file's text", long=True)),
        ("repeat", "To repeat it", _repeat(about)),
        ("environment", "Environment", environment_section(about)),
    ]
    return document(name, _head(about), sections)


def _head(about: Mapping[str, Any]) -> str:
    mean, deviation = about.get("mean", {}), about.get("deviation", {})
    pairs = [
        (clean(name), f"{_shown(name, value)} ± {_shown(name, deviation.get(name))}")
        for name, value in mean.items()
    ]
    return facts(pairs)


def _shown(name: str, value: Any) -> str:
    numeric = isinstance(value, int | float) and known(name)
    return metric_called(name).shown(float(value)) if numeric else _ABSENT


def _folds(about: Mapping[str, Any]) -> str:
    folds, mean = about.get("folds", []), about.get("mean", {})
    names = list(dict.fromkeys(name for fold in folds for name in fold["metrics"]))
    rows = [
        [
            str(fold["fold"]),
            str(fold["epochs"]),
            *(_shown(n, fold["metrics"].get(n)) for n in names),
        ]
        for fold in folds
    ]
    if mean:
        rows.append(["mean", "", *(_shown(n, mean.get(n)) for n in names)])
        deviation = about.get("deviation", {})
        rows.append(["deviation", "", *(_shown(n, deviation.get(n)) for n in names)])
    heads = ["fold", "epochs", *map(clean, names)]
    caption = "each fold, measured by the model that has not seen it"
    return table(caption, heads, rows, range(1, len(heads))) + paragraph(
        "The deviation is the standard deviation over the folds, as of a sample.", dim=True
    )


def _repeat(about: Mapping[str, Any]) -> str:
    if about.get("given"):
        return paragraph("A program gave the data: lenet.cross_validate repeats it with the same.")
    return paragraph(
        "The same file, data and seed give the same models, with any number of workers and threads."
    ) + text(command_of(about), "the command to repeat it")
