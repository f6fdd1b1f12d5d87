"""Files of tensors: all types of numbers, and files that are none."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from lenet.dsl.errors import LenetError
from lenet.runtime.weights.tensor_file import open_tensors


def save_bfloat16(path: Path, halves: Any, before: bytes = b"") -> None:
    """`x`, whose numbers are the upper halves of float32, behind bytes of another tensor."""
    halves, start = np.asarray(halves, "<u2"), len(before)
    header = json.dumps({
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "U8", "shape": [start], "data_offsets": [0, start]},
        "x": {"dtype": "BF16", "shape": halves.shape,
              "data_offsets": [start, start + halves.nbytes]},
    }).encode()  # fmt: skip
    path.write_bytes(len(header).to_bytes(8, "little") + header + before + halves.tobytes())


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_numbers_become_float32(tmp_path: Path, kind: str) -> None:
    values = np.array([[1 / 3, -2.5], [6e-8, 60000]]).astype(kind)
    save_file({"x": values, "n": np.array(3)}, tmp_path / "x.safetensors")
    file = open_tensors(tmp_path / "x.safetensors")
    assert file.shapes == {"x": (2, 2), "n": ()} and not file.ours
    assert file.is_floats("x") and not file.is_floats("n")
    found = file.read("x")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values.astype(np.float32))


def test_bfloat16_is_exact(tmp_path: Path) -> None:
    """Whatever lies before it in the file."""
    path = tmp_path / "x.safetensors"
    values = np.array([[1.0, -2.5, 3.140625], [1e-38, 0.0, 3e38]], np.float32)
    halves = (values.view(np.uint32) >> 16).astype(np.uint16)
    save_bfloat16(path, halves, b"before")
    exact = (halves.astype(np.uint32) << 16).view(np.float32)
    np.testing.assert_array_equal(open_tensors(path).read("x"), exact)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_what_is_no_number(tmp_path: Path, value: float) -> None:
    save_file({"x": np.array([0, value])}, tmp_path / "x.safetensors")
    with pytest.raises(LenetError, match="the tensor x .* no numbers"):
        open_tensors(tmp_path / "x.safetensors").read("x")


def test_bfloat16_that_is_no_number(tmp_path: Path) -> None:
    save_bfloat16(tmp_path / "x.safetensors", [0x3F80, 0x7F80])
    with pytest.raises(LenetError, match="no numbers"):
        open_tensors(tmp_path / "x.safetensors").read("x")


@pytest.mark.parametrize(("name", "content", "said"), [
    ("x.pt", b"", "It is a pickle"),
    ("x.PTH", b"PK", "It is a pickle"),
    ("x.safetensors", b"PK\x03\x04" + b"x" * 30, "It is a pickle"),
    ("x.safetensors", b"\x80\x02" + b"x" * 30, "It is a pickle"),
    ("x.safetensors", b"", "not a readable safetensors file"),
    ("x.safetensors", b"x" * 30, "not a readable safetensors file"),
    ("x.onnx", b"x", "no ONNX file"),
    ("x.h5", b"x", "a file of Keras"),
    ("x.weights", b"x", "Darknet"),
    ("no.safetensors", None, "there is no file"),
    ("folder.safetensors", "folder", "is a folder"),
    ("pipe.safetensors", "pipe", "it is a pipe"),
])  # fmt: skip
def test_what_is_no_file_of_tensors(tmp_path: Path, name: str, content: Any, said: str) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "folder":
        path.mkdir()
    elif content == "pipe":
        os.mkfifo(path)
    with pytest.raises(LenetError) as error:
        open_tensors(path)
    assert said in f"{error.value.title}. {error.value.detail}"
    assert "pickle" not in said or "save_file" in error.value.fix


def test_a_file_that_is_cut_short(tmp_path: Path) -> None:
    save_file({"x": np.zeros(9, np.float32)}, tmp_path / "x.safetensors")
    whole = (tmp_path / "x.safetensors").read_bytes()
    (tmp_path / "x.safetensors").write_bytes(whole[:-4])
    with pytest.raises(LenetError, match="not a readable safetensors file"):
        open_tensors(tmp_path / "x.safetensors")
