"""A model made of a spec and of the weights of another framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from lenet.compiler.memory.layout import Slot, lay_out
from lenet.dsl.datasets import DATASETS
from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.graph import Graph, bare_shape
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import channels_of
from lenet.runtime.data.target import Target
from lenet.runtime.make_job import fixed_normal
from lenet.runtime.models.model import Model
from lenet.runtime.records.observed import Observed
from lenet.runtime.weights.match import Match, best_match, read_matched
from lenet.runtime.weights.names import (
    Names,
    Normal,
    known_names,
    read_names,
    shown_source,
)
from lenet.runtime.weights.tensor_file import TensorFile, open_tensors
from lenet.runtime.weights.told import listed

_LARGEST = 2**24  # bytes of a file of names
_NO_CLASSES = "leave --classes out", "leave `classes` out"


@dataclass(frozen=True)
class Imported:
    """A model, how its tensors were found, and what they were in the file: its `kinds`, such as
    F32. Where no file names the classes, they are numbers."""

    model: Model
    match: Match
    kinds: tuple[str, ...]
    named: bool


def import_weights(
    graph: Graph, spec: Path, path: Path, settings: Mapping[str, Fraction],
    names: Path | None = None, classes: Path | None = None,
) -> Imported:  # fmt: skip
    """The model of a checked spec with the weights of a file, which have the names of the file
    `names`, if one is given. `classes` has the name of a class in each line. LenetError unless all
    tensors of the net are in the file, and all of the file in the net or known to be unneeded."""
    file = open_tensors(path)
    if file.ours:
        raise LenetError(
            f"{path} is a model or a checkpoint of lenet",
            "There is nothing to import: it holds its net.",
            "ask it with `lenet predict`, or train on with `start from` in the section `train`",
            "open it with `lenet.open`, or train on with `start from` in the section `train`",
        )
    slots = lay_out(graph)
    found = best_match(slots, file, read_names(names) if names is not None else None)
    if not found.exact:
        raise _inexact(file, spec, found)
    mean, deviation = _normal(graph, spec, found.names)
    labels = _labels(graph, classes)
    answers = None
    if graph.answers != "class":  # as they are: nothing tells how they were standardized
        count = Target.of(graph).count
        answers = (0.0,) * count, (1.0,) * count
    kind = DATASETS[graph.data.kind] if graph.data is not None else None
    model = Model(
        graph.source, _read(slots, file, found), labels, 1 / (kind.white if kind else 255),
        mean, deviation, settings=dict(settings), imports=dict(graph.imports),
        observed=_observed(graph), name=spec.stem.encode(errors="backslashreplace").decode(),
        answers=answers,
    )  # fmt: skip
    kinds = tuple(sorted({file.kinds[name] for name in found.taken.values()}))
    return Imported(model, found, kinds, classes is not None or graph.answers != "class")


def _read(slots: Sequence[Slot], file: TensorFile, found: Match) -> dict[str, Any]:
    return {slot.name: read_matched(slot, file, found.taken[slot.name]) for slot in slots}


def _observed(graph: Graph) -> Observed | None:
    """What the images were: of the net's size, and from 0 to 1. Nothing of vectors."""
    shape = bare_shape(graph)
    return Observed(shape, 0.0, 1.0) if len(shape) == 3 else None


def _normal(graph: Graph, spec: Path, names: Names) -> Normal:
    """As the spec says it in numbers, else as the weights are known to want it."""
    if graph.data is not None and graph.data.mean:
        return fixed_normal(graph)
    channels = channels_of(graph.input)
    if names.normal is not None:
        mean, deviation = names.normal
        if len(mean) not in (1, channels):
            raise LenetError(
                f"{names.source} says how to normalize {len(mean)} channels",
                f"The net of {spec} has {channels}.",
                "write one mean and one deviation behind `normalize` there, or one for each",
            )
        each = channels // len(mean)
        return mean * each, deviation * each
    if graph.data is not None and graph.data.normalize:
        raise LenetError(
            f"{spec} says `normalize`, and nothing says by which numbers",
            "A training takes those of its images; these weights have had others, with which they "
            "were trained.",
            "write them, for values in which white is 1, as in `normalize mean 0.485 0.456 0.406 "
            "deviation 0.229 0.224 0.225`; or remove the line, if they saw values from 0 to 1",
        )
    return fixed_normal(graph)


def _labels(graph: Graph, path: Path | None) -> tuple[str, ...]:
    """The names of the classes, or of the answers."""
    if graph.answers != "class":
        if path is not None:
            detail = f"It answers with {graph.answers}."
            raise LenetError("the net has no classes to name", detail, *_NO_CLASSES)
        return Target.of(graph).names("answer")
    count = graph.output[0]
    if path is None:
        first = graph.data.first if graph.data is not None else 0
        return tuple(str(k + first) for k in range(count))
    names = read_classes(path)
    if len(names) != count or not all(names):
        what = f"It has {len(names):,} lines" + ("" if all(names) else ", some of them empty")
        raise LenetError(
            f"{path} does not name the {count:,} classes",
            f"{what}.",
            f"write the name of a class in each of {count:,} lines, in the order of the outputs",
        )
    return names


def read_classes(path: Path) -> tuple[str, ...]:
    """The names of classes, one a line; LenetError where the file cannot be read."""
    try:
        lines = read_file(path, _LARGEST).decode().splitlines()
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise LenetError(f"cannot read {path}", "It is no UTF-8 text.") from None
    return _told_apart([line.strip() for line in lines])


def _told_apart(names: list[str]) -> tuple[str, ...]:
    """With a number behind those that stood there before, as the second `crane` of ImageNet:
    classes are asked for by their names."""
    found: dict[str, None] = {}
    for name in names:
        own, number = name, 2
        while own in found:
            own, number = f"{name} ({number})", number + 1
        found[own] = None
    return tuple(found)


def _inexact(file: TensorFile, spec: Path, found: Match) -> LenetError:
    """All that does not go together, with what mends most of it."""
    title = f"the tensors of {file.path} are not those of {spec}"
    misfits = [f"{name} ({why})" for name, why in found.misfits.items()]
    groups = (
        ("missing in the file", found.missing),
        ("of another shape or type", misfits),
        ("without a place in the net", found.left),
    )
    parts = [f"{what}, {len(names):,}: {listed(names)}" for what, names in groups if names]
    named = f", by the names of {shown_source(found.names)}" if found.names.source else ""
    parts.append(f"fitting, {len(found.taken):,} of {_tensors(found)}{named}")
    return LenetError(
        title, "\n".join(parts), _fix(file, found, "--names names.txt"),
        _fix(file, found, 'names="names.txt"'),
    )  # fmt: skip


def _tensors(found: Match) -> int:
    return len(found.taken) + len(found.missing) + len(found.misfits)


def _fix(file: TensorFile, found: Match, names: str) -> str:
    """`names` gives a file of names."""
    if found.missing:
        net = Path(found.names.source).stem
        place = "a file with a line `ours theirs` for each layer"
        if found.names in known_names():
            other = f"for another net, give `{names}`, {place}"
            return f"the file is of specs/{net}.lenet; {other}"
        if found.names.source:
            return f"mend {found.names.source}, {place}, or import into another net"
        return f"if they are only called differently, give `{names}`, {place}"
    if found.misfits:
        return (
            "write the layers of the spec as the weights have them; to train another net from "
            f'them, write `start from "{clean(file.path.name)}"` in its section `train`: what has '
            "another shape begins anew"
        )
    left = clean(found.left[0].rpartition(".")[0] or found.left[0])
    return f"if the net needs none of them, give `{names}` with a line such as `- {left}` for each"
