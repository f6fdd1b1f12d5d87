"""What `lenet predict` reads: pictures, folders of pictures, and IDX files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.shapes import product, show
from lenet.runtime.data import is_idx
from lenet.runtime.data.dataset import DataError
from lenet.runtime.data.features import Features
from lenet.runtime.data.formats.idx import read_images
from lenet.runtime.data.formats.picture_files import ENDINGS, pictures_below
from lenet.runtime.data.picture import PictureError, SizeError
from lenet.runtime.data.preparation import MOST_BYTES, Preparation
from lenet.runtime.models.model import Model

_TOGETHER = 1024


@dataclass(frozen=True, eq=False)
class Input:
    """An image to predict, or why there is none; `done` is what was done to a picture."""

    name: str
    image: NDArray[Any] | None = None
    done: tuple[str, ...] = ()
    error: LenetError | None = None


def read_inputs(
    paths: list[Path], model: Model, invert: str | None, resize: bool
) -> Iterator[list[Input]]:
    """Some inputs at a time, in the order of `paths`.

    A picture's values go from 0 (black) to 1 (white), whatever the bytes of the training data
    stand for; an IDX file's are bytes as in the training data.
    """
    preparation = model.preparation(invert, resize)
    batch: list[Input] = []
    for path in paths:
        for found in _inputs_of(path, model, preparation):
            # An IDX file's bytes and pictures may be of different types.
            if batch and (len(batch) == _TOGETHER or not _alike(batch, found)):
                yield batch
                batch = []
            batch.append(found)
    if batch:
        yield batch


def _alike(batch: list[Input], found: Input) -> bool:
    known = next((i.image for i in batch if i.image is not None), None)
    return known is None or found.image is None or known.dtype == found.image.dtype


def _inputs_of(path: Path, model: Model, preparation: Preparation) -> Iterator[Input]:
    if model.features is not None:
        yield from _rows(path, model.features)
    elif path.is_dir():
        found = pictures_below(path)
        if not found:
            error = LenetError(
                f"the folder {path} has no pictures", f"I look for {', '.join(ENDINGS)}."
            )
            yield Input(str(path), error=error)
        for inside in found:
            yield _picture(inside, model, preparation)
    elif is_idx(path):
        try:
            yield from _images(path, model)
        except LenetError as error:
            yield Input(str(path), error=error)
    else:
        yield _picture(path, model, preparation)


def _rows(path: Path, features: Features) -> Iterator[Input]:
    """Those of a table; they count from 1, as in a spreadsheet below its first line."""
    from lenet.runtime.data.formats.chunks import chunks_of  # which pictures need not wait for

    count = 0
    try:
        for table in chunks_of(path, features):
            rows = features.encode(table)
            for k, values in enumerate(rows.values):
                name, problem = f"{path}[{count + k + 1}]", rows.problems.get(k)
                if problem is None:
                    yield Input(name, values)
                else:
                    title, fix = f"{name} cannot be used", rows.fix(k)
                    yield Input(name, error=LenetError(title, problem, fix))
            count += table.num_rows
        if not count:
            raise DataError(f"{path} has no rows.")
    except LenetError as error:
        yield Input(str(path), error=error)


def _images(path: Path, model: Model) -> Iterator[Input]:
    """Those of an IDX file."""
    images, shape = read_images(path), model.image_shape
    given = images.shape[1:]
    if given != shape and (product(given),) != shape:
        raise LenetError(
            f"{path} does not fit the model",
            f"It is {show(given)}, the model's input is {show(shape)}.",
        )
    for k, image in enumerate(images):
        yield Input(f"{path}[{k}]", image.reshape(shape))


def _picture(path: Path, model: Model, preparation: Preparation) -> Input:
    shape = preparation.shape
    try:
        if shape[0] not in (1, 3):
            raise LenetError(
                f"the model's input is {show(model.image_shape)}, which is no picture's size",
                "Pictures are 1 x height x width or 3 x height x width.",
            )
        prepared = preparation.of_bytes(read_file(path, MOST_BYTES))
    except LenetError as error:
        return Input(str(path), error=error)
    except FileNotFoundError:
        return Input(str(path), error=LenetError(f"there is no file {path}"))
    except SizeError as problem:
        fix = "fit it in, its aspect kept, with --resize"
        title = f"{path} does not fit the model"
        return Input(str(path), error=LenetError(title, _sentence(problem), fix))
    except PictureError as problem:
        fix = ""
        if preparation.drawn is not None and preparation.invert != "auto":
            fix = "leave --invert out, and dark or light strokes are found by themselves"
        title = f"{path} cannot be used"
        return Input(str(path), error=LenetError(title, _sentence(problem), fix))
    except OSError as error:
        reason = error.strerror or str(error)
        return Input(str(path), error=LenetError(f"cannot read {path}", reason))
    image = model.of_pictures(prepared.pixels[None])[0]
    return Input(str(path), image.reshape(model.image_shape), prepared.done)


def _sentence(problem: Exception) -> str:
    text = str(problem)
    return f"{text[:1].upper()}{text[1:]}."
