"""A spec of a net.prototxt."""

from collections.abc import Iterator
from pathlib import Path

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.shapes import Shape
from lenet.runtime.imports.caffe.layers import read_by
from lenet.runtime.imports.caffe.net import Layer, Net
from lenet.runtime.imports.caffe.prototxt import Message, read_prototxt
from lenet.runtime.imports.draft import Draft, Head
from lenet.runtime.imports.nested import NotNested
from lenet.runtime.imports.textnet import TextNet
from lenet.runtime.imports.unread import Place, Unread, unread_error
from lenet.runtime.imports.written import written

_DATA = ("data", "imagedata", "hdf5data", "windowdata", "memorydata", "dummydata", "input")
_COLOURS = 3
# What a training measures, or what gives nothing: its inputs go on to nobody.
_ASIDE = ("accuracy", "silence", "argmax")
# Losses: what they make of the net's last value, if that is not what they are given.
_LOSSES = {"softmaxwithloss": "class", "softmaxloss": "class", "multinomiallogisticloss": "class",
           "hingeloss": "class", "euclideanloss": "", "sigmoidcrossentropyloss": ""}  # fmt: skip


def import_caffe(path: Path, shape: Shape | None = None) -> TextNet:
    """The spec; LenetError, which tells of all layers that cannot be read. `shape` is that of an
    image, in place of the file's."""
    message = read_prototxt(path)
    layers = [own for name in ("layers", "layer") for own in message.messages(name)]
    if not layers:
        raise LenetError(f"{path} is not a readable net of Caffe", "It has no layers.")
    try:
        names, found, told = _input(message, layers)
    except Unread as why:
        raise unread_error(path, [Place(f"line {message.line}", "the input", str(why))]) from None
    given = shape or found
    if given is None:
        raise LenetError(f"{path} does not say how large images are", "",
                         "give their shape: --input 3x224x224", "give their shape")  # fmt: skip
    net = Net(Draft.of(given), dict.fromkeys(names, 0))
    problems, last, loss = [], 0, ""
    for layer in _tested(layers):
        kind = _kind(layer)
        if kind in _DATA:
            net.values |= {top: None for top in layer.texts("top") if top not in names}
        elif kind in _LOSSES:
            loss = _LOSSES[kind]
            read = net.values.get(layer.text("bottom"))
            last = last if not layer.texts("bottom") or read is None else _bottom(net, layer)
        elif kind not in _ASIDE:
            place = _read(net, layer)
            problems += [place] if place is not None else []
            value = net.values.get(layer.text("top"))
            last = value if value is not None and place is None else last
    if problems:
        raise unread_error(path, problems)
    last = _ended(net, last, loss)
    if given[0] == _COLOURS:
        told.append("Colours are in the order blue, green, red there.")
    title = "\n".join([f"The net of {clean(path.name[:80])}.", *map(clean, told)])
    try:
        return TextNet(written(net.draft, last, title))
    except NotNested as problem:
        raise unread_error(path, problem.places) from None


def _bottom(net: Net, layer: Message) -> int:
    """The value that a layer reads first."""
    return net.values.get(layer.texts("bottom")[0]) or 0


def _kind(layer: Message) -> str:
    return layer.text("type").lower().replace("_", "")


def _tested(layers: list[Message]) -> Iterator[Message]:
    """Those of the phase TEST, in which predictions are made, without what is for training."""
    for layer in layers:
        phases = {own.text("phase") for own in layer.messages("include")} - {""}
        without = {own.text("phase") for own in layer.messages("exclude")}
        if (not phases or "TEST" in phases) and "TEST" not in without:
            yield layer


def _read(net: Net, layer: Message) -> Place | None:
    """One layer; what is wrong with it, if anything. Its value is then the one before."""
    kind = layer.text("type")
    inputs = [net.values.get(bottom) for bottom in layer.texts("bottom")]
    tops = layer.texts("top")
    name = f"line {layer.line} ({layer.text('name')[:60]})"
    module, why = read_by(kind), ""
    if module is not None:
        try:
            given = tuple(own for own in inputs if own is not None)
            found = module.read(Layer(layer, given), net)
            values = found if isinstance(found, tuple) else (found,) * len(tops)
            net.values |= dict(zip(tops, values, strict=False))
            return None
        except Unread as problem:
            why = str(problem)
    net.values |= {top: next((own for own in inputs if own is not None), 0) for top in tops}
    return Place(name, kind or "layer without a type", why)


def _ended(net: Net, last: int, loss: str) -> int:
    """The end of the net: with the softmax that its loss has in itself."""
    if not last:
        raise LenetError("the net has no layer that reads the input")
    shape = net.draft.shape(last)
    step = net.draft.steps[last]
    if loss == "class" and shape[1:] == (1, 1):
        last = net.draft.add(Head("flatten"), last)
    if (
        loss == "class"
        and len(net.draft.shape(last)) == 1
        and not step.head.word.endswith("softmax")
    ):
        return net.draft.add(Head("logsoftmax"), last)
    return last


def _input(message: Message, layers: list[Message]) -> tuple[list[str], Shape | None, list[str]]:
    """The names of the images, their shape if the file says it, and what else it says of them."""
    names = message.texts("input")
    told: list[str] = []
    sizes = message.wholes("input_dim")[:4]
    for own in message.messages("input_shape")[:1]:
        sizes = own.wholes("dim")
    for layer in layers:
        if _kind(layer) not in _DATA:
            continue
        names = names or layer.texts("top")[:1]
        for own in layer.part("input_param").messages("shape")[:1]:
            sizes = own.wholes("dim")
        change = layer.part("transform_param")
        crop = change.whole("crop_size")
        if crop and not sizes:
            channels = 1 if change.flag("force_gray") else _COLOURS
            sizes = [1, channels, crop, crop]
        told = told or list(_transformed(change))
    if len(sizes) not in (2, 4) or min(sizes) < 1:
        return names or ["data"], None, told
    return names or ["data"], tuple(sizes[1:]), told


def _transformed(change: Message) -> Iterator[str]:
    """What a net's images are, as a comment."""
    means = " ".join(change.texts("mean_value")) or (
        "means of a file" * bool(change.text("mean_file"))
    )
    scale = change.text("scale")
    if means or scale:
        what = "bytes" + (f" less {means}" if means else "") + (f", times {scale}" if scale else "")
        yield f"Its images there are {what}."
