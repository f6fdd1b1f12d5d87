"""What an ONNX file may have and we have not: all of it is told at once. And damaged files."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_graphs import Writer, keras_table, resnet, tf2onnx
from onnx_nets import run

from lenet.dsl.errors import LenetError
from lenet.runtime.imports.onnx import file as onnx_file
from lenet.runtime.imports.onnx.imported import Wanted, import_onnx
from lenet.runtime.models.onnx_file import onnx_bytes


def said(path: Path, wanted: Wanted | None = None) -> str:
    with pytest.raises(LenetError) as error:
        import_onnx(path, wanted or Wanted())
    return "\n".join([error.value.title, error.value.detail, error.value.fix])


def test_all_that_is_not_read_is_told_at_once(tmp_path: Path) -> None:
    """With what of an operation is the trouble; what follows from it is not told again."""
    w = Writer((2, 3, 8, 8))
    x = w.op("DepthToSpace", w.conv("input", "a", 3, 8), name="/up/DepthToSpace", blocksize=2)
    x = w.op("MaxPool", x, name="/pool", kernel_shape=[3, 3], dilations=[2, 2])
    x = w.op("Relu", w.op("Mod", x, 2.0, name="/mod", fmod=1))
    x = w.op("AveragePool", x, name="/mean", kernel_shape=[3, 3], pads=[1] * 4, strides=[1, 1])
    x = w.op("LRN", x, name="/lrn", size=4)
    x = w.op("Resize", x, "", np.array([1, 1, 1.5, 1.5]), name="/resize")
    path = w.save(tmp_path / "net.onnx", w.op("GlobalAveragePool", x))
    assert said(path).split("\n") == [
        f"the language has no words for parts of {path}",
        "/up/DepthToSpace: there is no DepthToSpace",
        "/pool: MaxPool, whose dilations is [2, 2]",
        "/mod: there is no Mod",
        "/mean: AveragePool, whose pads are not counted in the means (count_include_pad is 0)",
        "/lrn: LRN, whose size is 4, an even number",
        "/resize: Resize, by 1 x 1 x 1.5 x 1.5, which are no whole factors of rows and columns",
        "a value before them can be the end of the net, if that is of use: --output NAME",
    ]


@pytest.mark.parametrize(("kind", "told"), [
    ("attention", "MatMul, whose input 2 is no constant, but worked out by the net"),
    ("batch", "Transpose, which moves the axis of the images"),
    ("merged", "Reshape, to [-1, 4], which does not keep the images apart"),
    ("places", "Add, with a constant that differs from place to place"),
    ("axis", "Softmax, over another axis than that of the channels"),
    ("sub", "Sub, of two values of the net"),
    ("hard", "HardSigmoid, whose alpha is 0.2 and beta 0.5, and not 1/6 and 1/2"),
    ("domain", "there is no com.microsoft.Gelu"),
    ("crossed", "whose value paths share that do not begin there"),
])  # fmt: skip
def test_what_is_not_read(kind: str, told: str, tmp_path: Path) -> None:
    w = Writer((2, 4, 6, 6))
    x = w.conv("input", "a", 4, 4)
    if kind == "attention":
        x = w.op("MatMul", x, w.conv("input", "b", 4, 4))
    elif kind == "batch":
        x = w.op("Transpose", x, perm=[1, 0, 2, 3])
    elif kind == "merged":
        x = w.op("Reshape", x, np.array([-1, 4]))
    elif kind == "places":
        x = w.op("Add", x, w.weight("t", 1, 1, 6, 6))
    elif kind == "axis":
        x = w.op("Softmax", x, axis=-1)
    elif kind == "sub":
        x = w.op("Sub", x, w.op("Relu", x))
    elif kind == "hard":
        x = w.op("HardSigmoid", x)
    elif kind == "domain":
        x = w.op("Gelu", x, domain="com.microsoft")
    else:
        y, z = w.op("Relu", x), w.op("Tanh", x)
        x = w.op("Mul", w.op("Add", y, z), w.op("Add", w.op("Sigmoid", y), w.op("Elu", z)))
    assert told in said(w.save(tmp_path / "net.onnx", w.op("Relu", x)))


def test_several_outputs_and_inputs(tmp_path: Path) -> None:
    w, end = resnet()
    path = w.save(tmp_path / "net.onnx", end, "v2_0")
    assert "has 2 outputs" in said(path) and f"--output {end}" in said(path)
    assert "the values of `relu` are 0 or more" in said(path, Wanted(output="v3_0"))
    found = import_onnx(path, Wanted(output="v2_0"))
    assert found.model.graph.output == (8, 16, 16)
    assert "no operation of" in said(path, Wanted(output="nothing"))
    w.shape = ("n", "c", None, 16)
    path = w.save(tmp_path / "open.onnx", end)
    assert "It is ? x ? x 16 for each image." in said(path)
    assert import_onnx(path, Wanted(shape=(3, 16, 16))).model.graph.input == (3, 16, 16)


def test_what_white_is(tmp_path: Path) -> None:
    """By a factor before the net, or as it is told; and how images were normalized elsewhere."""
    w, end = tf2onnx()
    path = w.save(tmp_path / "net.onnx", end)
    found = import_onnx(path, Wanted())
    assert found.white == 255 and set(found.model.deviation) == {1.0}
    assert set(import_onnx(path, Wanted(white=1)).model.deviation) == {255.0}
    w, end = resnet()
    path = w.save(tmp_path / "net.onnx", end)
    found = import_onnx(path, Wanted(mean=(0.4, 0.5, 0.6), deviation=(0.25,)))
    assert "normalize mean 0.4 0.5 0.6 deviation 0.25 0.25 0.25" in found.model.source
    values = np.random.default_rng(1).uniform(0, 1, (2, 3, 16, 16)).astype(np.float32)
    mean = np.array([0.4, 0.5, 0.6], np.float32)[:, None, None]
    scores = run(path.read_bytes(), (values - mean) / 0.25)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(run(onnx_bytes(found.model), values * 255), expected, rtol=1e-4)
    assert "there are 2 numbers for 3 channels" in said(path, Wanted(mean=(1, 2), deviation=(1, 2)))


def test_names_of_classes(tmp_path: Path) -> None:
    w, end = resnet()
    path = w.save(tmp_path / "net.onnx", end)
    names = ("a", "b", "c", "d", "e")
    assert import_onnx(path, Wanted(classes=names)).model.classes == names
    assert "there are 1 names for 5 outputs" in said(path, Wanted(classes=("a",)))
    numbers = import_onnx(path, Wanted(numbers=True)).model
    assert numbers.graph.answers == "numbers" and numbers.classes[0] == "answer 0"


def test_weights_in_other_files(tmp_path: Path) -> None:
    """Of the net's own folder only, and only as many bytes as are there."""
    w, end = keras_table()
    whole = import_onnx(w.save(tmp_path / "net.onnx", end), Wanted()).model
    folder = tmp_path / "own"
    folder.mkdir()
    proto = onnx.load(str(tmp_path / "net.onnx"))
    onnx.save(proto, str(folder / "net.onnx"), save_as_external_data=True, location="w.bin",
              size_threshold=0, convert_attribute=False)  # fmt: skip
    apart = import_onnx(folder / "net.onnx", Wanted()).model
    assert apart.digest == whole.digest
    for place, told in (
        ("../net.onnx", "Only files of the net's own folder are read."),
        ("/etc/hostname", "Only files of the net's own folder are read."),
        ("nowhere", "No such file"),
        (".", "Only files of the net's own folder are read."),
    ):
        proto = onnx.load(str(folder / "net.onnx"), load_external_data=False)
        proto.graph.initializer[0].external_data[0].value = place
        (folder / "bad.onnx").write_bytes(proto.SerializeToString())
        assert told in said(folder / "bad.onnx")
    (folder / "w.bin").write_bytes(b"1234")
    assert "the tensor would end behind them" in said(folder / "net.onnx")


def test_damaged_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message, whatever is wrong: bytes that are cut, changed, or of something else."""
    w, end = tf2onnx()
    data, path = w.bytes(end), tmp_path / "net.onnx"
    assert "there is no file" in said(path)
    random = np.random.default_rng(3)
    for k in range(150):
        bad = bytearray(data)
        if k < 20:
            bad = bad[: k * len(bad) // 20]
        else:
            for place in random.integers(0, len(bad), 3):
                bad[place] = random.integers(0, 256)
        path.write_bytes(bytes(bad))
        try:
            import_onnx(path, Wanted())
        except LenetError as error:
            assert "\n\n" not in error.title
    monkeypatch.setattr(onnx_file, "_MOST_OPERATIONS", 3)
    path.write_bytes(data)
    assert "operations" in said(path)


def test_constants_of_any_size(tmp_path: Path) -> None:
    """A few bytes may ask for a constant that fills all memory."""
    w = Writer((1, 3, 8, 8))
    big = w.op("ConstantOfShape", np.array([2**20, 2**20]), name="/big")
    path = w.save(tmp_path / "net.onnx", w.op("MatMul", "input", big))
    assert "/big: ConstantOfShape, of constants, which gives more than" in said(path)
