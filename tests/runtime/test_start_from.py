"""`start from`: trainings that begin with the weights of other models."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

import lenet
from lenet.dsl.check import check
from lenet.dsl.errors import LenetError
from lenet.runtime.training.parameters import digest

NET = """\
input 1x8x8
conv 4x3x3 bias no as c
batchnorm
relu
{pool}flatten
linear 10 as score
logsoftmax
data digits
train
  rate {rate}
  stop after 1 epoch
{more}"""


def spec(folder: Path, more: str = "", rate: float = 0.1, pool: str = "") -> Path:
    path = folder / "net.lenet"
    path.write_text(NET.format(more=more, rate=rate, pool=pool))
    return path


def train(path: Path, **options: Any) -> lenet.Model:
    where = options if "spark" in options else {"engine": "local", **options}
    return lenet.train(path, progress=False, **where)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> lenet.Model:
    folder = tmp_path_factory.mktemp("base")
    model = train(spec(folder), epochs=2, output=folder / "run")
    assert (folder / "run" / "model.safetensors").exists()
    return model


@pytest.fixture
def there(base: lenet.Model, tmp_path: Path) -> Path:
    """A folder with the base model's file."""
    base.save(tmp_path / "base.safetensors")
    return tmp_path


def test_all_tensors_are_taken(base: lenet.Model, there: Path) -> None:
    events: list[dict[str, Any]] = []
    path = spec(there, '  start from "base.safetensors"\n', rate=1e-12)
    model = train(path, watch=events.append)
    (said,) = (event for event in events if event["event"] == "from")
    assert said == {
        "event": "from",
        "path": str(there / "base.safetensors"),
        "taken": 7,
        "anew": [],
        "names": "",
    }
    for name, tensor in base.tensors.items():
        if "mean" not in name and "variance" not in name:
            np.testing.assert_allclose(model.tensors[name], tensor, atol=1e-6)


def test_what_has_another_shape_or_is_excepted_begins_anew(base: lenet.Model, there: Path) -> None:
    events: list[dict[str, Any]] = []
    path = spec(there, '  start from "base.safetensors" except batchnorm1\n', 1e-12, "maxpool 2\n")
    model = train(path, watch=events.append)
    (said,) = (event for event in events if event["event"] == "from")
    assert said["taken"] == 2 and len(said["anew"]) == 5
    assert any("score.weight (" in text and "10x144 there" in text for text in said["anew"])
    plain = train(spec(there, rate=1e-12, pool="maxpool 2\n"))
    np.testing.assert_allclose(model.tensors["c.weight"], base.tensors["c.weight"], atol=1e-6)
    np.testing.assert_allclose(model.tensors["score.weight"], plain.tensors["score.weight"],
                               atol=1e-6)  # fmt: skip


def test_engines_threads_and_a_run_that_goes_on_give_the_same_bits(there: Path, spark: Any) -> None:
    path = spec(there, '  start from "base.safetensors"\n')
    digests = {train(path, threads=1, epochs=3).digest, train(path, threads=2, epochs=3).digest,
               train(path, spark=spark, epochs=3).digest}  # fmt: skip
    train(path, epochs=1, output=there / "run")
    (there / "base.safetensors").unlink()  # it is not read again
    digests.add(train(path, epochs=3, output=there / "run", resume=True).digest)
    assert len(digests) == 1
    with pytest.raises(LenetError, match="there is no file"):
        train(path)


def test_a_checkpoint_will_do(base: lenet.Model, there: Path) -> None:
    train(spec(there), epochs=2, output=there / "run")
    newest = sorted((there / "run" / "checkpoints").glob("*"))[-1]
    path = spec(there, f'  start from "run/checkpoints/{newest.name}"\n')
    (there / "base.safetensors").write_bytes((there / "run" / "model.safetensors").read_bytes())
    other = spec(there / "run", '  start from "../base.safetensors"\n')
    assert train(path).digest == train(other).digest


THEIRS = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}


@pytest.mark.parametrize("named", [False, True])
def test_tensors_of_pytorch(base: lenet.Model, there: Path, named: bool) -> None:
    """Under its names for normalizations, and with a file that says how layers are called."""
    theirs = {}
    for name, tensor in base.tensors.items():
        layer, _, part = name.rpartition(".")
        layer = (
            {"c": "features.0", "batchnorm1": "features.1"}.get(layer, layer) if named else layer
        )
        part = THEIRS.get(part, part) if layer in ("batchnorm1", "features.1") else part
        theirs[f"{layer}.{part}"] = tensor.astype(np.float64)
    theirs["features.1.num_batches_tracked"] = np.array(3)
    save_file(theirs, there / "torch.safetensors")
    save_onnx(theirs, there / "torch.onnx")
    (there / "names.txt").write_text("# ours theirs\nc features.0\nbatchnorm1  features.1\n\n")
    line = '  start from "torch.safetensors"' + (' names "names.txt"' if named else "")
    plain = train(spec(there, '  start from "base.safetensors"\n'))
    assert train(spec(there, f"{line}\n")).digest == plain.digest
    line = line.replace("safetensors", "onnx")
    assert train(spec(there, f"{line}\n")).digest == plain.digest


def test_what_we_have_exported_can_be_begun_with(base: lenet.Model, there: Path) -> None:
    base.to_onnx(there / "base.onnx")
    digests = {
        train(spec(there, f'  start from "base.{ending}"\n')).digest
        for ending in ("safetensors", "onnx")
    }
    assert len(digests) == 1


def save_onnx(tensors: dict[str, np.ndarray], path: Path) -> None:
    graph = onnx.helper.make_graph([], "net", [], [], [
        onnx.numpy_helper.from_array(array, name) for name, array in tensors.items()
    ])  # fmt: skip
    onnx.save(onnx.helper.make_model(graph), path)


def elsewhere() -> bytes:
    """A file whose tensor lies in another one."""
    tensor = onnx.numpy_helper.from_array(np.zeros((4, 1, 3, 3), np.float32), "c.weight")
    onnx.external_data_helper.set_external_data(tensor, "/etc/passwd", 0, 144)
    graph = onnx.helper.make_graph([], "net", [], [], [tensor])
    data: bytes = onnx.helper.make_model(graph).SerializeToString()
    return data


def short() -> bytes:
    """A file whose tensor has fewer bytes than its shape says."""
    tensor = onnx.numpy_helper.from_array(np.zeros((4, 1, 3, 3), np.float32), "c.weight")
    tensor.raw_data = tensor.raw_data[:-8]
    graph = onnx.helper.make_graph([], "net", [], [], [tensor])
    data: bytes = onnx.helper.make_model(graph).SerializeToString()
    return data


@pytest.mark.parametrize(("line", "content", "said"), [
    ('"no.safetensors"', None, "there is no file"),
    ('"net.pt"', b"x", "It is a pickle"),
    ('"bad.safetensors"', b"x" * 20, "not a readable safetensors file"),
    ('"base.safetensors" names "no.txt"', None, "cannot read"),
    ('"base.safetensors" names "names.txt"', b"c\n", "Line 1 is `c`"),
    ('"base.safetensors" names "names.txt"', b"c d\nc e\n", "c stands there twice"),
    ('"base.safetensors" names "names.txt"', b"\xff\xfe", "no UTF-8"),
    ('"no.onnx"', None, "there is no file"),
    ('"bad.onnx"', b"x" * 20, "no ONNX file"),
    ('"empty.onnx"', b"", "no ONNX file"),
    ('"none.onnx"', {}, "It is empty"),
    ('"elsewhere.onnx"', elsewhere(), "lie in other files"),
    ('"short.onnx"', short(), "not a readable model"),
    ('"other.safetensors"', {"a.weight": np.zeros(3, np.float32)}, "no tensor of"),
    ('"other.safetensors"', {"c.weight": np.full((4, 1, 3, 3), np.nan, np.float32)}, "no numbers"),
])  # fmt: skip
def test_what_cannot_be_begun_with(there: Path, line: str, content: Any, said: str) -> None:
    name = line.split('"')[-2]
    if isinstance(content, dict):
        (save_onnx if name.endswith("onnx") else save_file)(content, there / name)
    elif content is not None:
        (there / name).write_bytes(content)
    with pytest.raises(LenetError) as error:
        train(spec(there, f"  start from {line}\n"), output=there / "run")
    assert said in f"{error.value.title} {error.value.detail}"
    assert not (there / "run").exists() or not list((there / "run").iterdir())


@pytest.mark.parametrize("line", [
    "start", "start from", "start base", 'start from "x" except', 'start from "x" except tanh9',
    'start from "x" names', 'start from "x" but c',
])  # fmt: skip
def test_lines_that_cannot_be_read(line: str) -> None:
    assert check(NET.format(more=f"  {line}\n", rate=0.1, pool="")).graph is None


def test_a_digest_tells_whether_tensors_are_the_same(base: lenet.Model) -> None:
    assert digest(base.tensors) == base.digest
