"""Parquet datasets as they lie on Hugging Face's hub: parts, columns, names of classes."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from photos import CLASSES, rows, told, write

from lenet.dsl.check import check_graph
from lenet.dsl.graph import Graph
from lenet.runtime.data import DataError, Dataset
from lenet.runtime.resolve import resolve_data
from lenet.runtime.training.source import InMemory

NET = """
input 3x12x12
flatten
linear 2
data parquet "hub"
  resize 12x12 crop
{}
"""
SHARDS = "train-0000{}-of-00003.parquet"


def graph_of(lines: str = "") -> Graph:
    return check_graph(NET.format(lines), "net", {}, {})


def read(place: Path, lines: str = "", memory: int | None = None) -> Dataset:
    found = resolve_data(graph_of(lines), place / "net.lenet", None, None, memory=memory)
    assert isinstance(found, Dataset)
    return found


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """Three shards, and more of the hub's files."""
    data = tmp_path / "hub" / "data"
    for number in range(3):
        write(data / SHARDS.format(number), rows(8, 8 * number, "img", "labels"))
    write(data / "test-00000-of-00001.parquet", rows(4, 200, "img", "labels"))
    write(data / "validation-00000-of-00001.parquet", rows(6, 100, "img", "labels"))
    (tmp_path / "hub" / "README.md").write_text("A dataset.")
    write(tmp_path / "hub" / ".cache" / "train-00000-of-00001.parquet", rows(2))
    return tmp_path


def test_the_parts_and_the_names(hub: Path) -> None:
    """In the order of files and rows; also with pictures that stay encoded, in a file."""
    local = InMemory.of(read(hub))
    assert (local.rows, local.held_out, local.classes) == (24, 6, CLASSES)
    encoded = InMemory.of(read(hub, memory=1))
    assert encoded.counted == local.counted and encoded.fingerprint == local.fingerprint
    np.testing.assert_array_equal(encoded.train.array, local.train.pixels)
    assert local.train.labels.tolist() == [k % 2 for k in range(24)]


def test_where_the_files_lie(hub: Path) -> None:
    """In the folder itself, in `data`, or in the only other one; and one file alone."""
    wanted = read(hub).train.pixels
    (hub / "hub" / "data").rename(hub / "hub" / "plain_text")
    np.testing.assert_array_equal(read(hub).train.array, wanted)
    other = hub / "hub" / "other" / "train.parquet"
    write(other, rows(2))
    with pytest.raises(DataError, match="hub has several datasets: other, plain_text") as caught:
        read(hub)
    assert 'data parquet "hub/other"' in caught.value.fix
    (hub / "hub").rename(hub / "whole")
    (hub / "whole" / "plain_text").rename(hub / "hub")
    np.testing.assert_array_equal(read(hub).train.array, wanted)
    write(hub / "hub" / "unsupervised.parquet", rows(2))
    with pytest.raises(DataError, match=r"has unsupervised.parquet beside train-00000"):
        read(hub)
    (hub / "hub" / "unsupervised.parquet").unlink()
    (hub / "hub" / "validation-00000-of-00001.parquet").unlink()
    test = read(hub).test
    assert test is not None and len(test) == 4


def several(count: int) -> pa.Table:
    """Two columns of classes, as CIFAR-100 has them."""
    table = rows(count, label="fine_label")
    features = {
        "image": {"_type": "Image"},
        "fine_label": {"names": ["a", "b"], "_type": "ClassLabel"},
        "coarse_label": {"names": ["x", "y", "z"], "_type": "ClassLabel"},
    }
    return told(table.append_column("coarse_label", table["fine_label"]), features)


def test_several_columns_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "hub", several(6))
    with pytest.raises(
        DataError, match="several columns of labels: fine_label, coarse_l"
    ) as caught:
        read(tmp_path, "  validate 2")
    assert '`label "fine_label"`' in caught.value.fix
    found = read(tmp_path, '  label "coarse_label"\n  validate 2')
    assert found.classes == ("x", "y", "z") and len(found.train) == 4
    assert read(tmp_path, '  label "fine_label" distinct\n  validate 2').classes == ("0", "1")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("image", {"bytes": None, "path": "7.jpg"}, "row 1, counted from 0: the image is empty"),
        ("image", None, "row 1, counted from 0: the image is empty"),
        ("image", {"bytes": b"\xff\xd8\xff cut", "path": ""}, "row 1, .*: it is no picture"),
        ("label", -1, "row 1, counted from 0: the label is -1, but labels are whole numbers"),
        ("label", None, "row 1, counted from 0: the label is empty"),
    ],
)
@pytest.mark.parametrize("memory", [None, 10**5])
def test_rows_that_cannot_be_used(
    tmp_path: Path, column: str, value: Any, said: str, memory: int | None
) -> None:
    table = rows(4)
    values = table[column].to_pylist()
    values[1] = value
    place = table.column_names.index(column)
    table = table.set_column(place, column, pa.array(values, table[column].type))
    write(tmp_path / "hub", table)
    with pytest.raises(DataError, match="row that cannot be used") as caught:
        InMemory.of(read(tmp_path, memory=memory and 1))
    assert re.search(said, caught.value.detail)


@pytest.mark.parametrize("metadata", [b"{", b"[]", b'{"info": 5}', b'{"info": {"features": [1]}}'])
def test_metadata_that_tell_nothing(tmp_path: Path, metadata: bytes) -> None:
    write(tmp_path / "hub", rows(6).replace_schema_metadata({"huggingface": metadata}))
    found = read(tmp_path, "  validate 2")
    assert found.classes == () and found.shape == (3, 12, 12)
