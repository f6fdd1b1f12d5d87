"""Several runs side by side: what differs, and their courses in the same pictures."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff

from lenet.dsl.messages.clean import clean, clean_lines
from lenet.dsl.metrics import metric_called
from lenet.dsl.sections import SECTIONS
from lenet.pages.report.course import compared_courses, known, measured
from lenet.pages.report.facts import command_of, seconds_of, seed_of
from lenet.pages.report.frame import document, paragraph, shown, table, text
from lenet.reported import Reported

_ABSENT = "–"


def compared_page(runs: Sequence[Reported]) -> str:
    """The whole file; the first run is what the others' files are compared with."""
    names = [f"{k + 1}: {clean(run.name)}" for k, run in enumerate(runs)]
    numbers = [(str(k + 1), run.history) for k, run in enumerate(runs)]
    sections = [
        ("metrics", "Metrics", _metrics(runs, names)),
        ("settings", "What differs", _settings(runs, names)),
        ("courses", "Courses", compared_courses(numbers)),
        ("files", "The files", "".join(_files(runs, names))),
        ("repeat", "To repeat them", "".join(_commands(runs, names))),
    ]
    return document(f"{len(runs)} runs side by side", "", sections)


def _metrics(runs: Sequence[Reported], names: Sequence[str]) -> str:
    """The best and the last value of each metric, and the training loss, a run a row."""
    metrics = dict.fromkeys(
        str(name) for run in runs for event in run.history for name in measured(event)
    )
    chosen = [name for name in metrics if known(name)]
    heads = ["run", "epochs", "seconds", "training loss"]
    heads += [f"{which} {clean(name)}" for name in chosen for which in ("best", "last")]
    rows = []
    for run, name in zip(runs, names, strict=True):
        last = run.history[-1] if run.history else {}
        seconds, loss = seconds_of(run), last.get("loss")
        row = [
            name,
            str(last.get("epoch", _ABSENT)),
            _ABSENT if seconds is None else f"{seconds:,.1f}",
            f"{loss:.4f}" if isinstance(loss, int | float) else _ABSENT,
        ]
        for metric in chosen:
            row += _best_and_last(run, metric)
        rows.append(row)
    return table("each run", heads, rows, range(1, len(heads)))


def _best_and_last(run: Reported, name: str) -> list[str]:
    values = [measured(event)[name] for event in run.history if name in measured(event)]
    if not values:
        return [_ABSENT, _ABSENT]
    metric = metric_called(name)
    return [metric.shown(max(values, key=metric.score)), metric.shown(values[-1])]


def _settings(runs: Sequence[Reported], names: Sequence[str]) -> str:
    """A row for each thing that is not the same in all of them."""
    told = [dict(_told(run)) for run in runs]
    rows = []
    for what in dict.fromkeys(name for known_ones in told for name in known_ones):
        values = [shown(one.get(what, _ABSENT)) for one in told]
        if len(set(values)) > 1:
            rows.append([what, *values])
    if not rows:
        return paragraph("Nothing: they are the same run, again.")
    return table(
        "settings that are not the same", ["", *names], rows, wrapped=range(1, 1 + len(names))
    )


def _told(run: Reported) -> Iterator[tuple[str, str]]:
    """All that may differ, in words."""
    graph, about = run.model.graph, run.about
    yield "file", clean(str(about.get("spec", run.model.name)))
    yield "parameters", f"{graph.parameter_count:,}"
    yield "multiply-adds", f"{sum(node.macs for node in graph.nodes):,}"
    yield "seed", str(seed_of(run))
    for name in ("data", "engine", "epochs"):
        if about.get(name):
            yield name, clean(str(about[name]))
    for name, value in run.model.settings.items():
        yield f"--set {name}", str(value)
    yield from section_lines(run.model.source)
    found = about.get("environment")
    for name, value in (found if isinstance(found, dict) else {}).items():
        yield clean(str(name)), clean(str(value))
    yield "digest", f"{run.model.digest[:16]}…"


def section_lines(source: str) -> Iterator[tuple[str, str]]:
    """The lines of the sections, which are indented below their names, by section and first word;
    several of the same together."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in source.splitlines():
        bare = line.split("#")[0].rstrip()
        words = bare.split()
        if not words:
            continue
        if bare[0] not in " \t":
            section = words[0] if words[0] in SECTIONS else ""
            if section and len(words) > 1:
                found.setdefault(section, []).append(" ".join(words[1:]))
        elif section:
            found.setdefault(f"{section}: {words[0]}", []).append(" ".join(words[1:]) or "yes")
    for name, values in found.items():
        yield clean(name), clean("; ".join(values))


def _files(runs: Sequence[Reported], names: Sequence[str]) -> Iterator[str]:
    first = clean_lines(runs[0].model.source).splitlines()
    for run, name in zip(runs[1:], names[1:], strict=True):
        lines = clean_lines(run.model.source).splitlines()
        changed = list(unified_diff(first, lines, names[0], name, lineterm="", n=2))
        if changed:
            label = f"the file of {name}, compared with the first"
            yield paragraph(label) + text("\n".join(changed), label, long=True)
        else:
            yield paragraph(f"The file of {name} is that of the first.")


def _commands(runs: Sequence[Reported], names: Sequence[str]) -> Iterator[str]:
    for run, name in zip(runs, names, strict=True):
        if run.about.get("given"):
            yield paragraph(f"{name}: its images were given by a program.")
        elif run.about:
            yield paragraph(name) + text(command_of(run.about), f"the command of {name}")
