"""Pictures of all kinds and sizes, in folders and in tables as Hugging Face's hub has them."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from PIL import Image

CLASSES = ("dark", "light")


def photo(number: int) -> Image.Image:
    """Of a size of its own; grey, CMYK or transparent now and then."""
    rng = np.random.default_rng(number)
    height, width = rng.integers(40, 80, 2)
    shades = rng.integers(0, 60, (height, width, 3), np.uint8) + np.uint8(150 * (number % 2))
    picture = Image.fromarray(shades)
    if number % 5 == 3:
        picture.putalpha(200)
    return picture.convert({1: "L", 2: "CMYK"}.get(number % 5, picture.mode))


def encoded(number: int) -> bytes:
    """The same as PNG, where it is transparent, or JPEG."""
    stream, picture = io.BytesIO(), photo(number)
    picture.save(stream, "PNG" if picture.mode == "RGBA" else "JPEG")
    return stream.getvalue()


def fill(folder: Path, count: int, first: int = 0) -> Path:
    """A folder for each class."""
    for number in range(first, first + count):
        ending = "png" if number % 5 == 3 else "jpg"
        path = folder / CLASSES[number % 2] / f"{number}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(number))
    return folder


def rows(count: int, first: int = 0, image: str = "image", label: str = "label") -> pa.Table:
    """A table of the hub's."""
    numbers = range(first, first + count)
    pictures = [{"bytes": encoded(number), "path": f"{number}.jpg"} for number in numbers]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {
        image: pa.array(pictures, kind),
        label: pa.array([number % 2 for number in numbers], pa.int64()),
    }
    features = {
        image: {"_type": "Image"},
        label: {"names": list(CLASSES), "_type": "ClassLabel"},
    }
    return told(pa.table(columns), features)


def told(table: pa.Table, features: object) -> pa.Table:
    """With these features in its metadata."""
    return table.replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )


def write(path: Path, table: pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path)
    return path
