"""What `lenet shapes` prints: a row a layer, and totals."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lenet.dsl.graph import Graph, Group, Node
from lenet.dsl.shapes import product, show
from lenet.dsl.training.values import Train

if TYPE_CHECKING:
    from lenet.compiler.program import Program


def shapes(graph: Graph, spec: str) -> dict[str, Any]:
    """The object that `--json` prints; bytes are for one image a layer, and for one thread."""
    training, again, prediction = memory(graph)
    by_threads = {str(count): training(count) for count in THREADS}
    least = {str(count): again(count) for count in THREADS}
    return {
        "spec": spec,
        "digest": hashlib.sha256(graph.source.encode()).hexdigest(),
        "layers": [_layer(node) for node in graph.nodes],
        "totals": {
            "parameters": graph.parameter_count,
            "macs": sum(node.macs for node in graph.nodes),
            "training_bytes": by_threads["1"],
            "training_bytes_by_threads": by_threads,
            "recomputing_bytes_by_threads": least,
            "prediction_bytes": prediction,
        },
    }


_LESS = 0.9  # of the memory, for it to be told
THREADS = (1, 2, 8)  # for which the memory is told


def memory(graph: Graph) -> tuple[Callable[..., int], Callable[..., int], int]:
    """Bytes by the compiler's plan: a function of so many threads, and perhaps of another batch, to
    train by an optimizer of two states; the same where what is cheap is computed again; and how
    many one thread needs to predict."""
    from lenet.compiler.pipeline import compile_graph
    from lenet.compiler.target import Target
    from lenet.runtime.training.slices.count import least_rows, slice_count, training_bytes

    # The plan does not depend on the processor; any will do, without asking LLVM for ours.
    target = Target("any", 32, 16)
    usual, less = (compile_graph(graph, target, recompute=again) for again in (False, True))

    def bytes_of(program: "Program") -> Callable[..., int]:
        def training(threads: int, batch: int = (graph.train or Train()).batch) -> int:
            return training_bytes(program, batch, slice_count(batch, least_rows(graph)), threads)

        return training

    return bytes_of(usual), bytes_of(less), usual.prediction_bytes


def _layer(node: Node) -> dict[str, Any]:
    file = {"file": node.file} if node.file else {}
    return {
        "line": node.line,
        **file,
        "kind": node.kind,
        "name": node.name,
        "shape": list(node.shape),
        "parameters": node.parameter_count,
        "macs": node.macs,
        "activation_bytes": 4 * product(node.shape),
    }


def folded(graph: Graph) -> list[dict[str, Any]]:
    """The rows of a person's table: a block, a repeat or a join of the file in a row of its own."""
    rows: list[dict[str, Any]] = []
    at = 0
    for group in (*graph.groups, None):
        if group is not None and (group.first < at or group.behind == group.first):
            continue  # inside another one, or empty
        end = group.first if group is not None else len(graph.nodes)
        rows += [_layer(node) for node in graph.nodes[at:end]]
        if group is not None:
            rows.append(_group(group, graph.nodes[group.first : group.behind]))
            at = group.behind
    return rows


def _group(group: Group, nodes: tuple[Node, ...]) -> dict[str, Any]:
    return {
        "line": group.line,
        "kind": group.text,
        "name": group.name,
        "shape": list(nodes[-1].shape),
        "parameters": sum(node.parameter_count for node in nodes),
        "macs": sum(node.macs for node in nodes),
        "activation_bytes": sum(4 * product(node.shape) for node in nodes),
        "layers": len(nodes),
    }


def shapes_text(table: dict[str, Any], rows: list[dict[str, Any]] | None = None) -> str:
    """The table as plain text, the same on a terminal and in a file; `rows` in place of its own."""
    head = ("line", *HEAD)
    chosen = table["layers"] if rows is None else rows
    cells = [(str(layer["line"]), *cells_of(layer)) for layer in chosen]
    totals = table["totals"]
    last = ("", "total", "", "", f"{totals['parameters']:,}", f"{totals['macs']:,}", "")
    widths = [max(len(row[k]) for row in (head, *cells, last)) for k in range(len(head))]
    left = (1, 2, 3)

    def line(row: tuple[str, ...]) -> str:
        parts = [
            c.ljust(w) if k in left else c.rjust(w)
            for k, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(parts).rstrip()

    rule = "  ".join("-" * width for width in widths)
    folds = [] if not any("layers" in row for row in chosen) else ["--expand shows every layer"]
    end = [rule, line(last), "", memory_text(totals), *folds]
    return "\n".join([line(head), rule, *map(line, cells), *end]) + "\n"


def memory_text(totals: dict[str, Any]) -> str:
    """What one thread needs, and several; to train, where there is something to train."""
    predict = f"{readable_bytes(totals['prediction_bytes'])} to predict"
    if not totals["parameters"]:
        return f"one thread needs {predict}"
    first, *others = totals["training_bytes_by_threads"].items()
    more = ", ".join(f"{count} threads {readable_bytes(needed)}" for count, needed in others)
    text = f"one thread needs {readable_bytes(first[1])} to train, {predict}\nto train, {more}"
    least = totals["recomputing_bytes_by_threads"][first[0]]
    if least > _LESS * first[1]:
        return text
    return f"{text}\nwhere memory is short: {readable_bytes(least)}, with values computed again"


HEAD = ("layer", "name", "output", "parameters", "multiply-adds", "memory")


def cells_of(row: dict[str, Any]) -> tuple[str, ...]:
    """A row below HEAD, as a person reads it."""
    return (
        row["kind"] + (f"  ({row['layers']} layers)" if "layers" in row else ""),
        row["name"],
        show(row["shape"]),
        f"{row['parameters']:,}" if row["parameters"] else "",
        f"{row['macs']:,}" if row["macs"] else "",
        readable_bytes(row["activation_bytes"]),
    )


def readable_bytes(count: int) -> str:
    """Bytes, KiB, MiB or GiB, with at most one digit behind the point."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
