"""`lenet import`: the whole command on small nets, and all that it refuses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

import lenet
from lenet.cli import app
from lenet.dsl.check import check_graph
from lenet.dsl.errors import LenetError
from lenet.runtime.events import Event, StartedFrom
from lenet.runtime.start_from import starting_weights
from lenet.runtime.weights.imported import Imported, import_weights

ROOT = Path(__file__).parents[2]
TORCHVISION = ROOT / "tests" / "runtime" / "weights" / "torchvision"
NET = """\
input 2x6x6
conv 3x3x3 bias no as c
batchnorm
relu
avgpool all
linear 4 as score
logsoftmax
{data}"""
RNG = np.random.default_rng(1)
THEIRS = {
    "features.0.weight": RNG.standard_normal((3, 2, 3, 3)),
    "features.1.weight": RNG.uniform(0.5, 1.5, 3),
    "features.1.bias": RNG.standard_normal(3),
    "features.1.running_mean": RNG.standard_normal(3),
    "features.1.running_var": RNG.uniform(0.5, 1.5, 3),
    "features.1.num_batches_tracked": np.array(7),
    "fc.weight": RNG.standard_normal((4, 3, 1, 1)),
    "fc.bias": RNG.standard_normal(4),
}
NAMES = "c features.0\nbatchnorm1 features.1\nscore fc\n"


def torchvision(name: str) -> dict[str, np.ndarray[Any, Any]]:
    """Zeros, but for one value each, with the names and shapes of a net."""
    tensors = {}
    for line in (TORCHVISION / f"{name}.txt").read_text().splitlines():
        key, shape, kind = line.split()
        tensors[key] = np.zeros([int(n) for n in shape.split("x")] if shape != "-" else (), kind)
        tensors[key].reshape(-1)[0] = 0.5 if kind == "float32" else 3
    return tensors


def imported(
    folder: Path, tensors: Mapping[str, Any] | None = None, data: str = "", names: str = NAMES,
    classes: str | None = None, text: str = NET,
) -> Imported:  # fmt: skip
    save_file({**THEIRS, **(tensors or {})}, folder / "w.safetensors")
    (folder / "names.txt").write_text(names)
    if classes is not None:
        (folder / "classes.txt").write_text(classes)
    graph = check_graph(text.format(data=data), "net.lenet")
    return import_weights(
        graph, folder / "net.lenet", folder / "w.safetensors", {}, folder / "names.txt",
        folder / "classes.txt" if classes is not None else None,
    )  # fmt: skip


def reference(images: Any, mean: Any, deviation: Any) -> Any:
    """The net's answers, in double precision."""
    x = (images - np.reshape(mean, (-1, 1, 1))) / np.reshape(deviation, (-1, 1, 1))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
    maps = np.einsum("ncyxij,ocij->noyx", windows, THEIRS["features.0.weight"])
    scale, shift, mean, variance = (
        THEIRS[f"features.1.{part}"][:, None, None]
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    maps = (maps - mean) / np.sqrt(variance + 1e-5) * scale + shift
    means = np.maximum(maps, 0).mean(axis=(2, 3))
    scores = means @ THEIRS["fc.weight"][:, :, 0, 0].T + THEIRS["fc.bias"]
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def test_a_model_answers_as_its_weights_do(tmp_path: Path) -> None:
    """With a linear layer that is a 1x1 convolution there, and numbers to normalize by."""
    data = "data frame\n  normalize mean 0.4 0.5 deviation 0.2 0.25\n"
    found = imported(tmp_path, data=data, classes="a\nb \ncrane\ncrane\n")
    assert found.model.classes == ("a", "b", "crane", "crane (2)")
    found.model.save(tmp_path / "m.safetensors")
    model = lenet.open(tmp_path / "m.safetensors")
    pixels = RNG.integers(0, 256, (3, 2, 6, 6), np.uint8)
    expected = reference(pixels / 255, (0.4, 0.5), (0.2, 0.25))
    np.testing.assert_allclose(model.outputs(pixels), expected, rtol=1e-4, atol=1e-5)
    assert model.digest == found.model.digest and model.name == "net"


@pytest.mark.parametrize(("data", "names", "normal"), [
    ("", "", ((0.0, 0.0), (1.0, 1.0))),
    ("", "normalize mean 0.5 deviation 0.25\n", ((0.5, 0.5), (0.25, 0.25))),
    ("data frame\n  normalize\n", "normalize mean 0.5 0.4 deviation 1 2\n", ((0.5, 0.4), (1, 2))),
    ("data frame\n  normalize mean 0.1 deviation 0.2\n", "normalize mean 0.5 deviation 1\n",
     ((0.1, 0.1), (0.2, 0.2))),
])  # fmt: skip
def test_what_images_are_normalized_by(tmp_path: Path, data: str, names: str, normal: Any) -> None:
    """The spec's numbers come first, then those that the weights are known to want."""
    found = imported(tmp_path, data=data, names=NAMES + names)
    assert (found.model.mean, found.model.deviation) == normal
    assert found.model.classes == ("0", "1", "2", "3") and not found.named
    assert found.model.pixel_scale == 1 / 255 and found.match.unneeded


def test_answers_that_are_no_classes(tmp_path: Path) -> None:
    text = NET.replace("logsoftmax\n", "") + "train\n  loss mse\n  rate 0.1\n"
    model = imported(tmp_path, text=text).model
    assert model.unit is not None and model.answers == ((0.0,) * 4, (1.0,) * 4)
    model.to_bytes()
    with pytest.raises(LenetError, match="no classes to name"):
        imported(tmp_path, text=text, classes="a\n")


def test_digits_have_their_own_white(tmp_path: Path) -> None:
    (tmp_path / "x.lenet").write_text("input 1x8x8\nflatten\nlinear 10\nlogsoftmax\ndata digits\n")
    tensors = {"linear1.weight": np.zeros((10, 64)), "linear1.bias": np.zeros(10)}
    save_file(tensors, tmp_path / "w.safetensors")
    network = lenet.load(tmp_path / "x.lenet")
    found = import_weights(network.graph, network.path, tmp_path / "w.safetensors", {})
    assert found.model.pixel_scale == 1 / 16


@pytest.mark.parametrize(("change", "said"), [
    ({"tensors": {"aux.weight": np.zeros(2)}}, "without a place in the net, 1: aux.weight"),
    ({"tensors": {"fc.bias": np.zeros(5)}}, "score.bias (4 here, 5 there)"),
    ({"tensors": {"fc.bias": np.zeros(4, np.int8)}}, "score.bias (I8 there)"),
    ({"tensors": {"fc.bias": np.array([0, 0, 0, np.nan])}}, "no numbers"),
    ({"names": "c features.0\n"}, "missing in the file, 6: batchnorm1.scale"),
    ({"names": NAMES + "normalize mean 1\n"}, "Line 4 is `normalize mean 1`"),
    ({"names": NAMES + "normalize mean 1 deviation 0\n"}, "Line 4"),
    ({"names": NAMES + "normalize mean x deviation 1\n"}, "Line 4"),
    ({"names": NAMES + "normalize mean 1 1 1 deviation 1 1 1\n"}, "normalize 3 channels"),
    ({"data": "data frame\n  normalize\n"}, "nothing says by which numbers"),
    ({"classes": "a\nb\n"}, "does not name the 4 classes"),
    ({"classes": "a\nb\n\nd\n"}, "some of them empty"),
])  # fmt: skip
def test_what_does_not_go_together(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(LenetError) as error:
        imported(tmp_path, **change)
    assert said in f"{error.value.title}. {error.value.detail}"


def test_weights_where_the_net_has_no_connection(tmp_path: Path) -> None:
    table = "table t\n  X .\n  . X\n" + "input 2x4x4\nconv 2x3x3 connect t as c\nflatten\n"
    table += "linear 2 as score\nlogsoftmax\n"
    graph = check_graph(table, "net.lenet")
    tensors = {"c.weight": np.zeros((2, 2, 3, 3)), "c.bias": np.ones(2),
               "score.weight": np.ones((2, 8)), "score.bias": np.ones(2)}  # fmt: skip
    path = tmp_path / "w.safetensors"
    tensors["c.weight"][[0, 1], [0, 1]] = 1
    save_file(tensors, path)
    import_weights(graph, Path("net.lenet"), path, {})
    tensors["c.weight"][0, 1] = 1
    save_file(tensors, path)
    with pytest.raises(LenetError, match="connects maps that the net does not"):
        import_weights(graph, Path("net.lenet"), path, {})


def test_the_command(tmp_path: Path) -> None:
    """On the smallest of torchvision's nets, whose names it finds by itself."""
    weights, output = tmp_path / "sq.safetensors", tmp_path / "m.safetensors"
    save_file(torchvision("squeezenet"), weights)
    spec = ROOT / "specs" / "squeezenet.lenet"
    words = ["import", str(weights), "--spec", str(spec), "-o", str(output)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    for said in ("squeezenet.lenet: 1,235,496 parameters", "52 tensors of F32, by the names of "
                 "specs/names/squeezenet.txt", "mean 0.485 0.456 0.406", "0 to 999",
                 f"lenet predict {output} photo.jpg"):  # fmt: skip
        assert said in done.output
    model = lenet.open(output)
    assert model.mean == (0.485, 0.456, 0.406) and model.tensors["score.bias"][0] == 0.5
    for more, said in (
        ([], "is there already"), (["--force", "--spec", str(tmp_path / "no.lenet")], "no.lenet"),
        (["--force", "--names", str(tmp_path / "no.txt")], "cannot read"),
    ):  # fmt: skip
        again = CliRunner().invoke(app, words + more)
        assert again.exit_code == 1 and said in again.output
    ours = CliRunner().invoke(app, ["import", str(output), *words[2:], "--force"])
    assert ours.exit_code == 1 and "is a model or a checkpoint of lenet" in ours.output
    assert CliRunner().invoke(app, ["import", str(weights)]).exit_code == 2


def test_a_spec_with_mistakes(tmp_path: Path) -> None:
    (tmp_path / "x.lenet").write_text("input 2x6x6\nconvv 3\n")
    words = ["import", str(tmp_path / "w.safetensors"), "--spec", str(tmp_path / "x.lenet")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1 and "there is no layer called `convv`" in done.output


def test_a_training_finds_the_names_by_itself(tmp_path: Path) -> None:
    """Of a net with other classes, nothing is compiled before it begins."""
    text = (ROOT / "specs" / "squeezenet.lenet").read_text()
    text = text.replace("conv 1000x1x1 ", "conv 10x1x1 ").replace("expect 1235496 parameters\n", "")
    (tmp_path / "mine.lenet").write_text(f'{text}  start from "sq.safetensors"\n')
    (tmp_path / "blocks").symlink_to(ROOT / "specs" / "blocks")
    save_file(torchvision("squeezenet"), tmp_path / "sq.safetensors")
    events: list[Event] = []
    weights = starting_weights(
        lenet.load(tmp_path / "mine.lenet").graph, tmp_path / "mine.lenet", events.append
    )
    (event,) = events
    assert isinstance(event, StartedFrom) and weights is not None
    assert event.taken == 50 and event.names == "specs/names/squeezenet.txt"
    assert event.anew == ["score.weight (10x512x1x1 here, 1000x512x1x1 there)",
                          "score.bias (10 here, 1000 there)"]  # fmt: skip
