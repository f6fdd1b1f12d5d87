"""Pictures in folders: a class is a sub-folder of `train`, and of `test` where there is one."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dsl.shapes import Shape
from runtime.data.dataset import DataError, Dataset, Images

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Layout:
    """The classes, and the folders that hold one for each of them: DIR/train and DIR/test, or DIR
    itself."""

    name: str
    train: Path
    test: Path | None
    classes: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path) -> "Layout":
        """Raises DataError."""
        if not folder.is_dir():
            raise DataError(f"There is no folder {folder}.")
        root = folder / "train" if (folder / "train").is_dir() else folder
        names = ("test", "val", "validation")
        tests = [folder / name for name in names if (folder / name).is_dir()]
        classes = _folders(root) if root != folder else _folders(root, leave=tests)
        if not classes:
            detail = "Each class is a folder of pictures, named like it."
            raise DataError(f"{root} has no folders.", detail)
        test = tests[0] if tests and root != folder else None
        strange = set(_folders(test)) - set(classes) if test else set()
        if test and strange:
            detail = f"The training images have {', '.join(classes)}."
            where = test / sorted(strange)[0]
            raise DataError(f"{where} is a class of no training images.", detail)
        return cls(folder.resolve().name, root, test, tuple(classes))

    def pictures(self, root: Path) -> list[str]:
        """The paths of a root's pictures behind it, CLASS/…/NAME, in the order that they have
        everywhere."""
        found = [
            path.relative_to(root).as_posix()
            for name in self.classes
            for path in (root / name).rglob("*")
            if path.suffix.lower() in ENDINGS and path.is_file()
        ]
        if not found:
            raise DataError(f"{root} has no pictures.", f"I look for {', '.join(ENDINGS)}.")
        return sorted(found)


def load_pictures(folder: Path, shape: Shape | None = None) -> Dataset:
    """DIR/train/CLASS/*.png and DIR/test/CLASS/*.png, or DIR/CLASS/*.png; raises DataError.

    All have one size, that of `shape`, channels x height x width; without it, that of the first
    one, grey or RGB as that is.
    """
    layout = Layout.of(folder)
    if shape is None or len(shape) != 3:
        shape = _shape_of(layout.train / layout.pictures(layout.train)[0])
    train = _load(layout, layout.train, shape)
    test = _load(layout, layout.test, shape) if layout.test else None
    return Dataset(layout.name, train, test, layout.classes, 1 / 255)


def decode(file: "Image", grey: bool) -> "Image":
    """A picture of 8 bits a channel, grey or RGB; ValueError where its values have no agreed range.

    Of 16 bits the upper eight are taken: Pillow's own conversion cuts everything above 255 off.
    """
    from PIL import Image

    if file.mode.startswith("I;16"):
        file = Image.fromarray((np.asarray(file) >> 8).astype(np.uint8))
    elif file.mode in ("I", "F"):
        raise ValueError("Its pixels have 32 bits; save it with 8 bits a channel.")
    return file.convert("L" if grey else "RGB")


def _folders(root: Path, leave: list[Path] | None = None) -> list[str]:
    found = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    return [p.name for p in found if p not in (leave or ())]


def _shape_of(path: Path) -> Shape:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            grey = picture.mode in ("1", "L", "LA") or picture.mode.startswith("I")
            return 1 if grey else 3, picture.size[1], picture.size[0]
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path} is no picture that can be read.", str(error)) from None


def _load(layout: Layout, root: Path, shape: Shape) -> Images:
    from runtime.data.rows import Form, images_of

    paths = layout.pictures(root)
    if shape[0] not in (1, 3):
        raise DataError(f"pictures have 1 channel or 3, not {shape[0]}")
    try:
        data = [(root / path).read_bytes() for path in paths]
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"Cannot read {error.filename}.", reason) from None
    form = Form(
        "picture", (shape[0], shape[1], shape[2]), (0, 0), "uint8", layout.classes, by_content=False
    )
    table = pa.table(
        {
            "image": pa.array(data, pa.large_binary()),
            "label": [path.split("/")[0] for path in paths],
            "path": [str(root / path) for path in paths],
            "place": pa.nulls(len(paths), pa.int64()),
        }
    )
    return images_of(table, form, layout.name)
