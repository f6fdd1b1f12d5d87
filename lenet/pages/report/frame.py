"""The frame of a report: the document, its style, its sections, tables and pictures."""

import base64
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.messages.clean import clean, escape

# Nothing may be fetched, run or sent: whatever a file's text or a class's name says.
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2127;--dim:#59616b;--ground:#fff;--box:#f4f6f8;
--line:#d5dae0;--link:#0b5cad;--mark:70,150,235}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--dim:#a3abb5;--ground:#15181c;--box:#1f242a;
--line:#3a424b;--link:#7db8f5;--mark:24,96,180}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header,main{max-width:1080px;margin:0 auto;padding:0 16px}
h1{font-size:24px;margin:20px 0 4px;overflow-wrap:anywhere}
h2{font-size:18px;margin:28px 0 8px;padding-top:10px;border-top:1px solid var(--line)}
h3{font-size:15px;margin:16px 0 6px}
p{margin:6px 0;max-width:75ch;overflow-wrap:anywhere}
.dim,figcaption{color:var(--dim)}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:10px 0;padding:0}
.facts{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0;padding:0}
.facts div{background:var(--box);border-radius:8px;padding:8px 14px}
.facts dt{font-size:12px;color:var(--dim)}
.facts dd{margin:0;font-size:20px;font-variant-numeric:tabular-nums}
.row{display:flex;flex-wrap:wrap;gap:12px 24px;align-items:flex-start}
.row>svg{flex:0 1 auto;max-width:100%}
.scroll{overflow-x:auto;max-width:100%}
.scroll:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--dim);padding:2px 0 4px;white-space:nowrap}
th,td{padding:2px 10px;text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}
th{font-weight:600}
td.n,th.n{text-align:right}
td.wrap{white-space:normal;overflow-wrap:anywhere;min-width:12ch}
.matrix td,.matrix th{padding:2px 6px}
figure{margin:0;font-size:12px;line-height:1.35}
.images{display:flex;flex-wrap:wrap;gap:12px;margin:8px 0;padding:0;list-style:none}
.images figure{width:96px;text-align:center;overflow-wrap:anywhere}
.images.three figure{width:auto}
.images img{width:88px;height:88px;object-fit:contain;image-rendering:pixelated;display:block;
margin:0 auto 3px;background:#808080}
.images.filters img{width:56px;height:56px}
.images.filters figure{width:60px}
.trio{display:flex;gap:4px}
pre{font:12px/1.45 ui-monospace,monospace;background:var(--box);border-radius:8px;padding:10px 12px;
overflow:auto;max-width:100%;margin:6px 0}
pre.long{max-height:560px}
.drawing{background:#fff;padding:6px;border-radius:8px;max-height:640px;overflow:auto}
.drawing img{display:block;max-width:100%;height:auto}
@media(max-width:480px){body{font-size:14px}h1{font-size:20px}th,td{padding:2px 7px}
.images figure{width:84px}.images img{width:76px;height:76px}.trio img{width:64px;height:64px}}
@media print{:root{color-scheme:light;--ink:#000;--dim:#444;--ground:#fff;--box:#f4f4f4;
--line:#bbb;--mark:70,150,235}nav{display:none}pre.long,.drawing{max-height:none}
pre{white-space:pre-wrap}.scroll{overflow:visible}h2,h3{break-after:avoid}
figure,tr,svg{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
Section = tuple[str, str, str]  # what its links are called, its title, what is in it


def document(title: str, head: str, sections: Iterable[Section]) -> str:
    """The whole file; sections without anything in them are left out."""
    found = [section for section in sections if section[2]]
    links = "".join(f'<li><a href="#{name}">{escape(text)}</a></li>' for name, text, _ in found)
    parts = "".join(
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(text)}</h2>{inside}</section>\n'
        for name, text, inside in found
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(clean(title))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(clean(title))}</h1>{head}"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>\n'
        f"<main>\n{parts}</main>\n</body>\n</html>\n"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Numbers to be seen first."""
    cells = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in pairs)
    return f'<dl class="facts">{cells}</dl>' if cells else ""


def paragraph(text: str, dim: bool = False) -> str:
    """One, as text."""
    return f"<p{' class=dim' if dim else ''}>{escape(text)}</p>"


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (),
    wrapped: Sequence[int] = (),
) -> str:  # fmt: skip
    """With a header for each column, and for each row its first cell; the columns `numbers` are
    aligned to the right, `wrapped` ones may have several lines. It scrolls where it is too wide."""

    def kind(k: int) -> str:
        return ' class="n"' if k in numbers else ' class="wrap"' if k in wrapped else ""

    top = "".join(f'<th scope="col"{kind(k)}>{escape(head)}</th>' for k, head in enumerate(heads))
    body = "".join(
        f'<tr><th scope="row"{kind(0)}>{escape(row[0])}</th>'
        + "".join(f"<td{kind(k)}>{escape(cell)}</td>" for k, cell in enumerate(row) if k)
        + "</tr>"
        for row in rows
    )
    return scrolled(
        caption,
        f"<table><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead>"
        f"<tbody>{body}</tbody></table>",
    )


def scrolled(label: str, inside: str) -> str:
    """What may be wider than the page; the keyboard reaches it as well."""
    reached = f'role="region" tabindex="0" aria-label="{escape(label)}"'
    return f'<div class="scroll" {reached}>{inside}</div>'


def text(words: str, label: str, long: bool = False) -> str:
    """As it is, in fixed width."""
    kind = ' class="long"' if long else ""
    return (
        f'<pre{kind} role="region" tabindex="0" aria-label="{escape(label)}">{escape(words)}</pre>'
    )


def picture(pixels: NDArray[np.uint8], alt: str) -> str:
    """Grey (height, width) or RGB behind these."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((_MOST, _MOST))
    buffer = io.BytesIO()
    image.save(buffer, "png")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'


_MOST = 176  # pixels along a picture's sides: twice what the page shows


def figures(items: Iterable[tuple[str, str]], kind: str = "") -> str:
    """Pictures, or several in a row, each with its caption, of which a line break is one."""
    cells = "".join(
        f"<li><figure>{image}<figcaption>{escape(caption).replace(chr(10), '<br>')}</figcaption>"
        "</figure></li>"
        for image, caption in items
    )
    return f'<ul class="images {kind}">{cells}</ul>' if cells else ""


def shade(part: float) -> str:
    """A cell's ground by a share from 0 to 1, on light and on dark."""
    return f"background:rgba(var(--mark),{0.85 * min(1.0, part) ** 0.5:.2f})" if part else ""


def shown(value: Any) -> str:
    """A value that came from a file: as a text of one line, cut."""
    words = clean(str(value))
    return words if len(words) <= 200 else words[:199] + "…"
