"""Pictures in folders: a class is a sub-folder of `train`, and of `test` where there is one."""

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from lenet.dsl.files import open_file
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import Shape
from lenet.runtime.data.dataset import DataError, Dataset
from lenet.runtime.data.formats.picture_files import ENDINGS, is_hidden, pictures_below
from lenet.runtime.data.preparation import MOST_BYTES, Preparation, opened
from lenet.runtime.data.rows import Read, images_of
from lenet.runtime.data.streaming import Streaming
from lenet.runtime.data.survey import encoded_images
from lenet.runtime.data.values import Form

_LISTED = 3  # of other files, where pictures were expected


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
        _readable_name(str(folder.absolute()))
        root = folder / "train" if (folder / "train").is_dir() else folder
        names = ("test", "val", "validation")
        tests = [folder / name for name in names if (folder / name).is_dir()]
        if root == folder and tests:
            raise DataError(
                f"{folder} has a folder {tests[0].name}, but no folder train",
                "Such a name is taken for pictures to test with.",
                f"move the classes to train with into {folder / 'train'}; or, if it is a class, "
                "give it another name",
            )
        classes = _folders(root)
        if not classes:
            detail = "Each class is a folder of pictures, named like it."
            if root != folder:
                detail += " The folder train is taken for the pictures to train with."
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
        everywhere. DataError where a class has none to train with, or where there are none."""
        found: list[str] = []
        for name in self.classes:
            own = pictures_below(root / name)
            if not own and root == self.train:
                raise _no_pictures(root / name)
            found += [_readable_name(path.relative_to(root).as_posix()) for path in own]
        if not found:
            raise DataError(f"{root} has no pictures.", f"I look for {', '.join(ENDINGS)}.")
        return sorted(found)

    def table(self, tests: bool = True) -> pa.Table:
        """All pictures' paths as `image`, with label, path, order and held_out."""
        parts = []
        for root, held_out in ((self.train, False), (self.test, True)):
            if root is None or (held_out and not tests):
                continue
            paths = self.pictures(root)
            files = pa.array([str(root / path) for path in paths], pa.string())
            parts.append(
                pa.table(
                    {
                        "image": pa.array([str((root / path).absolute()) for path in paths]),
                        "label": pa.array([path.split("/")[0] for path in paths]),
                        "path": files,
                        "order": pa.array(paths, pa.string()),
                        "held_out": pa.array([held_out] * len(paths)),
                    }
                )
            )
        return pa.concat_tables(parts)

    def form(self, shape: Shape | None, section: Data | None) -> Form:
        """How to read them: as images of `shape`, channels x height x width; without it, or for a
        vector, of that of the first picture."""
        if shape is None or len(shape) != 3:
            shape = self._shape(shape, skip=section is not None and section.skip_unreadable)
        if shape[0] not in (1, 3):
            detail = "Pictures have 1 channel, grey, or 3: red, green and blue."
            raise DataError(f"the net's images have {shape[0]} channels", detail)
        image = (shape[0], shape[1], shape[2])
        preparation = Preparation.of(section, image)
        return Form(
            "file", image, (0, 0), "uint8", self.classes, by_content=False,
            preparation=preparation,
        )  # fmt: skip

    def _shape(self, wanted: Shape | None, skip: bool) -> Shape:
        """That of the first picture that can be read; grey or RGB as a vector of a length wants."""
        paths = [self.train / path for path in self.pictures(self.train)]
        for number, path in enumerate(paths):
            try:
                channels, height, width = shape_of(path)
            except DataError:
                if skip and number + 1 < len(paths):
                    continue
                raise
            if wanted in ((height * width,), (3 * height * width,)):
                channels = wanted[0] // (height * width)
            return channels, height, width
        raise AssertionError("a class has pictures")


def load_pictures(
    folder: Path, shape: Shape | None = None, section: Data | None = None,
    streaming: Streaming | None = None,
) -> Dataset:  # fmt: skip
    """DIR/train/CLASS/*.png and DIR/test/CLASS/*.png, or DIR/CLASS/*.png; raises DataError.

    All have one size, that of `shape`, channels x height x width; without it, that of the first
    one, grey or RGB as that is; or they are brought to it, as the data section says. `streaming`
    says whether they stay encoded.
    """
    layout = Layout.of(folder)
    form = layout.form(shape, section)
    table = layout.table()
    if streaming is not None:
        form = replace(form, encoded=streaming.why(table.num_rows * form.size))
    skip = section is not None and section.skip_unreadable
    held_out = table["held_out"]
    train = _read(table.filter(pa.compute.invert(held_out)), form, layout.name, skip)
    test = _read(table.filter(held_out), form, layout.name, skip) if layout.test else None
    left_out = (*train.left_out, *(test.left_out if test else ()))
    images = test.images if test else None
    dataset = Dataset(layout.name, train.images, images, layout.classes, 1 / 255)
    return replace(dataset, left_out=left_out)


def shape_of(path: Path) -> Shape:
    """Channels, height and width of a picture as it is to be seen."""
    from PIL import ImageOps

    try:
        with open_file(path, MOST_BYTES) as stream, opened(stream) as file:
            picture = ImageOps.exif_transpose(file)
            grey = picture.mode in ("1", "L", "LA", "La") or picture.mode.startswith("I")
            return 1 if grey else 3, picture.size[1], picture.size[0]
    except Exception as error:  # whatever Pillow makes of damaged bytes
        fix = "mend or remove it, or write `skip unreadable` in the data section"
        raise DataError(f"{path} is no picture that can be read.", _reason(error), fix) from None


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    return "" if isinstance(error, UnidentifiedImageError) else str(error)


def _readable_name(path: str) -> str:
    try:
        path.encode()
        return path
    except UnicodeEncodeError:
        raise DataError(f"the name of {path} is no UTF-8 text", "", "rename it") from None


def _read(table: pa.Table, form: Form, name: str, skip: bool) -> Read:
    nothing = pa.nulls(table.num_rows, pa.int64())
    read = encoded_images if form.encoded else images_of
    return read(table.append_column("place", nothing), form, name, skip)


def _folders(root: Path) -> list[str]:
    return sorted(p.name for p in root.iterdir() if p.is_dir() and not is_hidden(p.name))


def _no_pictures(folder: Path) -> DataError:
    others = sorted(p.name for p in folder.rglob("*") if p.is_file() and not is_hidden(p.name))
    detail = f"I look for {', '.join(ENDINGS)}."
    if others:
        listed = ", ".join(others[:_LISTED]) + (", …" if len(others) > _LISTED else "")
        detail += f" It has {listed}."
    fix = "put its pictures there, or remove the folder: each folder is a class"
    return DataError(f"the class folder {folder} has no pictures", detail, fix)
