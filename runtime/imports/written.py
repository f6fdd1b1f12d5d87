"""A draft as the text of a spec, with its tensors under the names of the checked net."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lenet.dsl.check import check
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.registry import STRUCTURE, layers
from lenet.dsl.sections import SECTIONS
from lenet.dsl.syntax.format import format_text
from lenet.runtime.imports.blocks import Block, with_blocks
from lenet.runtime.imports.draft import INPUT, Draft, Floats, Sizes
from lenet.runtime.imports.nested import Item, Items, nested

_NAMED = ("convolution", "dense", "radial", "pooling", "join")  # families, besides blocks
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,29}")


@dataclass(frozen=True)
class Written:
    """A spec and its net; `tensors` are its weights, as far as the draft had them."""

    text: str
    graph: Graph
    tensors: dict[str, Floats]


def written(draft: Draft, end: int, title: str, sections: str = "") -> Written:
    """The spec of a draft up to a value, with a comment above and sections below; NotNested."""
    draft.settle_names()
    items = nested(draft, end)
    order = [number for item in items for number in item.steps]
    net, blocks = with_blocks(items)
    for names in (_names(draft, net), {}):  # a name may be taken by what has none
        text = _text(draft, net, blocks, names, title, sections)
        checked = check(text)
        if checked.graph is not None:
            break
    if checked.graph is None:
        found = next(d for d in checked.diagnostics if d.severity == "error")
        raise LenetError(
            "the net cannot be written", f"{found.title}\n{found.detail}".strip(),
            "let it end elsewhere, if the last line is the trouble: of ONNX by --output NAME",
            "let it end elsewhere, if the last line is the trouble",
        )  # fmt: skip
    text = format_text(text, _shapes(checked.lowered.shapes))
    graph = checked.graph
    tensors: dict[str, Floats] = {}
    nodes = graph.nodes[1:]
    assert len(nodes) == len(order)
    for node, number in zip(nodes, order, strict=True):
        step = draft.steps[number]
        assert (node.kind, node.shape) == (step.head.word, step.shape)
        tensors |= {f"{node.name}.{own}": tensor for own, tensor in step.tensors.items()}
    again = check(text).graph
    assert again is not None
    return Written(text, again, tensors)


def _shapes(found: dict) -> dict:
    """Those that are worth to be written: of lines that change the size of maps, or leave them."""
    return {
        line: (before, behind)
        for line, (before, behind) in found.items()
        if before is not None and behind is not None and before[1:] != behind[1:]
    }


def _text(
    draft: Draft, net: Items, blocks: Sequence[Block], names: dict[int, str], title: str,
    sections: str,
) -> str:  # fmt: skip
    lines = [f"# {line}".rstrip() for line in title.split("\n")] + [""]
    for block in blocks:
        parameters = ", ".join(
            own.name if own.default is None else f"{own.name} = {own.default}"
            for own in block.parameters
        )
        lines.append(f"block {block.name}" + (f"({parameters})" if parameters else ""))
        lines += _lines(block.body, iter(block.expressions), "  ", {})
        lines.append("")
    lines += [draft.steps[INPUT].head.text, *_lines(net, None, "", names)]
    return "\n".join(lines) + "\n" + (f"\n{sections}" if sections else "")


def _lines(
    items: Items, expressions: Iterator[str] | None, indent: str, names: dict[int, str]
) -> Iterator[str]:
    """The lines of a body; `expressions` are its sizes one after the other, if they are not just
    numbers; `names` those of items at the margin, by their places."""
    for place, item in enumerate(items):
        name = names.get(place, "")
        yield f"{indent}{_head(item, expressions)}" + (f" as {name}" if name else "")
        for body in item.bodies:
            inside = f"{indent}  "
            if item.joins:
                yield f"{indent}  path"
                inside = f"{indent}    "
            yield from _lines(body, expressions, inside, {})


def _head(item: Item, expressions: Iterator[str] | None) -> str:
    if expressions is None:
        return item.head.text
    texts = [item.head.word]
    for part in item.head.parts:
        if isinstance(part, Sizes):
            texts.append(part.text([next(expressions) for _ in part.values]))
        else:
            texts.append(part)
    return " ".join(text for text in texts if text)


def _names(draft: Draft, net: Items) -> dict[int, str]:
    """What lines are called there, where that is a good name here: by their places."""
    found: dict[int, str] = {}
    taken = {*layers(), *STRUCTURE, *SECTIONS}
    for place, item in enumerate(net):
        layer = layers().get(item.head.word)
        if layer is not None and layer.family not in _NAMED:
            continue
        name = draft.steps[item.steps[-1]].name.split(".")[-1] if item.joins else ""
        name = name or _common([draft.steps[number].name for number in item.steps])
        plain = re.sub(r"\d+$", "", name)
        if _NAME.fullmatch(name) and name not in taken and plain not in layers():
            found[place] = name
            taken.add(name)
    return found


def _common(names: Sequence[str]) -> str:
    """The last part of what the names of some layers begin with; nothing of those without one."""
    parts = [name.split(".") for name in names if name]
    if not parts:
        return ""
    common = []
    for own in zip(*parts, strict=False):
        if len(set(own)) > 1:
            break
        common.append(own[0])
    return common[-1] if common else ""
