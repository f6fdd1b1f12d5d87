"""Which tensor of a file is which of a net's; above all those of torchvision's nets."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import lenet
from lenet.compiler.memory.layout import Slot, lay_out
from lenet.dsl.shapes import Shape
from lenet.runtime.weights.match import best_match, match, same_order
from lenet.runtime.weights.names import Names, known_names, read_names, shown_source
from lenet.runtime.weights.tensor_file import TensorFile

ROOT = Path(__file__).parents[3]
LISTS = sorted((Path(__file__).parent / "torchvision").glob("*.txt"))
KINDS = {"float32": "F32", "int64": "I64"}
SMALL = "input 1x8x8\nconv 4x3x3\nbatchnorm\nflatten\nlinear 10 as score\nlogsoftmax\n"


def slots_of(spec: str | Path) -> tuple[Slot, ...]:
    return lay_out(lenet.load(spec).graph)


def file_of(shapes: Mapping[str, Shape], kinds: Mapping[str, str] | None = None) -> TensorFile:
    """One without values."""
    return TensorFile(Path("x"), shapes, kinds or dict.fromkeys(shapes, "F32"), np.zeros)


def torchvision(path: Path) -> TensorFile:
    """What bench/torchvision_names.py has written of a net: `name shape type` in each line."""
    rows = [line.split() for line in path.read_text().splitlines()]
    shapes = {name: tuple(map(int, shape.split("x"))) if shape != "-" else ()
              for name, shape, _ in rows}  # fmt: skip
    return file_of(shapes, {name: KINDS[kind] for name, _, kind in rows})


def test_all_of_torchvision_are_listed() -> None:
    assert len(LISTS) == 11
    assert [path.name for path in LISTS] == [Path(names.source).name for names in known_names()]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_the_tensors_of_torchvision(path: Path) -> None:
    """Each of the spec is one of torchvision's, and no two are the same; the names are found."""
    slots, file = slots_of(ROOT / "specs" / f"{path.stem}.lenet"), torchvision(path)
    found = best_match(slots, file, None)
    assert found.exact, (found.missing, found.misfits, found.left)
    assert shown_source(found.names) == f"specs/names/{path.name}"
    assert found.names.normal is not None
    assert len(set(found.taken.values())) == len(found.taken) == len(slots)
    rest = set(file.shapes) - set(found.taken.values())
    assert rest == set(found.unneeded)
    assert all(name.startswith("aux") or name.endswith("num_batches_tracked") for name in rest)


def test_each_name_is_of_a_layer() -> None:
    """None is mistyped: without any of them, a tensor would be missing."""
    for names in known_names():
        path = Path(names.source)
        there = {slot.name for slot in slots_of(ROOT / "specs" / f"{path.stem}.lenet")}
        layers = {name.rpartition(".")[0] for name in there}
        assert names.theirs.keys() <= there | layers


def test_a_net_of_other_classes_finds_the_names(tmp_path: Path) -> None:
    text = (ROOT / "specs" / "resnet18.lenet").read_text()
    mine = text.replace("linear 1000 ", "linear 10 ").replace("expect 11689512 parameters\n", "")
    (tmp_path / "mine.lenet").write_text(mine)
    (tmp_path / "blocks").symlink_to(ROOT / "specs" / "blocks")
    file = torchvision(LISTS[0].parent / "resnet18.txt")
    found = best_match(slots_of(tmp_path / "mine.lenet"), file, None)
    assert not found.missing and set(found.misfits) == {"score.weight", "score.bias"}
    assert found.misfits["score.weight"] == "10x512 here, 1000x512 there"


def test_a_larger_net_is_not_taken_for_a_smaller_one() -> None:
    """ResNet-34 has all tensors of ResNet-18, and others."""
    file = torchvision(LISTS[0].parent / "resnet18.txt")
    larger = file_of({**file.shapes, "layer1.2.conv1.weight": (64, 64, 3, 3)})
    found = best_match(slots_of(ROOT / "specs" / "resnet18.lenet"), larger, None)
    assert not found.names.source and not found.exact


def test_names_of_their_own_come_first() -> None:
    slots = slots_of(SMALL)
    found = best_match(slots, file_of({slot.name: slot.shape for slot in slots}), None)
    assert found.exact and found.names == Names()


def test_all_that_does_not_fit_is_told() -> None:
    slots = slots_of(SMALL)
    shapes: dict[str, Shape] = {slot.name: slot.shape for slot in slots}
    del shapes["conv1.bias"]
    shapes |= {"score.bias": (3,), "aux.weight": (2,), "x.num_batches_tracked": ()}
    kinds = dict.fromkeys(shapes, "F32") | {"score.weight": "I8"}
    found = match(slots, file_of(shapes, kinds), Names())
    assert found.missing == ("conv1.bias",)
    assert found.misfits == {"score.bias": "10 here, 3 there", "score.weight": "I8 there"}
    assert found.left == ("aux.weight",) and found.unneeded == ("x.num_batches_tracked",)
    assert match(slots, file_of(shapes), Names(unneeded=("aux",))).left == ()


@pytest.mark.parametrize(("ours", "theirs", "same"), [
    ((4,), (4, 1, 1), True), ((8, 4), (8, 4, 1, 1), True), ((8, 4, 1, 1), (8, 4), True),
    ((1, 4), (4,), True), ((8, 4), (4, 8), False), ((4, 2), (8,), False), ((), (1,), True),
])  # fmt: skip
def test_shapes_whose_values_have_the_same_order(ours: Shape, theirs: Shape, same: bool) -> None:
    assert same_order(ours, theirs) == same


def test_a_file_of_names(tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("# ours, theirs\nnormalize mean 0.5 0.4 deviation 1 2\n"
                                    "- aux  # of training\n\nconv1 stem.conv\n")  # fmt: skip
    names = read_names(tmp_path / "n.txt")
    assert names.theirs == {"conv1": "stem.conv"} and names.unneeded == ("aux",)
    assert names.normal == ((0.5, 0.4), (1.0, 2.0))
    assert names.describes(["stem.conv.weight", "aux.fc.bias", "stem.conv.num_batches_tracked"])
    assert not names.describes(["stem.conv.weight", "stem.convolution.weight"])
    assert not names.describes(["stem.conv.weight", "auxiliary.weight"])


def test_names_of_a_net_without_its_last_layer() -> None:
    names = Names("", {"conv1": "stem", "score": "head.fc"})
    assert names.describes(["stem.weight"]) and not names.describes(["head.fc.weight"])
