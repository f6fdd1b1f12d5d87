"""A model of an ONNX file: its graph as a spec, its weights, and how its data are prepared."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lenet.dsl.errors import LenetError
from lenet.dsl.graph import bare_shape
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import Shape, product
from lenet.runtime.data.target import Target
from lenet.runtime.imports.nested import NotNested
from lenet.runtime.imports.onnx.ends import End, end_of, settled_end
from lenet.runtime.imports.onnx.file import OnnxFile, Operation, read_onnx
from lenet.runtime.imports.onnx.modern import modern
from lenet.runtime.imports.onnx.op import Op
from lenet.runtime.imports.onnx.own import restored
from lenet.runtime.imports.onnx.reading import Reading, read_graph
from lenet.runtime.imports.onnx.value import Value
from lenet.runtime.imports.sections import Asked, sections_of
from lenet.runtime.imports.unread import Place, Unread, unread_error
from lenet.runtime.imports.written import Written, written
from lenet.runtime.make_job import fixed_normal
from lenet.runtime.models.model import Model
from lenet.runtime.models.model_facts import Damaged, check_fit
from lenet.runtime.records.observed import Observed

_BYTES = 0.05  # factors below it are of values up to 255, and others of values up to 1


@dataclass(frozen=True)
class Wanted:
    """What the file does not say. `shape` is that of an image in it; `output` a value in which the
    net shall end. `mean` and `deviation` are how images are normalized before they get there, where
    `white` is 1; without these, white is 1 or 255 there. `numbers`: plain outputs are no scores of
    classes. `classes` are names."""

    shape: Shape | None = None
    output: str = ""
    white: float | None = None
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    numbers: bool = False
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportedNet:
    """A model, how many `operations` the file had for it, and what white is in its images there.
    `ended` is an operation at the end that the model does by itself, if any. `own`: lenet wrote
    the file, and the spec is that of the model it was made of."""

    model: Model
    operations: int
    white: float
    ended: str
    own: bool = False


def import_onnx(path: Path, wanted: Wanted) -> ImportedNet:
    """The model of a file; LenetError, which tells of all that cannot be read."""
    file = read_onnx(path)
    if wanted == Wanted() and (known := restored(file)) is not None:
        white = round(1 / known.pixel_scale, 6)
        return ImportedNet(known, len(file.operations), white, "", own=True)
    output = _output(file, wanted)
    operations = modern(file.operations, file.constants)
    end = end_of(operations, file.constants, output, wanted.numbers)
    reading = read_graph(file, end.value, wanted.shape)
    last, end = _ended(file, reading, end)
    white, mean, deviation = _normal(reading, wanted)
    shape, given = reading.draft.shape(last), reading.draft.shape(0)
    front = reading.front
    pad = front.pad if front is not None else (0, 0)
    plain = set(mean) == {0.0} and set(deviation) == {1.0}
    named = mean and len(given) == 3 and not plain
    asked = Asked(
        end.answers or "class", end.log, pad, mean if named else (), deviation if named else ()
    )
    names = _names(file, wanted, shape, asked)
    title = f"The net of {clean(path.name[:80])}."
    try:
        text = written(reading.draft, last, title, sections_of(asked, shape, names))
    except NotNested as problem:
        fix = "what the language can write are paths that begin at one place and join at another"
        raise unread_error(path, problem.places, fix) from None
    model = _model(path, text, names, end, (white, mean, deviation))
    return ImportedNet(model, len(operations), white, end.bounded)


def _ended(file: OnnxFile, reading: Reading, end: End) -> tuple[int, End]:
    """The draft's last value, with what cannot be read told if there is anything."""
    value = reading.values.get(end.value)
    if not reading.problems and isinstance(value, Value):
        try:
            last, end = settled_end(reading.draft, _as_ours(reading, value), end)
            if last:
                return last, end
            reading.problems.append(Place(end.value, "the output", "which is the input itself"))
        except Unread as why:
            reading.problems.append(Place(end.value, "the output", str(why)))
    if not reading.problems:
        raise LenetError(f"the net of {file.path} has an output that no image changes")
    fix = "a value before them can be the end of the net, if that is of use: --output NAME"
    raise unread_error(file.path, reading.problems, fix)


def _as_ours(reading: Reading, value: Value) -> int:
    """The number of a value that has its elements in the order of the graph."""
    op = Op(reading, Operation("Output", "", ("",), (), {}), [value])
    if len(value.graph_shape) == 3 and product(value.graph_shape[1:]) > 1:
        return op.map_of(value)
    flat = op.vector_of(op.moved(value, value.full_order.reshape(-1)))
    if flat.order is not None:
        raise Unread("of values in an order into which no word brings them")
    return flat.step


def _normal(reading: Reading, wanted: Wanted) -> tuple[float, tuple[float, ...], tuple[float, ...]]:
    """What white is there, and mean and deviation of values in which it is 1; of rows, in which
    they are as they are."""
    shape, front = reading.draft.shape(0), reading.front
    channels = shape[0] if len(shape) == 3 else 1
    one = np.ones(channels)
    scale, shift = (one, 0 * one) if front is None else (
        own[:channels].astype(np.float64) for own in (front.scale, front.shift))  # fmt: skip
    usual = 1.0
    if len(shape) == 3 and front is not None and not front.plain and np.median(scale) < _BYTES:
        usual = 255.0
    white = wanted.white or usual
    for own in (wanted.mean, wanted.deviation):
        if len(own) not in (0, 1, channels):
            raise LenetError(f"there are {len(own)} numbers for {channels} channels",
                             "", "give one for all channels, or one for each")  # fmt: skip
    outer_mean = np.broadcast_to(wanted.mean or (0.0,), channels)
    outer = np.broadcast_to(wanted.deviation or (1 / white,), channels)
    deviation = outer / scale
    mean = outer_mean - shift * deviation
    pairs = [_short(float(m), float(d)) for m, d in zip(mean, deviation, strict=True)]
    return white, tuple(m for m, _ in pairs), tuple(d for _, d in pairs)


def _short(mean: float, deviation: float) -> tuple[float, float]:
    """Both with the fewest digits that do the same in float32."""
    scale, shift = np.float32(1 / deviation), np.float32(-mean / deviation)
    for digits in range(1, 10):
        m, d = (float(f"{value:.{digits}g}") for value in (mean, deviation))
        if d > 0 and (np.float32(1 / d), np.float32(-m / d)) == (scale, shift):
            return m, d
    return mean, deviation


def _names(file: OnnxFile, wanted: Wanted, shape: Shape, asked: Asked) -> tuple[str, ...]:
    """Of the classes or the answers: as they are given, as the file says them, or numbers."""
    count = shape[0] if len(shape) == 1 or asked.answers == "places" else product(shape)
    if wanted.classes:
        if len(wanted.classes) != count:
            raise LenetError(f"there are {len(wanted.classes):,} names for {count:,} outputs")
        return wanted.classes
    try:
        found = json.loads(file.facts.get("classes", "[]"))
    except (ValueError, RecursionError):
        found = []
    texts = isinstance(found, list) and all(isinstance(name, str) and name for name in found)
    if texts and len(found) == count == len(set(found)):
        return tuple(found)
    if asked.answers in ("class", "places"):
        return tuple(map(str, range(count)))
    return tuple("answer" if count == 1 else f"answer {k}" for k in range(count))


def _model(
    path: Path, text: Written, names: tuple[str, ...], end: End,
    normal: tuple[float, tuple[float, ...], tuple[float, ...]],
) -> Model:  # fmt: skip
    graph = text.graph
    mean, deviation = normal[1:]
    if graph.data is not None and graph.data.mean:
        mean, deviation = fixed_normal(graph)
    is_map = len(graph.input) == 3
    answers = None
    if graph.answers != "class":
        target = Target.of(graph)
        shift, scale = end.mean, end.deviation
        answers = (
            tuple(map(float, np.broadcast_to(0.0 if shift is None else shift, target.count))),
            tuple(map(float, np.broadcast_to(1.0 if scale is None else scale, target.count))),
        )
        if len(target.names("answer")) != len(names):
            names = target.names("answer")
    model = Model(
        text.text, text.tensors, names, 1 / 255 if is_map else 1.0, mean, deviation,
        observed=Observed(bare_shape(graph), 0.0, 1.0) if is_map else None,
        name=path.stem.encode(errors="backslashreplace").decode(), answers=answers,
    )  # fmt: skip
    try:
        check_fit(model)
    except Damaged as damaged:
        raise LenetError(f"the net of {path} cannot be a model", str(damaged)) from None
    return model


def _output(file: OnnxFile, wanted: Wanted) -> str:
    names = [own.name for own in file.outputs]
    if wanted.output:
        if wanted.output not in {name for own in file.operations for name in own.outputs}:
            raise LenetError(f"no operation of {file.path} gives {wanted.output}",
                             f"Its outputs are {', '.join(map(clean, names[:8]))}.")  # fmt: skip
        return wanted.output
    if len(names) != 1:
        shown = ", ".join(clean(name[:60]) for name in names[:8])
        raise LenetError(
            f"the net of {file.path} has {len(names)} outputs", f"They are {shown}; ours have one.",
            f"name the one that is wanted: --output {clean(names[0]) if names else 'NAME'}",
            "name the one that is wanted",
        )  # fmt: skip
    return names[0]
