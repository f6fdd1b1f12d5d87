"""The section `data`: where the images come from."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lenet.dsl.datasets import DATASETS
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.sections.reader import Reader, read_keys
from lenet.dsl.syntax.tree import Line, Span

TABLES = ("parquet", "frame")  # with columns
PICTURES = ("images", *TABLES)  # that may hold pictures of any size
RESIZE_MODES = ("fit", "crop", "stretch")
BACKGROUNDS = ("white", "black")
INVERT = ("auto", "yes", "no")
_RESIZE_ALIASES = {"pad": "fit", "letterbox": "fit", "contain": "fit", "cover": "crop",
                   "centercrop": "crop", "squash": "stretch", "scale": "stretch"}  # fmt: skip
_USAGE = 'data mnist, or data idx "folder"'
_ALIASES = {"mnist784": "mnist", "fashionmnist": "fashion-mnist", "fashion_mnist": "fashion-mnist",
            "cifar": "cifar10", "cifar-10": "cifar10", "imagefolder": "images",
            "folder": "images", "idx-ubyte": "idx",
            "dataframe": "frame", "array": "frame", "arrays": "frame", "numpy": "frame",
            "pandas": "frame"}  # fmt: skip


@dataclass(frozen=True)
class Data:
    """`validate` training images are held out; 0 means that the test set validates. `pad` rows and
    columns of zeros are put around every image. `image` and `label` are columns of a table.

    Pictures are brought to the size `resize` as `resize_mode` says, lie on `background` ("" is
    white, but black below white ink), and are inverted or not ("no", "yes" and "auto": those on
    light ground). Of labels `first` is subtracted; where they are `distinct`, each different one is
    a class. With `skip_unreadable`, pictures that cannot be read are left out and counted.
    """

    kind: str
    path: str | None = None
    normalize: bool = False
    validate: int = 0
    pad: tuple[int, int] = (0, 0)
    image: str = "image"
    label: str = "label"
    first: int = 0
    distinct: bool = False
    resize: tuple[int, int] | None = None
    resize_mode: str = "fit"
    background: str = ""
    invert: str = "no"
    skip_unreadable: bool = False
    span: Span = field(default=Span(1, 1, 1), compare=False, repr=False)


def _normalize(reader: Reader, data: Data) -> Data:
    return replace(data, normalize=True)


def _validate(reader: Reader, data: Data) -> Data:
    return replace(data, validate=int(reader.size("the number of held-out images")))


def _pad(reader: Reader, data: Data) -> Data:
    return replace(data, pad=reader.pair("the padding", least=0))


def _image(reader: Reader, data: Data) -> Data:
    if data.kind not in TABLES:
        raise Refused(messages.no_columns(reader.line.span, "image", data.kind))
    return replace(data, image=reader.text())


def _label(reader: Reader, data: Data) -> Data:
    if data.kind == "images":
        raise Refused(messages.labels_are_folders(reader.line.span))
    if reader.is_text():
        if data.kind not in TABLES:
            raise Refused(messages.no_columns(reader.items[0].span, "label", data.kind))
        data = replace(data, label=reader.text())
        if not reader.items:
            return data
    if reader.accept("distinct"):
        return replace(data, distinct=True)
    reader.expect("from")
    return replace(data, first=int(reader.size("the first label")))


def _for_pictures(reader: Reader, data: Data) -> None:
    if data.kind not in PICTURES:
        raise Refused(messages.only_for_pictures(reader.line.span, reader.key, data.kind))


def _resize(reader: Reader, data: Data) -> Data:
    _for_pictures(reader, data)
    size = reader.pair("the size")
    mode = reader.word("way to resize", RESIZE_MODES, _RESIZE_ALIASES) if reader.items else "fit"
    return replace(data, resize=size, resize_mode=mode)


def _background(reader: Reader, data: Data) -> Data:
    _for_pictures(reader, data)
    return replace(data, background=reader.word("background", BACKGROUNDS))


def _invert(reader: Reader, data: Data) -> Data:
    _for_pictures(reader, data)
    return replace(data, invert=reader.word("answer", INVERT) if reader.items else "yes")


def _skip(reader: Reader, data: Data) -> Data:
    _for_pictures(reader, data)
    reader.expect("unreadable")
    return replace(data, skip_unreadable=True)


KEYS: dict[str, tuple[str, str, Callable[[Reader, Data], Data]]] = {
    "normalize": ("normalize", "subtract the training images' mean and divide by their "
                  "standard deviation, channel by channel", _normalize),
    "validate": ("validate 5000", "hold out this many training images for validation; without "
                 "it the test set validates", _validate),
    "pad": ("pad 2", "put so many rows and columns of zeros around every image", _pad),
    "image": ('image "pixels"', "the column of a table that holds the images, else `image`",
              _image),
    "label": ('label "digit" from 1', "the column of a table that holds the labels, else `label`; "
              "`label from 1` subtracts 1 of each, and `label distinct` makes a class of each "
              "different one, as where they have gaps. Text makes classes by itself", _label),
    "resize": ("resize 32x32 fit", "bring pictures to a size: `fit` puts borders around, `crop` "
               "cuts what is too much, `stretch` keeps no aspect; predictions do the same",
               _resize),
    "background": ("background black", "what transparent pictures lie on, and their borders; "
                   "without it white, but black for white ink", _background),
    "invert": ("invert auto", "make dark of light in pictures; `auto` in those whose border is "
               "light, so that all are light on dark", _invert),
    "skip": ("skip unreadable", "leave pictures that cannot be read out, and count them", _skip),
}  # fmt: skip


def read_data(line: Line, constants: Constants) -> tuple[Data | None, list[Diagnostic]]:
    """The section, or None where even its first line cannot be read; and all mistakes."""
    problems: list[Diagnostic] = []
    data: Data | None = None
    try:
        reader = Reader(line, _USAGE, constants)
        kind = reader.word("dataset", tuple(DATASETS), _ALIASES)
        path = reader.text() if DATASETS[kind].path else None
        reader.end()
        data = Data(kind, path, span=line.span)
    except Refused as refused:
        problems.append(refused.diagnostic)
    state = data or Data("idx")
    state = read_keys(line, "data", KEYS, state, constants, problems)
    return (state if data else None), problems
