"""Smaller nets: what leaves is what does not matter, and the others do what they did."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.nets import reference_net

import lenet
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.check import check, check_graph, reader_of
from lenet.dsl.errors import LenetError
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.vocabulary import carried_out
from lenet.runtime.compressing.channels import channels_of, makes_channels
from lenet.runtime.compressing.net import Net
from lenet.runtime.training.parameters import initial_weights, to_tensors
from lenet.runtime.training.pruned import smallest
from lenet.runtime.training.updater import parts_of, updater_of

TRAIN = "train\n  rate 0.1\n"
CHAIN = """\
input 1x8x8
conv 6x3x3                 as c1   -> 6x6x6
relu
maxpool 2
conv 4 + 4x2x2 as c2   # worked out
tanh
reshape 8*2*2
linear 12                  as f1   -> 12
relu
linear 10                  as out
logsoftmax
expect 786 parameters
"""
BLOCKS = """\
let wide = 8

block basic(width, step = 1)
  add
    path
      conv width x 3 x 3 stride step pad 1 bias no
      batchnorm
      relu
      conv width x 3 x 3 pad 1 bias no
      batchnorm
    path
      shortcut width stride step
  relu

input 1x8x8
conv 4x3x3 pad 1 bias no as stem
batchnorm
relu
repeat 2 as one
  basic 4
basic wide step 2 as two
concat
  path
    conv 6x1x1 as left
    depthwise 3x3 pad 1 multiplier 2
  path
    maxpool 3 stride 1 pad 1
avgpool all
linear 10 as out
logsoftmax
"""


def net_of(text: str, imports: dict[str, str] | None = None) -> Net:
    """With random weights."""
    program = compile_graph(check_graph(text, "x", imports=imports))
    weights = initial_weights(program, 3)
    fixed = weights[program.parameter_count :]
    fixed += np.random.default_rng(1).uniform(0.1, 0.5, fixed.size).astype(np.float32)
    return Net(text, imports or {}, to_tensors(program, weights))


def outputs(net: Net) -> np.ndarray:
    """By the reference, in float64."""
    pixels = np.random.default_rng(2).uniform(0, 1, (20, 1, 8, 8))
    return reference_net(net.graph, dict(net.tensors), running=True).forward(pixels)


def shrink(way: str, net: Net, share: float, each: bool = False) -> Net:
    return carried_out("lenet.runtime.compress", way).shrink(net, share, each)


def silenced(net: Net, share: float) -> Net:
    """With all that belongs to some of the channels of each layer that may lose any as 0, so that
    the net does not need them."""
    channels, rng = channels_of(net.graph), np.random.default_rng(6)
    tensors = {name: tensor.copy() for name, tensor in net.tensors.items()}
    groups: dict[frozenset[str], list[int]] = {}
    of = {name: set(roots.tolist()) for name, roots in channels.of.items()}
    for root in sorted(set().union(*of.values()) - channels.kept_by.keys()):
        groups.setdefault(frozenset(n for n, own in of.items() if root in own), []).append(root)
    gone = {
        root
        for roots in groups.values()
        for root in rng.permutation(roots)[: round(share * len(roots))].tolist()
    }
    for node in net.graph.nodes:
        own = np.isin(channels.of[node.name], list(gone))
        for p in node.parameters:
            tensor = tensors[f"{node.name}.{p.name}"]
            if makes_channels(node) and tensor.ndim > 1:
                read = np.isin(channels.read[node.name], list(gone))
                tensor[own] = 0
                tensor[:, read] = 0
            elif p.trained and tensor.shape[0] == len(own):
                tensor[own] = 0
    return replace(net, tensors=tensors)


@pytest.mark.parametrize(
    "text",
    ["let four = 4\n" + CHAIN.replace("4 + 4x2x2", "2*four x 2 x 2"), BLOCKS],
    ids=["chain", "blocks"],
)
def test_channels_that_do_nothing_leave_and_nothing_changes(text: str) -> None:
    net = silenced(net_of(text + TRAIN), 0.5)
    smaller = shrink("channels", net, 0.5, each=True)
    assert smaller.graph.parameter_count < 0.45 * net.graph.parameter_count
    np.testing.assert_allclose(outputs(smaller), outputs(net), atol=1e-9)
    again = check(smaller.text)
    assert again.graph is not None and not again.diagnostics


def test_the_file_of_a_smaller_net_is_as_it_was_but_for_its_sizes() -> None:
    smaller = shrink("channels", net_of(BLOCKS + TRAIN), 0.5, each=True)
    lines = zip((BLOCKS + TRAIN).splitlines(), smaller.text.splitlines(), strict=True)
    changed = [(a, b) for a, b in lines if a != b]
    assert changed == [
        ("let wide = 8", "let wide = 4"),
        ("conv 4x3x3 pad 1 bias no as stem", "conv 2x3x3 pad 1 bias no as stem"),
        ("  basic 4", "  basic 2"),
        ("    conv 6x1x1 as left", "    conv 3x1x1 as left"),
    ]


def test_layers_that_cannot_lose_channels_are_told_and_why() -> None:
    smaller = shrink("channels", net_of(CHAIN + TRAIN), 0.5)
    told = "; ".join(smaller.told)
    assert "c2: its size is worked out" in told and "out" not in told.split("c2:")[0]
    assert smaller.graph.nodes[4].shape == (8, 2, 2)
    text = "input 8\nlinear 4\nlayernorm\nlinear 10\nlogsoftmax\n" + TRAIN
    with pytest.raises(LenetError, match="no channel of this net can leave") as caught:
        shrink("channels", net_of(text), 0.5)
    assert "layernorm1 needs all of its channels" in caught.value.detail
    blocks = {"b.lenet": "block wide\n  linear 8\n  relu\n"}
    text = f'import "b.lenet"\ninput 8\nwide\nlinear 10\nlogsoftmax\n{TRAIN}'
    with pytest.raises(LenetError) as caught:
        shrink("channels", net_of(text, blocks), 0.5)
    assert "its size stands in b.lenet" in caught.value.detail


def test_a_full_rank_of_two_layers_is_the_layer() -> None:
    """Of a matrix that has this rank anyway."""
    text = CHAIN.replace("  as f1   -> 12", "").replace("linear 12 ", "linear 40").replace(
        "expect 786 parameters\n", ""
    )  # fmt: skip
    net = net_of(text.replace("               ", "") + TRAIN)
    rng = np.random.default_rng(3)
    low = (rng.normal(size=(40, 8)) @ rng.normal(size=(8, 32))).astype(np.float32)
    net = replace(net, tensors={**net.tensors, "linear1.weight": low})
    smaller = shrink("rank", net, 0.75)
    assert smaller.tensors["linear1_low.weight"].shape == (8, 32)
    np.testing.assert_allclose(outputs(smaller), outputs(net), atol=1e-5)
    assert not [d for d in check(smaller.text).diagnostics if d.code != "W003"]
    assert "linear 8 bias no rate x 0.0" in smaller.text  # as much slower as the product is steep
    with pytest.raises(LenetError, match="no linear layer becomes smaller"):
        shrink("rank", net_of(CHAIN + TRAIN), 0.1)


PRUNED = TRAIN + '  optimizer {}\n  start from "x"\n  prune {}\n'


def test_the_smallest_weights_are_pruned() -> None:
    for line, least in (("0.5", 0), ("0.5 each", 0.49)):
        graph = check_graph(CHAIN + PRUNED.format("sgd", line), "x")
        program = compile_graph(graph)
        weights = initial_weights(program, 1)
        gone = smallest(graph, program.slots, weights, program.parameter_count)
        tensors = to_tensors(program, np.abs(weights))
        out = to_tensors(program, gone.astype(np.float32))
        flat = [(tensors[n].ravel(), out[n].ravel() > 0) for n in out if n.endswith("weight")]
        assert not any(out[n].any() for n in out if n.endswith("bias"))
        if least:
            assert all(abs(g.mean() - 0.5) < 0.05 and w[g].max() <= w[~g].min() for w, g in flat)
        else:
            sizes, every = (np.concatenate(parts) for parts in zip(*flat, strict=True))
            assert every.sum() == len(every) // 2 and sizes[every].max() <= sizes[~every].min()
    graph = check_graph(CHAIN + PRUNED.format("sgd", "0.99"), "x")
    weights[:] = np.where(np.arange(weights.size) < 54, weights / 1e6, weights)
    with pytest.raises(LenetError, match="leaves no weight of c1"):
        smallest(graph, program.slots, weights, program.parameter_count)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_zeros_stay_whatever_the_optimizer(optimizer: str) -> None:
    text = CHAIN + PRUNED.format(optimizer, 0.5) + "  clip norm 1\n  l1 0.01\n  l2 0.01\n"
    graph = check_graph(text, "x")
    program = compile_graph(graph)
    weights, updater = initial_weights(program, 1), updater_of(graph, program)
    gone = smallest(graph, program.slots, weights, program.parameter_count)
    weights[: gone.size][gone] = 0
    updater.prune(gone)
    other = updater_of(graph, program)  # as one that goes on from a checkpoint
    other.restore(updater.state.copy(), 0)
    rng, own = np.random.default_rng(5), weights.copy()
    for step in range(1, 6):
        total = rng.integers(-(2**40), 2**40, gone.size)
        for each, values in ((updater, weights), (other, own)):
            each.steps, parts = step, parts_of(total.copy())
            each.look(values, parts, 1.0, 0.05, lambda n, work: [work(k) for k in range(n)])
            assert each(values, parts, 1.0, 0, gone.size, 0.05) == 0
            each.finish(values)
    assert not weights[: gone.size][gone].any()
    assert (weights[: gone.size][~gone] != 0).mean() > 0.9
    np.testing.assert_array_equal(weights, own)


DIGITS = """\
input 1x8x8
conv 6x3x3 as c1
relu
flatten
linear 20 as f1
tanh
linear 10 as out
logsoftmax
data digits
{augment}train
  optimizer sgd momentum 0.9
  rate 0.05
  batch 64
  stop after 2 epochs
{more}"""


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained model, base.safetensors."""
    folder = tmp_path_factory.mktemp("compress")
    path = folder / "base.lenet"
    path.write_text(DIGITS.format(augment="", more=""))
    lenet.train(path, engine="local", progress=False).save(folder / "base.safetensors")
    return folder


def train(folder: Path, more: str, augment: str = "", **options: Any) -> lenet.Model:
    path = folder / "net.lenet"
    path.write_text(DIGITS.format(augment=augment, more=more))
    return lenet.train(path, progress=False, **{"engine": "local", **options})


TAUGHT = '  teach "base.safetensors"\n'
BOTH = f'{TAUGHT}  start from "base.safetensors"\n  prune 0.6\n'


@pytest.mark.spark
def test_spark_and_a_run_that_goes_on_give_the_same_bits(
    there: Path, spark: Any, tmp_path: Path
) -> None:
    first = train(there, BOTH)
    train(there, BOTH, epochs=1, output=tmp_path / "run")
    on = train(there, BOTH, output=tmp_path / "run", resume=True)
    assert {on.digest, train(there, BOTH, engine="spark", spark=spark).digest} == {first.digest}
    weights = np.concatenate([t.ravel() for n, t in first.tensors.items() if "weight" in n])
    assert (weights == 0).sum() == int(0.6 * weights.size)


def test_a_teacher_that_is_asked_while_images_change_says_the_same(there: Path) -> None:
    """Images that are moved by nothing are as they were."""
    assert train(there, TAUGHT, "augment\n  shift 0\n").digest == train(there, TAUGHT).digest
    assert train(there, TAUGHT).digest != train(there, "").digest


def test_who_is_taught_by_all_answers_as_the_teacher_does(there: Path) -> None:
    """With wrong labels, and the teacher's share 1."""
    x, y, x_test, y_test = _digits()
    path, wrong = there / "student.lenet", ((y + 1) % 10, (y_test + 1) % 10)
    text = DIGITS.format(augment="", more='  teach "base.safetensors" temperature 2 share 1\n')
    path.write_text(text.replace("data digits\n", "").replace("2 epochs", "8 epochs"))
    x, x_test = (np.float32(part) / np.float32(16) for part in (x, x_test))
    model = lenet.train(path, (x, wrong[0], x_test, wrong[1]), engine="local", progress=False)
    teacher = lenet.open(there / "base.safetensors")
    same = model.predict(x_test).classes == teacher.predict(x_test).classes
    assert same.mean() > 0.9


def test_a_teacher_of_other_values_is_refused(there: Path) -> None:
    """Bytes from 0 to 16, which are a sixteenth of what the teacher has seen."""
    x, y, x_test, y_test = _digits()
    path = there / "student.lenet"
    path.write_text(DIGITS.format(augment="", more=TAUGHT).replace("data digits\n", ""))
    with pytest.raises(LenetError, match="the teacher has seen other values") as caught:
        lenet.train(path, (x, y, x_test, y_test), engine="local", progress=False)
    assert "0.0627" in caught.value.detail


def _digits() -> tuple[np.ndarray, ...]:
    from lenet.runtime.resolve import evaluation_images

    graph = check_graph(DIGITS.format(augment="", more=""), "x")
    dataset = evaluation_images(graph, None)
    assert dataset.test is not None
    return dataset.train.pixels, dataset.train.labels, dataset.test.pixels, dataset.test.labels


def test_a_teacher_that_does_not_fit_is_told_with_its_line(there: Path) -> None:
    for change, words in (
        (("linear 10 as out", "linear 7 as out"), "has 10 classes, and this net has 7"),
        (("input 1x8x8", "input 1x9x9"), "has another input than this net"),
        (("base.safetensors", "none.safetensors"), "cannot be read"),
    ):
        path = there / "bad.lenet"
        text = DIGITS.format(augment="", more=TAUGHT).replace("data digits\n", "data frame\n")
        path.write_text(text.replace(*change))
        x, y, x_test, y_test = _digits()
        side = 9 if "9x9" in change[1] else 8
        x, x_test = (np.pad(p, ((0, 0), (0, 0), (0, side - 8), (0, side - 8))) for p in (x, x_test))
        with pytest.raises(LenetError) as caught:
            lenet.train(path, (x, y % 7, x_test, y_test % 7), engine="local", progress=False)
        assert words in f"{caught.value.title} {caught.value.detail}" and "E097" in str(
            caught.value
        )


def test_from_python(there: Path, tmp_path: Path) -> None:
    found = lenet.compress(
        there / "base.safetensors", channels=0.5, prune=0.3, teach=True, engine="local", epochs=1,
        rate=0.01, output=tmp_path / "out", progress=False,
    )  # fmt: skip
    assert found.after.macs < found.before.macs and found.after.metrics is not None
    assert found.after.nonzero < found.after.parameters < found.before.parameters
    path = tmp_path / "out" / "base-small.lenet"
    assert path.read_text() == found.text and "  rate 0.01\n" in found.text
    again = lenet.train(path, engine="local", progress=False)  # the file says all of it
    assert again.digest == found.model.digest
    assert check(found.text, read=reader_of({})).graph is not None
    for wrong, words in (({"prune": 1.5}, "between 0 and 1"), ({}, "nothing to do")):
        with pytest.raises(LenetError, match=words):
            lenet.compress(there / "base.safetensors", engine="local", **wrong)
