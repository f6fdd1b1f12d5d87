"""Pictures in folders: a class is a sub-folder of `train`, and of `test` where there is one."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from runtime.data.dataset import DataError, Dataset, Images

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


def load_pictures(folder: Path) -> Dataset:
    """DIR/train/CLASS/*.png and DIR/test/CLASS/*.png, or DIR/CLASS/*.png; raises DataError.

    All have one size. They are grey where the first one is, and RGB otherwise; the order is that
    of the names, so that it is the same everywhere.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}.")
    root = folder / "train" if (folder / "train").is_dir() else folder
    tests = [folder / name for name in ("test", "val", "validation") if (folder / name).is_dir()]
    classes = _folders(root) if root != folder else _folders(root, leave=tests)
    if not classes:
        detail = "Each class is a folder of pictures, named like it."
        raise DataError(f"{root} has no folders.", detail)
    first = next(iter(_pictures(root / classes[0])), None)
    if first is None:
        raise DataError(f"{root / classes[0]} has no pictures.", f"I look for {_listed()}.")
    grey, size = _kind(first)
    train = _load(root, classes, grey, size, first)
    test = _load(tests[0], classes, grey, size, first) if tests and root != folder else None
    return Dataset(folder.resolve().name, train, test, tuple(classes), 1 / 255)


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


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())


def _listed() -> str:
    return ", ".join(ENDINGS)


def _kind(path: Path) -> tuple[bool, tuple[int, int]]:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.mode in ("1", "L", "LA") or picture.mode.startswith("I"), picture.size
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path} is no picture that can be read.", str(error)) from None


def _load(root: Path, classes: list[str], grey: bool, size: tuple[int, int], first: Path) -> Images:
    strange = set(_folders(root)) - set(classes)
    if strange:
        detail = f"The training images have {', '.join(classes)}."
        raise DataError(f"{root / sorted(strange)[0]} is a class of no training images.", detail)
    paths = [(path, label) for label, name in enumerate(classes) for path in _pictures(root / name)]
    if not paths:
        raise DataError(f"{root} has no pictures.", f"I look for {_listed()}.")
    channels = 1 if grey else 3
    pixels = np.empty((len(paths), channels, size[1], size[0]), np.uint8)
    for k, (path, _) in enumerate(paths):
        pixels[k] = _read(path, grey, size, first)
    return Images(pixels, np.array([label for _, label in paths], np.int32))


def _read(path: Path, grey: bool, size: tuple[int, int], first: Path) -> NDArray[np.uint8]:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            if picture.size != size:
                raise DataError(
                    "The pictures have different sizes.",
                    f"{os.fspath(path)} has {picture.size[0]}x{picture.size[1]} pixels, {first} "
                    f"has {size[0]}x{size[1]}.",
                    "Bring them to one size.",
                )
            values = np.asarray(decode(picture, grey))
    except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is no picture that can be read.", str(error)) from None
    return values[None] if grey else values.transpose(2, 0, 1)
