"""Networks and models as HTML for notebooks.

Styles stand in the elements, since a style sheet would reach the whole notebook; colours are those
of the notebook or in the middle between light and dark. What comes from files is text, never
markup.
"""

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygments.token import Comment, Keyword, Name, Number, String

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.messages.clean import escape
from lenet.dsl.shapes import show
from lenet.editor.highlight import LenetLexer
from lenet.pages.curves import chart
from lenet.pages.draw import draw_svg
from lenet.runtime.models.described import described
from lenet.shapes import HEAD, cells_of, folded, memory_text, shapes

if TYPE_CHECKING:
    from lenet.api import Network
    from lenet.runtime.models.model import Model

_BOX = "max-width:100%;overflow-x:auto"
_CELL = "padding:1px 10px;white-space:nowrap;text-align:"
_RULE = "border-top:1px solid rgba(128,128,128,.5)"
_INK = {
    Comment: "#7d8590", Keyword: "#a55bc7", Name.Function: "#2f81d6", Name.Builtin: "#2f81d6",
    Number: "#b7791f", String: "#2f9e63",
}  # fmt: skip
_SUMMARY = "cursor:pointer;margin:4px 0"


def network_page(network: "Network") -> str:
    """Its line of facts, the table of shapes and the drawing beside it, or below where it is
    narrow; advice of the checker, and the file, folded."""
    name, graph = network.path.name, network.graph
    facts = f"{name}: {graph.parameter_count:,} parameters, {show(graph.input)}"
    warnings = "\n".join(f"{w.span.line}: {w.title}" for w in network.warnings)
    advice = details(f"{len(network.warnings)} warnings", pre(warnings)) if warnings else ""
    return page(
        f"{facts} → {show(graph.output)}",
        f'<div style="display:flex;flex-wrap:wrap;gap:8px 32px">{table(graph, name)}'
        f'<div style="{_BOX};overflow-y:auto;max-height:640px">{drawing(graph, name)}</div></div>',
        advice,
        details("file", code(graph.source)),
    )


def model_page(model: "Model") -> str:
    """One line of facts and the curves of its training; the shapes and the spec are folded."""
    try:
        graph = model.graph
    except LenetError as error:
        return page(described(model), pre(str(error)))
    name = model.name or "net"
    curves = [chart("loss", model.history), chart("validation", model.history)]
    return page(
        described(model).replace(" -> ", " → "),
        f'<div style="display:flex;flex-wrap:wrap;gap:8px 24px">{"".join(curves)}</div>',
        details("shapes", table(graph, name)),
        details("drawing", f'<div style="{_BOX}">{drawing(graph, name)}</div>'),
        details("spec", code(model.source)),
    )


def page(facts: str, *parts: str) -> str:
    """What a notebook shows of an object: its facts, and parts below them."""
    return (
        f'<div style="max-width:100%"><div style="margin-bottom:6px"><b>{escape(facts)}</b></div>'
        f"{''.join(parts)}</div>"
    )


def details(summary: str, inside: str) -> str:
    """A part that opens where its summary is clicked."""
    return f'<details><summary style="{_SUMMARY}">{escape(summary)}</summary>{inside}</details>'


def pre(text: str) -> str:
    """Text as it is."""
    return f'<pre style="{_BOX};margin:4px 0;font:12px/1.4 monospace">{escape(text)}</pre>'


def code(source: str) -> str:
    """A .lenet file's text, in colours that are legible on white and on black."""
    parts = []
    for kind, text in LenetLexer().get_tokens(source):
        colour = next((found for group, found in _INK.items() if kind in group), None)
        words = escape(text)
        parts.append(f'<span style="color:{colour}">{words}</span>' if colour else words)
    return f'<pre style="{_BOX};margin:4px 0;font:12px/1.4 monospace">{"".join(parts)}</pre>'


def drawing(graph: Graph, name: str) -> str:
    """The SVG of `lenet draw`, as a picture of its own: its style sheet must not reach the page."""
    data = base64.b64encode(draw_svg(graph, name).encode()).decode()
    return (
        f'<img alt="{escape(name)} as a drawing" style="max-width:100%;height:auto" '
        f'src="data:image/svg+xml;base64,{data}">'
    )


def table(graph: Graph, name: str) -> str:
    """The table of `lenet shapes`, with blocks and repeats in a row each."""
    totals = shapes(graph, name)["totals"]
    rows = [cells_of(row) for row in folded(graph)]
    last = ("total", "", "", f"{totals['parameters']:,}", f"{totals['macs']:,}", "")
    sides = ("left", "left", "left", "right", "right", "right")
    lines = [row_of(HEAD, sides, "th"), *(row_of(row, sides) for row in rows)]
    lines.append(row_of(last, sides, style=_RULE))
    memory = memory_text(totals).replace("one", "One", 1).replace("\n", "; ") + "."
    return (
        f'<div style="{_BOX}">{table_of(lines)}'
        f'<div style="font-size:12px;margin:4px 10px">{memory}</div></div>'
    )


def row_of(cells: Sequence[str], sides: Sequence[str], tag: str = "td", style: str = "") -> str:
    """A row of a table, each cell aligned to its side."""
    parts = [
        f'<{tag} style="{_CELL}{side};{style}">{escape(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    ]
    return f"<tr>{''.join(parts)}</tr>"


def table_of(rows: Sequence[str], caption: str = "") -> str:
    """A table of such rows, which scrolls where it is too wide."""
    style = "text-align:left;padding:4px 10px;white-space:nowrap"
    head = f'<caption style="{style}">{escape(caption)}</caption>'
    return (
        f'<div style="{_BOX}"><table style="border-collapse:collapse;font-size:12px;margin:0">'
        f"{head if caption else ''}{''.join(rows)}</table></div>"
    )
