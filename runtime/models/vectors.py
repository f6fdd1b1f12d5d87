"""The vectors that a net has learnt for the words or categories of an input."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Node
from lenet.dsl.messages.clean import clean
from lenet.dsl.registry import layers

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model


@dataclass(frozen=True, eq=False)
class Vectors:
    """Of the `layer`, `values` (entries, size) for each of the `entries`."""

    layer: str
    entries: tuple[str, ...]
    values: NDArray[np.float32]


def vectors_of(model: "Model", name: str | None = None) -> Vectors:
    """Those of an `embed` by its name, or of the input that it reads; of the only one without.
    LenetError where that is not clear."""
    nodes = {
        node.name: node
        for node in model.graph.nodes
        if layers()[node.kind].reads_codes and node.parameters
    }
    if model.features is None or not nodes:
        raise LenetError("the model has no vectors of words or categories")
    chosen = [n for n in nodes.values() if name in (None, n.name, n.inputs[0])]
    if len(chosen) != 1:
        known = ", ".join(nodes)
        title = f"there is no embedding {clean(name or '')}" if name else "which embedding?"
        title = f"several embeddings read {clean(name)}" if name and chosen else title
        raise LenetError(title, f"There are {known}.", "name one of them")
    node = chosen[0]
    entries = _entries(model, node)
    values = model.tensors[f"{node.name}.{node.parameters[0].name}"][: len(entries)]
    return Vectors(node.name, entries, np.asarray(values))


def _entries(model: "Model", node: Node) -> tuple[str, ...]:
    assert model.features is not None
    for given, facts in zip(model.features.inputs, model.features.facts, strict=True):
        if given.name in ("", node.inputs[0]):
            (listed,) = facts.values()
            return tuple(listed)
    raise LenetError(f"{node.name} reads no input of words or categories")


def write_vectors(found: Vectors, path: Path) -> None:
    """A parquet file with the columns `entry` and `vector`."""
    size = found.values.shape[1]
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(found.values.ravel()), size)
    table = pa.table({"entry": pa.array(found.entries, pa.string()), "vector": vectors})
    try:
        pyarrow.parquet.write_table(table, path)
    except OSError as error:
        raise LenetError(f"cannot write {path}", error.strerror or str(error)) from None
