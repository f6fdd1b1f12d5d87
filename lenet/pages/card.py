"""The model card of a run: what the model is, in the layout of Hugging Face's model cards.

https://huggingface.co/docs/hub/model-cards: Markdown behind a head of YAML. All of it follows from
the run; what nobody has told, such as a licence or what the model is meant for, is left to its
owner, and not made up.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lenet.dsl.answers import WRITTEN
from lenet.dsl.datasets import DATASETS
from lenet.dsl.messages.clean import clean, clean_lines
from lenet.dsl.metrics import metric_called
from lenet.dsl.shapes import show
from lenet.pages.report.course import known, measured
from lenet.pages.report.facts import command_of, judged_by, seed_of
from lenet.reported import Reported
from lenet.runtime.events import DataCounted, Warned
from lenet.runtime.guesses import most_frequent_class

_NAMES = 30  # classes that are listed
_WORST = 3  # of those that are told apart badly
_BAD = 0.9  # of a class's images that are found, or more: then it is no limit


@dataclass(frozen=True)
class Carded:
    """What a card tells of: a run as its report has it, what its data were, and what it warned
    of."""

    reported: Reported
    counted: DataCounted | None
    warnings: tuple[Warned, ...] = ()


def card_text(carded: Carded) -> str:
    """The whole file."""
    sections = (
        ("Model", _model(carded)),
        ("How to use it", _use(carded)),
        ("Data", _data(carded)),
        ("Training", _training(carded)),
        ("Evaluation", _evaluation(carded)),
        ("Limits", _limits(carded)),
        ("The file", _fenced(carded.reported.model.source.rstrip("\n"))),
        ("Versions", _versions(carded)),
    )
    parts = [_head(carded), f"# {_plain(carded.reported.model.name or 'net')}\n"]
    for title, lines in sections:
        text = "\n".join(lines).rstrip("\n")
        if text:
            parts.append(f"## {title}\n\n{text}\n")
    return "\n".join(parts)


def _head(carded: Carded) -> str:
    """YAML, whose values are written as JSON, which is part of it: names may hold anything."""
    model, counted = carded.reported.model, carded.counted
    task = _task(carded)
    head: dict[str, Any] = {
        "library_name": "lenet",
        "tags": ["lenet", *([task] if task else [])],
        "model_name": model.name or "net",
    }
    if task:
        head["pipeline_tag"] = task
    section = model.graph.data
    if section is not None and DATASETS[section.kind].shape is not None:
        head["datasets"] = [section.kind]
    values = _last(carded)
    if values:
        head["metrics"] = [name for name, _ in values]
        name = counted.name if counted is not None else "held-out rows"
        head["model-index"] = [
            {
                "name": model.name or "net",
                "results": [
                    {
                        "task": {"type": task or "other"},
                        "dataset": {"name": name, "type": name, "split": "validation"},
                        "metrics": [{"type": name, "value": value} for name, value in values],
                    }
                ],
            }
        ]
    lines = [f"{key}: {json.dumps(value)}" for key, value in head.items()]
    return "\n".join(["---", *lines, "---", ""])


def _task(carded: Carded) -> str:
    """What Hugging Face calls it; "" for what has no name there."""
    model = carded.reported.model
    answers = model.graph.answers
    if model.features is not None:
        if model.features.of_windows:
            return "time-series-forecasting"
        return {"class": "tabular-classification", "numbers": "tabular-regression"}.get(answers, "")
    if answers == "places":
        return "image-segmentation"
    return "image-classification" if answers == "class" and _of_images(carded) else ""


def _of_images(carded: Carded) -> bool:
    shape = carded.reported.model.image_shape
    return len(shape) == 3 and min(shape[1:]) > 1 and carded.reported.model.features is None


def _last(carded: Carded) -> list[tuple[str, float]]:
    """The metrics of the epoch whose weights the model has, which are numbers."""
    history = carded.reported.model.history
    values = measured(history[-1]) if history else {}
    return [(name, value) for name, value in values.items() if known(name)]


def _model(carded: Carded) -> Iterator[str]:
    model = carded.reported.model
    graph = model.graph
    yield (
        f"A net of {len(graph.nodes) - 1:,} layers and {graph.parameter_count:,} parameters. It "
        f"takes {show(model.image_shape)} and answers with {WRITTEN[graph.answers]}."
    )
    yield ""
    if model.classes:
        names = [_plain(name) for name in model.classes[:_NAMES]]
        more = len(model.classes) - _NAMES
        what = "Classes" if graph.answers in ("class", "places") else "Answers"
        yield f"- {what}: {', '.join(names)}{f' and {more:,} more' if more > 0 else ''}"
    yield f"- Weights: `model.safetensors`, {graph.parameter_count:,} float32 values"
    yield f"- Digest of the weights (SHA-256): `{model.digest}`"


def _use(carded: Carded) -> Iterator[str]:
    model, name = carded.reported.model, "model.safetensors"
    if model.features is not None and model.features.of_windows:
        yield from _fenced(f"lenet forecast {name} series.csv")
        yield from _fenced(f'import lenet\n\nlenet.forecast("{name}", table)', "python")
        return
    rows = "table.csv" if model.features is not None else "picture.png"
    yield from _fenced(f"lenet predict {name} {rows}")
    given = "table" if model.features is not None else '["picture.png"]'
    yield from _fenced(f'import lenet\n\nlenet.open("{name}").predict({given})', "python")
    yield "In Spark, with a session `spark`:"
    yield ""
    yield from _fenced(
        f'spark.udf.register("net", lenet.udf("{name}"))\n'
        'spark.sql("select net(column) from rows")',
        "python",
    )


def _data(carded: Carded) -> Iterator[str]:
    counted, model = carded.counted, carded.reported.model
    if counted is not None:
        rows = f"{counted.rows:,} {counted.what} to train with, {counted.held_out:,} held out"
        yield f"- {_plain(counted.name)}: {rows}"
        if counted.classes:
            counts = counted.classes.values()
            yield f"- {len(counts):,} classes of {min(counts):,} to {max(counts):,} {counted.what}"
        yield f"- Values from {counted.least:.4g} to {counted.most:.4g}, mean {counted.mean:.4g}"
        if counted.left_out:
            yield f"- {counted.left_out:,} pictures could not be read, and were left out"
    if model.features is not None:
        columns = [name for names in model.features.columns for name in names]
        yield f"- Columns: {', '.join(map(_plain, columns))}"
        return
    scale = f"a stored value counts {model.pixel_scale:.6g}" if model.pixel_scale != 1 else ""
    mean, deviation = (", ".join(f"{v:.4g}" for v in values)
                       for values in (model.mean, model.deviation))  # fmt: skip
    parts = [scale, f"the net sees (value - mean) / deviation with mean {mean} and deviation "
             f"{deviation}"]  # fmt: skip
    yield f"- Preparation, kept with the weights: {'; '.join(filter(None, parts))}"
    if _of_images(carded):
        how = model.preparation()
        if how.drawn is not None:
            yield f"- Drawings are cut out and fitted into {how.drawn}x{how.drawn}"
        if how.resize is not None:
            yield f"- Pictures are brought to {show(how.shape[1:])}: {how.resize}"


def _training(carded: Carded) -> Iterator[str]:
    reported = carded.reported
    train, history = reported.model.graph.train, reported.model.history
    if history:
        yield f"- {history[-1]['epoch']:,} epochs, {history[-1]['iteration']:,} steps"
    if train is not None:
        yield f"- Batches of {train.batch:,}; seed {seed_of(reported)}"
    yield "- The same file, data and seed give the same digest, with any number of workers"
    if reported.about and not reported.about.get("given"):
        # Where the files lay is nobody else's concern.
        own = {**reported.about, "spec": f"{reported.model.name or 'net'}.lenet", "data": None}
        yield ""
        yield from _fenced(command_of(own))


def _evaluation(carded: Carded) -> Iterator[str]:
    values, counted = _last(carded), carded.counted
    if not values:
        yield "No held-out rows were measured: nothing is known of how good it is."
        return
    held_out = f"{counted.held_out:,} held-out {counted.what}" if counted else "the held-out rows"
    yield f"On {held_out}, beside what the simplest answers reach:"
    yield ""
    baselines = dict(_baselines(counted))
    yield f"| metric | the model |{''.join(f' {_plain(name)} |' for name in baselines)}"
    yield f"| --- | ---: |{' ---: |' * len(baselines)}"
    for name, value in values:
        metric = metric_called(name)
        others = [
            f" {metric.shown(simple[name])} |" if name in simple else " |"
            for simple in baselines.values()
        ]
        yield f"| {_plain(name)} | {metric.shown(value)} |{''.join(others)}"


def _baselines(counted: DataCounted | None) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Metrics of answers that need no net, by their names."""
    if counted is None:
        return
    yield from counted.guesses.items()
    if not counted.guesses and counted.classes and counted.held_out:
        yield most_frequent_class(counted)


def _limits(carded: Carded) -> Iterator[str]:
    """Only what follows from the run."""
    reported, counted = carded.reported, carded.counted
    graph = reported.model.graph
    if graph.answers == "class":
        yield "- It always answers with one of its classes, whatever it is given."
    yield "- It was measured on rows of the same data as it was trained with, and on no others."
    train = graph.train
    if train is not None and train.keep and _last(carded):
        yield f"- The epoch was chosen by {judged_by(reported)} of the same held-out rows, so its "
        yield "  metrics flatter it a little."
    if counted is not None and counted.classes:
        rarest = min(counted.classes, key=counted.classes.__getitem__)
        count = counted.classes[rarest]
        if 2 * count < max(counted.classes.values()):
            yield f"- Of the class {_plain(rarest)} it has seen {count:,} {counted.what} only."
    yield from _badly_told(reported)
    for warned in carded.warnings:
        yield f"- The run warned: {_plain(warned.text)}."


def _badly_told(reported: Reported) -> Iterator[str]:
    """The classes of which the model misses most."""
    judged = reported.judged
    rows: Sequence[Mapping[str, Any]] = judged.found.classes if judged is not None else ()
    low = sorted((r for r in rows if r["count"] and r["recall"] < _BAD), key=lambda r: r["recall"])
    for row in low[:_WORST]:
        other = f", most often for {_plain(row['taken_for'])}" if row.get("taken_for") else ""
        yield f"- Of the class {_plain(row['label'])} it finds {row['recall']:.1%}{other}."


def _versions(carded: Carded) -> Iterator[str]:
    found = carded.reported.about.get("environment")
    for name, value in (found if isinstance(found, Mapping) else {}).items():
        yield f"- {_plain(str(name))}: {_plain(str(value))}"


def _fenced(text: str, language: str = "") -> Iterator[str]:
    """As code; a fence that is longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    yield f"{fence}{language}\n{clean_lines(text)}\n{fence}"
    yield ""


def _plain(text: str) -> str:
    """On one line, and no markup: what Markdown or HTML would obey is escaped."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in clean(text))
    return escaped.replace("&", "&amp;")
