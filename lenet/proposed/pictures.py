"""A first spec for pictures in folders, one for each class."""

from collections import Counter
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from lenet.dsl.errors import LenetError
from lenet.proposed.proposal import Proposal
from lenet.runtime.data.formats.picture_files import pictures_below
from lenet.runtime.data.formats.pictures import Layout

_LOOKED_AT = 200
_STAGE = """\
conv {filters}x3x3 pad same
batchnorm
relu
maxpool 2"""
_USUAL = 64  # rows and columns where pictures have several sizes, or are large


def is_pictures(path: Path) -> bool:
    """Whether it is a folder with pictures below, and no tables."""
    return path.is_dir() and bool(pictures_below(path))


def of_pictures(path: Path, written: str) -> Proposal:
    """See the package."""
    layout = Layout.of(path)
    pictures = layout.pictures(layout.train)
    step = max(1, len(pictures) // _LOOKED_AT)
    sizes: Counter[tuple[int, int]] = Counter()
    colours = 0
    for name in pictures[::step]:
        try:
            with Image.open(layout.train / name) as picture:
                sizes[picture.height, picture.width] += 1
                colours += picture.mode not in ("1", "L", "LA", "I", "I;16", "F")
        except (UnidentifiedImageError, OSError):
            continue
    if not sizes:
        raise LenetError(f"no picture of {path} can be read")
    looked = sum(sizes.values())
    (height, width), alike = sizes.most_common(1)[0]
    resize = alike < looked or max(height, width) > 2 * _USUAL
    if resize:
        height = width = _USUAL
    channels = 3 if colours else 1
    count = len(layout.classes)
    said = [
        f"{path.name}: {len(pictures):,} pictures of {count} classes",
        f"  {'in colours' if colours else 'grey'}, of {len(sizes)} sizes among {looked:,}",
    ]
    lines = [
        f"# A first spec for {written}, which `lenet new` has written: edit it.",
        f"input {channels}x{height}x{width}",
    ]
    filters, size = 16, min(height, width)
    while size >= 8 and filters <= 64:
        lines.append(_STAGE.format(filters=filters))
        filters, size = filters * 2, size // 2
    lines += ["avgpool all", f"linear {count}", "", f'data images "{written}"']
    if resize:
        why = "they are of several sizes" if alike < looked else "they are large"
        lines.append(f"  resize {height}x{width} fit  # {why}")
        said.append(f"  brought to {height}x{width}: {why}")
    lines.append("  normalize")
    if layout.test is None:
        lines.append("  validate 20 percent")
    else:
        said.append(f"  the pictures in {layout.test.name} validate")
    epochs = max(5, min(40, round(200_000 / max(1, len(pictures)))))
    lines += [
        "", "train", "  optimizer adam", "  rate 0.002 cosine", "  batch 64",
        f"  stop after {epochs} epochs", "  validate top1 every epoch",
    ]  # fmt: skip
    return Proposal("\n".join(lines) + "\n", said)
