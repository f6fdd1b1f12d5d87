"""What a run was: its net and plan, its machine, its file, and the command that repeats it."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lenet.dsl.messages.clean import clean
from lenet.dsl.metrics import metric_called
from lenet.dsl.training.values import Train
from lenet.pages.pages import drawing
from lenet.pages.report.course import known, measured
from lenet.pages.report.frame import facts, paragraph, shown, table, text
from lenet.reported import Reported
from lenet.runtime.options import Options
from lenet.shapes import HEAD, cells_of, folded, memory_text, shapes

_MOST_TEXT = 200_000  # characters of a file


def head(reported: Reported) -> str:
    """The numbers to be seen first."""
    pairs = [("parameters", f"{reported.model.graph.parameter_count:,}")]
    judge = judged_by(reported)
    values = [
        (event.get("epoch"), measured(event)[judge])
        for event in reported.history
        if judge in measured(event)
    ]
    if values and known(judge):
        metric = metric_called(judge)
        epoch, best = max(values, key=lambda pair: metric.score(pair[1]))
        pairs.append((f"best {judge}, epoch {epoch}", metric.shown(best)))
        pairs.append((f"last {judge}", metric.shown(values[-1][1])))
    if reported.history:
        pairs.append(("epochs", f"{reported.history[-1].get('epoch')}"))
    if (seconds := seconds_of(reported)) is not None:
        pairs.append(("seconds, all epochs", f"{seconds:,.1f}"))
    pairs.append(("seed", str(seed_of(reported))))
    digest = paragraph(f"digest of the weights: {reported.model.digest}", dim=True)
    return facts((clean(k), shown(v)) for k, v in pairs) + digest


def judged_by(reported: Reported) -> str:
    """The metric that says which epoch was the best."""
    train = reported.model.graph.train
    return train.judged_by if train is not None else ""


def seed_of(reported: Reported) -> int:
    """The one given in place of the file's, or that."""
    given = reported.about.get("seed")
    train = reported.model.graph.train
    return given if isinstance(given, int) else train.seed if train is not None else Train.seed


def seconds_of(reported: Reported) -> float | None:
    """Of its epochs together, as far as they are told."""
    found = [event.get("seconds") for event in reported.history]
    numbers = [value for value in found if isinstance(value, int | float)]
    return sum(numbers) if numbers else None


def net_section(reported: Reported) -> str:
    """The table of shapes, the plan of the memory and the drawing."""
    graph, name = reported.model.graph, reported.model.name or "net"
    totals = shapes(graph, name)["totals"]
    rows = [cells_of(row) for row in folded(graph)]
    rows.append(("total", "", "", f"{totals['parameters']:,}", f"{totals['macs']:,}", ""))
    memory = memory_text(totals).replace("one", "One", 1).replace("\n", "; ")
    memory += ", as the compiler has planned it."
    picture = f'<h3>Drawing</h3><div class="drawing">{drawing(graph, name)}</div>'
    return (
        table("layers, and what they take of one image", HEAD, rows, (3, 4, 5))
        + paragraph(memory)
        + picture
    )


def environment_section(about: Mapping[str, Any]) -> str:
    """What the run was computed with, as it was recorded then."""
    found = about.get("environment")
    if not isinstance(found, Mapping) or not found:
        return ""
    rows = [(shown(name), shown(value)) for name, value in found.items()]
    return table("where the run began", ("what", "which"), rows, wrapped=(1,))


def repeat_section(reported: Reported) -> str:
    """The command, or why there is none."""
    about, model = reported.about, reported.model
    if about.get("given"):
        return paragraph(
            "The images were given by a program: lenet.train(spec, data) repeats it with the same."
        )
    words = (
        "The same file, data and seed give the same digest, with any number of workers and threads."
    )
    if about.get("earlier"):
        words = "It went on with other settings than it had begun with: this repeats the last ones."
    if about.get("folded"):
        words = "It is a training of a cross-validation, which this repeats as a whole."
    command = command_of(about) if about else _of_model(reported)
    inside = paragraph(words) + text(command, "the command to repeat it")
    return inside if model.source else ""


def command_of(about: Mapping[str, Any]) -> str:
    """`lenet train` with what run.json says."""
    words = ["lenet", "train", str(about["spec"])]
    if about.get("data"):
        words += ["--data", str(about["data"])]
    for name, value in about["settings"].items():
        words += ["--set", f"{name}={value}"]
    for name in ("engine", "epochs", "seed"):
        if about.get(name) not in (None, getattr(Options, name)):
            words += [f"--{name}", str(about[name])]
    return clean(shlex.join(words))


def _of_model(reported: Reported) -> str:
    """That of a model whose run is not known: its file's text is in the report."""
    words = ["lenet", "train", f"{reported.model.name or 'net'}.lenet"]
    for name, value in reported.model.settings.items():
        words += ["--set", f"{name}={value}"]
    return clean(shlex.join(words))


def file_section(reported: Reported) -> str:
    """The text of the file, and of those that it imports."""
    model = reported.model
    parts = [text(model.source[:_MOST_TEXT], "the file's text", long=True)]
    for name, source in model.imports.items():
        parts.append(f"<h3>{shown_name(name)}</h3>")
        parts.append(text(source[:_MOST_TEXT], f"the text of {clean(name)}", long=True))
    if model.settings:
        values = ", ".join(f"{name} = {value}" for name, value in model.settings.items())
        parts.insert(0, paragraph(f"With {values}."))
    return "".join(parts)


def shown_name(name: str) -> str:
    """An imported file's, as HTML."""
    from lenet.dsl.messages.clean import escape

    return escape(clean(Path(name).name))
