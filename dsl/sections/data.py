"""The section `data`: where the images come from."""

from dataclasses import dataclass, field, replace

from lenet.dsl.column_lines import LINES
from lenet.dsl.columns import Fed, Folds, Liked, Series, Split
from lenet.dsl.datasets import DATASETS
from lenet.dsl.lower.reader import Reader
from lenet.dsl.lower.values import Constants, Refused
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic
from lenet.dsl.pictures import BACKGROUNDS, CUT, INVERT, RESIZE_ALIASES, RESIZE_MODES
from lenet.dsl.sections import Section, SectionLine, by_name, read_lines
from lenet.dsl.split_lines import SPLITS
from lenet.dsl.syntax.tree import Line, Span

_LEAST, _MOST = 0.000001, 1000000.0  # deviations, and what is divided by them, stay float32
_USAGE = 'data mnist, or data idx "folder"'


@dataclass(frozen=True)
class Data:
    """`validate` training images are held out; 0 means that the test set validates. `pad` rows and
    columns of zeros are put around every image. `image`, `label` and
    `weight` are columns of a table; "" is none. `predict` are the columns of the answers where a
    line says so, the logarithms of numbers or `any` of several yes or no; else `label` is. With
    `itself`, each image is to be answered with the image.

    Pictures are brought to the size `resize` as `resize_mode` says, of which so much of height and
    width is seen as `resize_part`, lie on `background` ("" is
    white, but black below white ink), and are inverted or not ("no", "yes" and "auto": those on
    light ground). Of labels `first` is subtracted; where they are `distinct`, each different one is
    a class. With `skip_unreadable`, pictures that cannot be read are left out and counted. `mean`
    and `deviation` are those of `normalize`: one for all channels, or for each; () if it says none.

    `split` tells which rows are held out; of `folds`, each is held out of a training of its own.
    Of a table, `fed` are the columns of the inputs, `missing` what becomes of missing values; rows
    may be windows of `series`, or pairs that are `liked`.
    """

    kind: str
    path: str | None = None
    normalize: bool = False
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    validate: int = 0
    pad: tuple[int, int] = (0, 0)
    image: str = "image"
    label: str = "label"
    predict: tuple[str, ...] = ()
    log: bool = False
    any: bool = False
    itself: bool = False
    weight: str = ""
    first: int = 0
    distinct: bool = False
    resize: tuple[int, int] | None = None
    resize_mode: str = "fit"
    resize_part: float = 1.0
    background: str = ""
    invert: str = "no"
    skip_unreadable: bool = False
    fed: tuple[Fed, ...] = ()
    split: Split | None = None
    folds: Folds | None = None
    missing: str = ""
    series: Series | None = None
    liked: Liked | None = None
    span: Span = field(default=Span(1, 1, 1), compare=False, repr=False)

    @property
    def tabular(self) -> bool:
        """Whether rows are made of a table's columns, and are no images."""
        return bool(self.fed or self.series or self.liked)

    @property
    def row_by_row(self) -> bool:
        """Whether each row of a table's columns is one to learn from, by itself."""
        return self.tabular and self.series is None and self.liked is None

    @property
    def foreseen(self) -> tuple[str, ...]:
        """The columns of `series` whose next steps are to be answered."""
        assert self.series is not None
        return self.predict or self.series.columns[:1]

    @property
    def holds_out(self) -> bool:
        """Whether rows to train with are held out."""
        return bool(self.validate) or self.split is not None

    @property
    def validates(self) -> bool:
        """Whether each training has rows that are held out of it."""
        return self.holds_out or self.folds is not None


def _normalize(reader: Reader, data: Data) -> Data:
    mean = _numbers(reader, "mean", 0) if reader.items else ()
    deviation = _numbers(reader, "deviation", _LEAST) if mean else ()
    if len(mean) != len(deviation):
        raise reader.refuse(reader.line.span)
    return replace(data, normalize=True, mean=mean, deviation=deviation)


def _numbers(reader: Reader, word: str, low: float) -> tuple[float, ...]:
    reader.usage = f"{reader.key} mean 0.5 deviation 0.25, or a number of each for each channel"
    reader.expect(word)
    numbers: tuple[float, ...] = ()
    while not numbers or reader.is_number():
        numbers = (*numbers, reader.real(f"the {word}", low, _MOST))
    return numbers


def _pad(reader: Reader, data: Data) -> Data:
    return replace(data, pad=reader.pair("the padding", least=0))


def _image(reader: Reader, data: Data) -> Data:
    if not DATASETS[data.kind].columns:
        raise Refused(messages.no_columns(reader.line.span, "image", data.kind))
    return replace(data, image=reader.text())


def _weight(reader: Reader, data: Data) -> Data:
    if not DATASETS[data.kind].columns:
        raise Refused(messages.no_columns(reader.line.span, "weight", data.kind))
    return replace(data, weight=reader.text())


def _label(reader: Reader, data: Data) -> Data:
    if DATASETS[data.kind].folders:
        raise Refused(messages.labels_are_folders(reader.line.span))
    if reader.is_text():
        if not DATASETS[data.kind].columns:
            raise Refused(messages.no_columns(reader.items[0].span, "label", data.kind))
        data = replace(data, label=reader.text())
        if not reader.items:
            return data
    if reader.accept("distinct"):
        return replace(data, distinct=True)
    reader.expect("from")
    return replace(data, first=int(reader.size("the first label")))


def _for_pictures(reader: Reader, data: Data) -> None:
    if not DATASETS[data.kind].singly:
        raise Refused(messages.only_for_pictures(reader.line.span, reader.key, data.kind))


def _resize(reader: Reader, data: Data) -> Data:
    _for_pictures(reader, data)
    size = reader.pair("the size")
    mode, part = "fit", 1.0
    if reader.items:
        mode = reader.word("way to resize", tuple(RESIZE_MODES), RESIZE_ALIASES)
    if mode == CUT and reader.items:
        part = reader.real("the part that is seen", 0.01, 1.0, closed=True)
    return replace(data, resize=size, resize_mode=mode, resize_part=part)


def _background(reader: Reader, data: Data) -> Data:
    _for_pictures(reader, data)
    return replace(data, background=reader.word("background", tuple(BACKGROUNDS)))


def _invert(reader: Reader, data: Data) -> Data:
    _for_pictures(reader, data)
    return replace(data, invert=reader.word("answer", tuple(INVERT)) if reader.items else "yes")


def _skip(reader: Reader, data: Data) -> Data:
    _for_pictures(reader, data)
    reader.expect("unreadable")
    return replace(data, skip_unreadable=True)


_LINES = (
    SectionLine(
        name="normalize",
        summary="subtract the training images' mean and divide by their standard deviation, "
        "channel by channel; or by the numbers that weights from elsewhere want, as in `normalize "
        "mean 0.485 0.456 0.406 deviation 0.229 0.224 0.225`, of values in which white is 1",
        example="normalize",
        terms={
            "mean": "what is subtracted, as in `normalize mean 0.5 deviation 0.5`: a number for "
            "all channels, or one for each",
            "deviation": "what is divided by then, as many numbers as `mean` has",
        },
        read=_normalize,
    ),
    *SPLITS,
    SectionLine(
        name="pad",
        summary="put so many rows and columns of zeros around every image",
        example="pad 2",
        read=_pad,
    ),
    SectionLine(
        name="image",
        summary="the column of a table that holds the images, else `image`",
        example='image "pixels"',
        read=_image,
    ),
    SectionLine(
        name="label",
        summary="the column of a table that holds the labels, else `label`; `label from 1` "
        "subtracts 1 of each, and `label distinct` makes a class of each different one, as where "
        "they have gaps. Text makes classes by itself",
        example='label "digit" from 1',
        terms={
            "from": "what the first label is, as in `label from 1`: it is subtracted",
            "distinct": "each different label is a class of its own, as in `label distinct`, "
            "whatever numbers lie between them",
        },
        read=_label,
    ),
    SectionLine(
        name="weight",
        summary="the column of a table that says how much each training image counts in the loss, "
        "0 or more; only how they compare matters, since their mean is brought to 1",
        example='weight "cost"',
        aliases=("sample_weight", "sampleweight", "weightcol", "weight_col"),
        read=_weight,
    ),
    SectionLine(
        name="resize",
        summary="bring pictures to a size: `fit` puts borders around, `crop` cuts what is too "
        "much, `stretch` keeps no aspect; predictions do the same",
        example="resize 32x32 fit",
        terms=RESIZE_MODES,
        read=_resize,
    ),
    SectionLine(
        name="background",
        summary="what transparent pictures lie on, and their borders; without it white, but black "
        "for white ink",
        example="background black",
        terms=BACKGROUNDS,
        read=_background,
    ),
    SectionLine(
        name="invert",
        summary="make dark of light in pictures; `auto` in those whose border is light, so that "
        "all are light on dark",
        example="invert auto",
        terms=INVERT,
        read=_invert,
    ),
    SectionLine(
        name="skip",
        summary="leave pictures that cannot be read out, and count them",
        example="skip unreadable",
        terms={"unreadable": "pictures that cannot be read, as in `skip unreadable`"},
        read=_skip,
    ),
    *LINES,
)


def read_data(line: Line, constants: Constants) -> tuple[Data | None, list[Diagnostic]]:
    """The section, or None where even its first line cannot be read; and all mistakes."""
    problems: list[Diagnostic] = []
    data: Data | None = None
    try:
        reader = Reader(line, _USAGE, constants)
        entry = reader.entry("dataset", DATASETS)
        path = reader.text() if entry.path else None
        reader.end()
        data = Data(entry.name, path, span=line.span)
    except Refused as refused:
        problems.append(refused.diagnostic)
    state = read_lines(line, SECTION, data or Data("idx"), constants, problems)
    return (state if data else None), problems


SECTION = Section(
    name="data",
    summary="where the images come from",
    example="data mnist",
    lines=by_name(_LINES),
    blank=Data("parquet"),
    read=read_data,
)
