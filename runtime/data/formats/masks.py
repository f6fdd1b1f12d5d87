"""Pictures in a folder `images`, and a mask for each in a folder `masks`: what is to be answered at
each of its places."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lenet.dsl.files import read_file
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape, product
from lenet.runtime.data.dataset import DataError, Dataset, Images
from lenet.runtime.data.formats.picture_files import ENDINGS, pictures_below
from lenet.runtime.data.formats.pictures import shape_of
from lenet.runtime.data.preparation import Preparation, opened, resized
from lenet.runtime.data.rows import images_of
from lenet.runtime.data.target import NONE, Target, Unfit
from lenet.runtime.data.values import Form

if TYPE_CHECKING:
    from PIL.Image import Image

_IMAGES, _MASKS, _CLASSES = "images", "masks", "classes.txt"
_TESTS = ("test", "val", "validation")
_LISTED = 5  # of names, or of values
_MODES = ("1", "L", "P")  # of pictures whose values are numbers


def load_masks(folder: Path, shape: Shape | None, section: Data | None, target: Target) -> Dataset:
    """DIR/images and DIR/masks, or both in DIR/train and in DIR/test; raises DataError.

    Pictures are brought to `shape`, channels x height x width, as the data section says, and masks
    with them, whose values are never mixed.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}.")
    inner = (folder / "train").is_dir()
    root = folder / "train" if inner else folder
    tests = [folder / name for name in _TESTS if inner and (folder / name).is_dir()]
    pairs = _pairs(root)
    if shape is None or len(shape) != 3:
        shape = shape_of(pairs[0][0])
    if product(shape[1:]) != target.count:
        raise DataError(
            f"the net answers at {target.count:,} places, and the images have "
            f"{shape[1]}x{shape[2]}",
            "A mask has an answer for each place of its image.",
            f"give the net's last layer maps of {shape[1]}x{shape[2]}",
        )
    reader = _Reader(folder.resolve().name, (shape[0], shape[1], shape[2]), section, target)
    train = reader.read(pairs)
    test = reader.read(_pairs(tests[0])) if tests else None
    _look_at(reader, train.labels)
    return Dataset(reader.name, train, test, _names(folder, target), 1 / 255)


def _pairs(root: Path) -> list[tuple[Path, Path]]:
    """Pictures and their masks, sorted by name; DataError where one has no other."""
    for name in (_IMAGES, _MASKS):
        if not (root / name).is_dir():
            detail = f"Pictures lie in {_IMAGES}, and their masks in {_MASKS}, by the same names."
            raise DataError(f"there is no folder {root / name}", detail)
    images, masks = _by_name(root / _IMAGES), _by_name(root / _MASKS)
    if not images:
        raise DataError(f"{root / _IMAGES} has no pictures.", f"I look for {', '.join(ENDINGS)}.")
    for one, other, what in ((images, masks, "mask"), (masks, images, "image")):
        if alone := sorted(one.keys() - other.keys()):
            where = root / (_MASKS if what == "mask" else _IMAGES)
            title = f"{one[alone[0]]} has no {what}" + _more(len(alone) - 1)
            fix = f"put {alone[0]}.png into {where}, or remove the picture"
            raise DataError(title, "", fix)
    return [(images[name], masks[name]) for name in sorted(images)]


def _by_name(folder: Path) -> dict[str, Path]:
    """The pictures by what their names are without the ending."""
    found: dict[str, Path] = {}
    for path in pictures_below(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            fix = "remove one, or give it another name"
            raise DataError(f"{path} and {found[name]} have one name", "", fix)
        found[name] = path
    return found


def _more(count: int) -> str:
    return f", and {count:,} others" if count else ""


@dataclass(frozen=True)
class _Reader:
    """Of images of this shape, as the section says, for a net that answers so."""

    name: str
    shape: tuple[int, int, int]
    section: Data | None
    target: Target

    def read(self, pairs: Sequence[tuple[Path, Path]]) -> Images:
        """Pixels, and the answers (count, places)."""
        paths = [str(image.absolute()) for image, _ in pairs]
        shown = [str(image) for image, _ in pairs]
        table = pa.table(
            {
                "image": paths, "label": pa.array(np.zeros(len(pairs), np.int32)),
                "path": shown, "place": pa.nulls(len(pairs), pa.int64()),
            }
        )  # fmt: skip
        preparation = Preparation.of(self.section, self.shape)
        form = Form("file", self.shape, (0, 0), "uint8", by_content=False, preparation=preparation)
        pixels = images_of(table, form, self.name).images.pixels
        answers = np.stack([self._answers(image, mask) for image, mask in pairs])
        return Images(pixels, answers)

    def _answers(self, image: Path, mask: Path) -> NDArray[np.float32]:
        """(places,)"""
        from PIL import ImageOps

        try:
            with mask.open("rb") as stream, opened(stream) as file:
                picture = ImageOps.exif_transpose(file)
                picture.load()
        except Exception as error:  # whatever Pillow makes of damaged bytes
            raise DataError(f"the mask {mask} cannot be read", str(error)) from None
        if picture.mode not in _MODES:
            raise _of_colours(mask, picture)
        height, width = shape_of(image)[1:]
        if picture.size != (width, height):
            sizes = f"{picture.width}x{picture.height}, and its image {width}x{height}"
            raise DataError(f"the mask {mask} has another size than its image", f"It is {sizes}.")
        values = np.asarray(self._brought_to_size(picture)).astype(np.float32)
        if self.target.kind == "yes or no" and values.max() > 1:
            values = np.where(values == 255, 1, values)
        try:
            return self.target.of_rows(values.reshape(1, -1))[0]
        except Unfit as problem:
            raise self._unfit(mask, values, problem) from None

    def _brought_to_size(self, mask: "Image") -> "Image":
        """As its picture was, but with each value as it is; around it nothing counts."""
        from PIL import Image

        size = self.shape[2], self.shape[1]
        mask = mask if mask.mode != "1" else mask.convert("L")
        section = self.section
        if section is None or section.resize is None:
            return mask
        if mask.size == size and section.resize_part == 1:
            return mask
        plain = Image.fromarray(np.asarray(mask))
        fill = NONE if self.target.kind == "places" else 0
        mode, part = section.resize_mode, section.resize_part
        return resized(plain, size, mode, fill, part, Image.Resampling.NEAREST)

    def _unfit(self, mask: Path, values: NDArray[np.float32], problem: Unfit) -> DataError:
        found = np.unique(values).astype(int).tolist()
        listed = ", ".join(map(str, found[:_LISTED])) + (", …" if len(found) > _LISTED else "")
        detail = f"Its values are {listed}."
        fix = "give the net as many maps as there are classes"
        if self.target.kind == "yes or no":
            fix = "make it black and white, or answer with classes: `loss crossentropy`"
        if mask.suffix.lower() in (".jpg", ".jpeg"):
            fix = "save masks as PNG: JPEG changes their values"
        return DataError(f"a value of the mask {mask} {problem}", detail, fix)


def _of_colours(mask: Path, picture: "Image") -> DataError:
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    colours, times = np.unique(pixels, axis=0, return_counts=True)
    common = colours[np.argsort(-times)][:_LISTED].tolist()
    named = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in common]
    detail = f"It has {len(colours):,} colours, such as {', '.join(named)}."
    fix = "save it as a PNG in grey or with a palette, whose values are the classes' numbers"
    return DataError(f"the mask {mask} has colours, and not numbers of classes", detail, fix)


def _look_at(reader: _Reader, answers: NDArray[np.float32]) -> None:
    """DataError where black and white are taken for a class and for none."""
    if reader.target.kind == "places" and answers.min() < 0 and answers.max() <= 0:
        raise DataError(
            f"the masks of {reader.name} have the values 0 and {NONE} only",
            f"{NONE} stands for no class, so there is nothing to tell apart.",
            f"if they are black and white, answer with yes or no: `loss bce` and a last layer of "
            f"one map; or write 1 in place of {NONE}",
        )


def _names(folder: Path, target: Target) -> tuple[str, ...]:
    """Of the classes: the lines of a file, or numbers."""
    numbers, path = target.names("answer"), folder / _CLASSES
    if target.kind != "places" or not path.is_file():
        return numbers
    try:
        lines = read_file(path).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}", str(error)) from None
    names = tuple(line.strip() for line in lines if line.strip())
    if len(names) != len(numbers) or len(set(names)) != len(names):
        detail = f"It has {len(set(names)):,} different names, and the net {len(numbers)} classes."
        raise DataError(f"the names in {path} are not one for each class", detail,
                        "write a name in each line, in the order of the numbers")  # fmt: skip
    return names
