"""The section `data`: where the images come from."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dsl.datasets import DATASETS
from dsl.diagnostics import Diagnostic
from dsl.sections.reader import Reader, read_keys
from dsl.syntax import Line, Span
from dsl.values import Constants, Refused

_USAGE = 'data mnist, or data idx "folder"'
_ALIASES = {"mnist784": "mnist", "fashionmnist": "fashion-mnist", "fashion_mnist": "fashion-mnist",
            "cifar": "cifar10", "cifar-10": "cifar10", "imagefolder": "images",
            "folder": "images", "idx-ubyte": "idx"}  # fmt: skip


@dataclass(frozen=True)
class Data:
    """`validate` training images are held out; 0 means that the test set validates. `pad` rows and
    columns of zeros are put around every image. `image` and `label` are columns of a table."""

    kind: str
    path: str | None = None
    normalize: bool = False
    validate: int = 0
    pad: tuple[int, int] = (0, 0)
    image: str = "image"
    label: str = "label"
    span: Span = field(default=Span(1, 1, 1), compare=False, repr=False)


def _normalize(reader: Reader, data: Data) -> Data:
    return replace(data, normalize=True)


def _validate(reader: Reader, data: Data) -> Data:
    return replace(data, validate=int(reader.size("the number of held-out images")))


def _pad(reader: Reader, data: Data) -> Data:
    return replace(data, pad=reader.pair("the padding", least=0))


def _image(reader: Reader, data: Data) -> Data:
    return replace(data, image=_column(reader, data))


def _label(reader: Reader, data: Data) -> Data:
    return replace(data, label=_column(reader, data))


def _column(reader: Reader, data: Data) -> str:
    if data.kind != "parquet":
        raise reader.refuse()
    return reader.text()


KEYS: dict[str, tuple[str, str, Callable[[Reader, Data], Data]]] = {
    "normalize": ("normalize", "subtract the training images' mean and divide by their "
                  "standard deviation, channel by channel", _normalize),
    "validate": ("validate 5000", "hold out this many training images for validation; without "
                 "it the test set validates", _validate),
    "pad": ("pad 2", "put so many rows and columns of zeros around every image", _pad),
    "image": ('image "pixels"', "the column with the images of a parquet file, else `image`",
              _image),
    "label": ('label "digit"', "the column with their labels, else `label`", _label),
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
