"""channels: whole channels and units leave, so that the file becomes that of a smaller net."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph, Node
from lenet.dsl.messages.diagnostics import Edit
from lenet.dsl.registry import layers
from lenet.dsl.syntax.tree import Span
from lenet.dsl.widths import Width, widths_of
from lenet.runtime.compressing.channels import (
    Channels,
    channels_of,
    cut,
    makes_channels,
    scores_of,
)
from lenet.runtime.compressing.net import Net

_SHOWN = 8  # layers that are named one by one
_ALL = " of its channels"


@dataclass
class _Family:
    """Numbers of the file that have to shrink together, by their places; and the layers whose
    widths they are."""

    spans: dict[Span, int] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)
    roots: set[int] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)  # why none of its channels may leave


def shrink(net: Net, share: float, each: bool) -> Net:
    """See runtime/compress."""
    graph, channels = net.graph, channels_of(net.graph)
    widths = widths_of(net.checked)
    families = _families(graph, channels, widths)
    free = [family for family in families if not family.reasons]
    if not free:
        raise _nothing_to_cut(_reasons(families, graph.nodes[-1].name))
    scores = scores_of(graph, channels, dict(net.tensors))
    numbers = _numbers(free, scores, share, each)
    stays = _staying(graph, channels, widths, numbers, scores)
    edits = [Edit.of(span, str(number)) for span, number in numbers.items()]
    text = net.edited(edits)
    smaller = replace(net, text=text)
    tensors = {}
    for node, new in zip(graph.nodes, smaller.graph.nodes, strict=True):
        _compare(node, new, channels, stays)
        own = cut(node, channels, stays, dict(net.tensors))
        tensors.update({f"{new.name}.{name}": tensor for name, tensor in own.items()})
    smaller = replace(smaller, tensors=tensors)
    for node, new in zip(graph.nodes, smaller.graph.nodes, strict=True):
        if makes_channels(node) and new.shape[0] != node.shape[0]:
            what = "channels" if len(node.shape) > 1 else "units"
            smaller = smaller.telling(f"{node.name}: {new.shape[0]} of {node.shape[0]} {what}")
    return _telling(smaller, _reasons(families, graph.nodes[-1].name))


def _families(graph: Graph, channels: Channels, widths: dict[str, Width]) -> list[_Family]:
    """Layers with a width share a family where they have the same number in the file, or the same
    channels."""
    found: list[_Family] = []
    for node in graph.nodes:
        if layers()[node.kind].channels not in ("own", "grown"):
            continue
        width, roots = widths[node.name], set(channels.of[node.name].tolist())
        own = _Family(dict.fromkeys(width.of, 0), [node.name], roots)
        if width.span is not None:
            own.spans[width.span] = width.value
        else:
            own.reasons.append(f"{node.name}: {width.reason}")
        if width.span is not None and width.value * width.factor != node.shape[0]:
            own.reasons.append(f"{node.name}: its line says another size than it has")
        needed = {channels.kept_by[root] for root in sorted(roots) if root in channels.kept_by}
        if not makes_channels(node) and layers()[node.kind].channels == "own":
            own.reasons.append(f"{node.name}: each of its channels sees only some of its input's")
        elif needed:
            own.reasons.append(f"{node.name}: {min(needed)} needs all{_ALL}")
        for other in [f for f in found if f.roots & roots or f.spans.keys() & own.spans.keys()]:
            found.remove(other)
            spans = {k: max(other.spans.get(k, 0), own.spans.get(k, 0))
                     for k in (*other.spans, *own.spans)}  # fmt: skip
            own = _Family(
                spans, other.layers + own.layers, other.roots | own.roots,
                other.reasons + own.reasons,
            )  # fmt: skip
        found.append(own)
    return found


def _numbers(
    families: Iterable[_Family], scores: dict[int, float], share: float, each: bool
) -> dict[Span, int]:
    """What the file's numbers become. Of all channels together, those with the smallest scores
    leave; a family keeps the part of its channels that is left of it then, and at least one."""
    families = list(families)
    of = [np.array([scores.get(root, 0.0) for root in sorted(f.roots)]) for f in families]
    every = np.sort(np.concatenate(of))
    limit = every[min(int(share * len(every)), len(every) - 1)]
    found = {}
    for family, own in zip(families, of, strict=True):
        part = 1 - share if each else float((own >= limit).mean())
        numbers = {k: max(1, round(part * value)) for k, value in family.spans.items() if value}
        found.update(numbers)
    return found


def _staying(
    graph: Graph, channels: Channels, widths: dict[str, Width], numbers: dict[Span, int],
    scores: dict[int, float],
) -> set[int]:  # fmt: skip
    """The roots that stay: of each layer as many as its number says, the best ones. A narrow layer
    comes before a wide one that has its channels, too."""
    made = [node for node in graph.nodes if node.name in widths]
    stays = {int(root) for own in channels.of.values() for root in own}
    decided: set[int] = set()
    for node in sorted(made, key=lambda node: node.shape[0]):
        width, roots = widths[node.name], channels.of[node.name].tolist()
        if width.span not in numbers:
            continue
        wanted = numbers[width.span] * width.factor - sum(
            root in stays for root in roots if root in decided
        )
        open_ones = sorted(
            (root for root in roots if root not in decided),
            key=lambda root: (-scores.get(root, 0.0), root),
        )
        if not 0 <= wanted <= len(open_ones):
            raise LenetError(
                f"the channels of {node.name} cannot leave with those of the others",
                "It shares channels with layers that lose another part of theirs.",
                "add --each: then each layer loses the same part",
                "say each=True: then each layer loses the same part",
            )
        stays -= set(open_ones[wanted:])
        decided |= set(open_ones)
    return stays


def _compare(node: Node, new: Node, channels: Channels, stays: set[int]) -> None:
    """Whether the new file's layer has the channels that stay of the old one's."""
    kept = sum(int(root) in stays for root in channels.of[node.name])
    if new.kind == node.kind and (new.shape[0] if new.shape else 0) == kept:
        return
    raise LenetError(
        f"the file of the smaller net would have another {node.name}",
        f"It would give {new.shape[0] if new.shape else 0} channels, and {kept} are left. A number "
        "of the file says more than how many channels its layers have.",
        "write the number of each layer into its line, train it, and compress that",
    )


def _reasons(families: list[_Family], last: str) -> list[str]:
    """Why layers stay as they are, but for the last one, whose outputs are the answers."""
    reasons = (reason for family in families for reason in family.reasons)
    return [reason for reason in reasons if not reason.endswith(f"{last} needs all{_ALL}")]


def _nothing_to_cut(reasons: list[str]) -> LenetError:
    detail = "; ".join(reasons[:_SHOWN]) + ("; …" if len(reasons) > _SHOWN else "")
    detail = detail or "All that it has is the last layer, whose outputs are the answers"
    fixes = "try --prune 0.5", "try prune=0.5"
    return LenetError("no channel of this net can leave", f"{detail}.", *fixes)


def _telling(net: Net, reasons: list[str]) -> Net:
    """With what stays as it is."""
    for reason in reasons[:_SHOWN]:
        net = net.telling(f"stays as it is: {reason}")
    more = len(reasons) - _SHOWN
    return net.telling(f"and {more} more stay as they are") if more > 0 else net
