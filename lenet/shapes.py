"""What `lenet shapes` prints: a row a layer, and totals."""

import hashlib
from typing import Any

from compiler.pipeline import compile_graph
from compiler.target import Target
from dsl.graph import Graph
from dsl.shapes import product, show

# The memory plan does not depend on the processor; any will do, without asking LLVM for ours.
_ANY = Target("any", 32, 16)


def shapes(graph: Graph, spec: str) -> dict[str, Any]:
    """The object that `--json` prints; bytes are for one image a layer, and for one thread."""
    program = compile_graph(graph, _ANY)
    layers = [
        {
            "line": node.line,
            "kind": node.kind,
            "name": node.name,
            "shape": list(node.shape),
            "parameters": node.parameter_count,
            "macs": node.macs,
            "activation_bytes": 4 * product(node.shape),
        }
        for node in graph.nodes
    ]
    return {
        "spec": spec,
        "digest": hashlib.sha256(graph.source.encode()).hexdigest(),
        "layers": layers,
        "totals": {
            "parameters": graph.parameter_count,
            "macs": sum(node.macs for node in graph.nodes),
            "training_bytes": program.training_bytes,
            "prediction_bytes": program.prediction_bytes,
        },
    }


def shapes_text(table: dict[str, Any]) -> str:
    """The table as plain text, the same on a terminal and in a file."""
    head = ("line", "layer", "name", "output", "parameters", "multiply-adds", "memory")
    rows = [
        (
            str(layer["line"]),
            layer["kind"],
            layer["name"],
            show(layer["shape"]),
            f"{layer['parameters']:,}" if layer["parameters"] else "",
            f"{layer['macs']:,}" if layer["macs"] else "",
            readable_bytes(layer["activation_bytes"]),
        )
        for layer in table["layers"]
    ]
    totals = table["totals"]
    last = ("", "total", "", "", f"{totals['parameters']:,}", f"{totals['macs']:,}", "")
    widths = [max(len(row[k]) for row in (head, *rows, last)) for k in range(len(head))]
    left = (1, 2, 3)

    def line(row: tuple[str, ...]) -> str:
        cells = [
            c.ljust(w) if k in left else c.rjust(w)
            for k, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    rule = "  ".join("-" * width for width in widths)
    memory = (
        f"one thread needs {readable_bytes(totals['training_bytes'])} to train, "
        f"{readable_bytes(totals['prediction_bytes'])} to predict"
    )
    return "\n".join([line(head), rule, *map(line, rows), rule, line(last), "", memory]) + "\n"


def readable_bytes(count: int) -> str:
    """Bytes, KiB, MiB or GiB, with at most one digit behind the point."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
