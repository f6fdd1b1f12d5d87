"""What a training tells of itself where the file says `log`, beside the numbers of its steps."""

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.lower.reader import Duration
from lenet.runtime.contact_sheet import Bytes, pictures_of
from lenet.runtime.events import Histogram, Sampled
from lenet.runtime.records.histogram import histogram
from lenet.runtime.training.job import Job
from lenet.runtime.training.parameters import to_tensors
from lenet.runtime.training.position import Position, is_due
from lenet.runtime.training.step import Trainer

IMAGES = "images"  # what is logged before a step, and not behind it
_SHOWN = 32  # images at a time
_LARGEST = 96  # pixels of an image's longer side, beyond which it is sent smaller


def histograms(
    trainer: Trainer, logs: dict[str, Duration], at: Position
) -> Iterator[Histogram]:  # fmt: skip
    """Of the parameters and the gradients, where they are due behind this step."""
    kinds = {"parameters": lambda: trainer.weights, "gradients": trainer.gradient}
    for of, values in kinds.items():
        due = logs.get(of)
        if due and is_due(due, at, at.step == trainer.steps):
            for name, tensor in to_tensors(trainer.loaded.program, values()).items():
                yield histogram(name, tensor, at.iteration, of)


def samples(
    trainer: Trainer, logs: dict[str, Duration], at: Position, job: Job
) -> Iterator[Sampled]:  # fmt: skip
    """The images from this step on, where they are due before it: at the beginning, and every so
    many epochs or iterations behind that. The first worker has those of slice 0, so they are the
    same whoever trains."""
    due = logs.get(IMAGES)
    if due is None:
        return
    if due.unit == "epochs" and (at.step or (at.epoch - 1) % due.count):
        return
    if due.unit == "iterations" and at.iteration % due.count:
        return
    pixels, labels = trainer.images(at.step, _SHOWN)
    if not len(labels):  # of a short batch at the end of an epoch, others have the images
        return
    order = np.argsort(labels if labels.ndim == 1 else labels[:, 0], kind="stable")
    pixels, labels = pixels[order], labels[order]
    white = job.normalization.white
    least, most = (float(end(pixels, initial=0)) for end in (np.min, np.max))
    # Black and white as `lenet data show` has them: 0 and 1, where all lie between these.
    found = pictures_of(pixels, *((0.0, white) if least >= 0 and most <= white else (least, most)))
    pictures = np.stack([_smaller(picture) for picture in found])
    yield Sampled(
        at.epoch,
        at.iteration + 1,
        classes=_names(job, labels),
        shape=list(pictures.shape),
        pixels=base64.b64encode(pictures.tobytes()).decode(),
    )


def _names(job: Job, labels: NDArray[Any]) -> list[str]:
    """Of images in the order of their labels: the classes'; of numbers, that the first one rises;
    and of questions the answer to the first."""
    first = job.graph.data.first if job.graph.data is not None and not job.classes else 0
    if job.unit is None:
        return [
            job.classes[label] if label < len(job.classes) else str(label + first)
            for label in labels.tolist()
        ]
    name = job.classes[0]
    if job.unit.answers == "numbers":
        return [f"{name}, from low to high"] * len(labels)
    return [f"{name}: {'yes' if yes else 'no'}" for yes in labels[:, 0].tolist()]


def _smaller(picture: Bytes) -> Bytes:
    """The means of squares of a picture that is larger than a sheet shows it."""
    height, width = picture.shape[:2]
    times = -(-max(height, width) // _LARGEST)
    if times == 1:
        return picture
    rows, columns = max(1, height // times), max(1, width // times)
    cut = picture[: rows * times, : columns * times]
    parts = cut.reshape(rows, min(times, height), columns, min(times, width), -1)
    found = np.rint(parts.mean(axis=(1, 3))).astype(np.uint8)
    return found[:, :, 0] if picture.ndim == 2 else found
