"""The report of a search: its trials, its settings, the best file, and how to repeat it."""

import shlex
from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

from lenet.dsl.messages.clean import clean, clean_lines
from lenet.dsl.metrics import metric_called
from lenet.dsl.search.variants import variant
from lenet.dsl.syntax.parse import parse
from lenet.pages.parallel import parallel_svg
from lenet.pages.report.frame import document, facts, paragraph, shown, table, text
from lenet.pages.search import setting_svgs
from lenet.runtime.options import Options
from lenet.runtime.search.importance import LEAST, importances
from lenet.runtime.search.record import Found, Record

_NONE = "–"


def searched_page(found: Found, name: str, about: Mapping[str, Any]) -> str:
    """The whole file; `about` is what the search was told, as its journal has it."""
    sections = [
        ("trials", "Trials", _trials(found)),
        ("settings", "Each setting", _row(setting_svgs(found)[:1]) + _row(setting_svgs(found)[1:])),
        ("parallel", "Settings together", _together(found)),
        ("importance", "What mattered", _importance(found)),
        ("file", "The best file", _file(found, about)),
        ("repeat", "To repeat it", _repeat(found, about)),
    ]
    return document(name, _head(found), sections)


def _row(svgs: list[str]) -> str:
    return f'<div class="row">{"".join(svgs)}</div>' if svgs else ""


def _head(found: Found) -> str:
    tried = found.trials[1:]
    pairs = [("trials beside the file", f"{len(tried):,}")]
    if found.best is not None:
        which = f"trial {found.best.number}" if found.best.number else "the file as it is"
        pairs.append((f"best {found.metric}, {which}", _value(found, found.best)))
    if found.trials and found.trials[0].value is not None:
        pairs.append((f"{found.metric} of the file", _value(found, found.trials[0])))
    for state, words in (("stopped", "stopped early"), ("failed", "failed")):
        if count := sum(record.state == state for record in tried):
            pairs.append((words, f"{count:,}"))
    if found.folds:
        pairs.append(("folds", f"{found.folds}"))
    return facts((clean(k), v) for k, v in pairs)


def _value(found: Found, record: Record) -> str:
    return _NONE if record.last is None else metric_called(found.metric).shown(record.last)


def _trials(found: Found) -> str:
    """Those that are done, the best first, then the others in their order."""
    done = found.ranked
    rows = []
    for record in [*done, *(r for r in found.trials if r not in done)]:
        settings = (shown(value) if value else _NONE for value in record.settings)
        number = f"{record.number}" if record.number else "file"
        length = f"{len(record.values)}" if found.folds else f"{record.epochs:,}"
        rows.append([number, _value(found, record), length, *settings, _state(record)])
    heads = ["trial", clean(found.metric), "folds" if found.folds else "epochs"]
    heads += [clean(title) for title in found.titles]
    wrapped = (len(heads),)
    return table("the best first", [*heads, "what became of it"], rows, (0, 1, 2), wrapped)


def _state(record: Record) -> str:
    if record.same is not None:
        return f"the same as {record.same}"
    if record.state == "failed":
        return shown(record.reason)
    return "done" if record.state == "done" else "stopped early"


def _together(found: Found) -> str:
    svg = parallel_svg(found)
    words = "A line is a trial, from its settings to its value; the colours are those above."
    return paragraph(words) + _row([svg]) if svg else ""


def _importance(found: Found) -> str:
    shares = importances(found)
    if not shares:
        words = f"It takes {LEAST} trials that differ to tell which setting mattered."
        return paragraph(words, dim=True)
    words = (
        "How much of what tells trials apart each setting explains, over all values of the others "
        "(functional ANOVA over a forest of the trials). It is about the ranges that were "
        "searched, and rough where trials are few; those that were stopped early count as they "
        "were then."
    )
    rows = [(clean(title), f"{share:.0%}") for title, share in shares.items()]
    return paragraph(words) + table("share of each setting", ("setting", "share"), rows, (1,))


def _file(found: Found, about: Mapping[str, Any]) -> str:
    if found.best is None:
        return paragraph("No trial came to its end.")
    parts = [text(clean_lines(found.text), "the text of the best file", long=True)]
    before = clean_lines(_plain(str(about.get("source", "")))).splitlines()
    after = clean_lines(found.text).splitlines()
    changed = list(unified_diff(before, after, "the file", "the best file", lineterm="", n=1))
    if found.best.number and before and changed:
        label = "what differs from the file that was searched"
        parts.append(paragraph(label) + text("\n".join(changed), label, long=True))
    return "".join(parts)


def _plain(source: str) -> str:
    """The file as it is, laid out as trials' files are, without its search."""
    return variant(source, parse(source)[0], ())[0] if source else ""


def _repeat(found: Found, about: Mapping[str, Any]) -> str:
    if not about.get("spec"):
        return ""
    words = ["lenet", "search", str(about["spec"])]
    if about.get("data"):
        words += ["--data", str(about["data"])]
    for name in ("engine", "epochs", "seed"):
        if about.get(name) not in (None, getattr(Options, name)):
            words += [f"--{name}", str(about[name])]
    command = clean(shlex.join([*words, "--trials", str(len(found.trials) - 1)]))
    return paragraph(
        "The same file, data and seed give the same trials and the same best one, however many "
        "run at once; so does a search that was stopped and goes on."
    ) + text(command, "the command to repeat it")
