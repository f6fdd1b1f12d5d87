"""A trained net in one file, which predicts without Spark and without Java."""

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.compiler.jit.cache import load
from lenet.compiler.pipeline import compile_graph
from lenet.compiler.quantized import Quantized
from lenet.dsl.check import check_graph
from lenet.dsl.datasets import DATASETS
from lenet.dsl.graph import Graph, bare_shape
from lenet.dsl.shapes import Shape, as_image
from lenet.runtime.compressing.int8 import as_int8
from lenet.runtime.data.dataset import Images
from lenet.runtime.data.features import Features
from lenet.runtime.data.preparation import Preparation, read_pictures
from lenet.runtime.data.values import TOO_LARGE
from lenet.runtime.lazy import lazy
from lenet.runtime.machine.cores import available_cores
from lenet.runtime.machine.files import write_atomically
from lenet.runtime.metrics.outcomes import Outcomes, outcomes_of
from lenet.runtime.models import model_file
from lenet.runtime.models.described import described
from lenet.runtime.models.evaluation import Evaluation, evaluated
from lenet.runtime.models.given_images import prepared
from lenet.runtime.models.given_labels import check_labels, labels_of
from lenet.runtime.models.onnx_file import onnx_bytes
from lenet.runtime.models.prediction import Answered, Prediction, kept
from lenet.runtime.models.segmented import Segmented
from lenet.runtime.records.observed import Observed
from lenet.runtime.shown import Shown
from lenet.runtime.training.normalization import Normalization
from lenet.runtime.training.parameters import digest, from_tensors
from lenet.runtime.training.predictor import Predictor, checked
from lenet.runtime.unit import Unit

_NARROW = 0.25  # between the brightnesses of borders that are all alike


@dataclass(frozen=True, eq=False)
class Model(Shown):
    """Weights, and all that is needed to use them.

    A pixel's value is its byte times `pixel_scale`; the net sees (value - mean) / deviation,
    channel by channel. `settings` are the values that `--set` gave to the spec's constants,
    `imports` the texts of the files that it imports. `threads` predict, one for each core by
    default. `observed` is what the training images were like, if that is known. `name` is that of
    the spec's file, without its ending. Where the net's answers are no classes, `answers` are their
    mean and deviation among the training rows, and `classes` their names. `features` make rows of a
    table's columns. Layers that are `quantized`, by their names, compute of bytes; their `tensors`
    are the values that their int8 weights stand for.
    """

    source: str
    tensors: Mapping[str, NDArray[np.float32]]
    classes: tuple[str, ...]
    pixel_scale: float
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    history: tuple[dict[str, Any], ...] = ()
    settings: Mapping[str, Fraction] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None
    observed: Observed | None = None
    name: str = ""
    answers: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    features: Features | None = None
    quantized: Mapping[str, Quantized] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Model {described(self)}>"

    def __getstate__(self) -> dict[str, Any]:
        """To pickle and to copy: what was given, and nothing that follows from it."""
        return {own.name: getattr(self, own.name) for own in fields(self)}

    @lazy
    def graph(self) -> Graph:
        """The net that its spec and settings give."""
        return check_graph(self.source, "the model's spec", self.settings, self.imports)

    @lazy
    def image_shape(self) -> Shape:
        """Of the images that it was trained on, before the data section's `pad`."""
        return self.observed.shape if self.observed is not None else bare_shape(self.graph)

    @lazy
    def digest(self) -> str:
        """SHA-256 of the weights."""
        return digest(self.tensors)

    @lazy
    def predictor(self) -> Predictor:
        """With its weights."""
        program = compile_graph(self.graph, integers=self.quantized.keys())
        predictor = Predictor(load(program), self.threads or available_cores())
        return predictor.take(from_tensors(program, self.tensors), self.quantized)

    @lazy
    def unit(self) -> Unit | None:
        """Of answers that are no classes."""
        return None if self.answers is None else Unit.of(self.graph, *self.answers)

    @property
    def logarithmic(self) -> bool:
        """Whether its outputs are log-probabilities."""
        return self.predictor.loaded.program.outputs.logarithmic

    @lazy
    def most_expected(self) -> float:
        """Floats beyond it are no values like those of the training images, which were bytes."""
        if self.observed is None or self.pixel_scale == 1:
            return math.inf
        return TOO_LARGE * max(1.0, self.observed.most)

    @lazy
    def normalizations(self) -> tuple[Normalization, Normalization]:
        """Of values and of bytes."""
        mean, deviation = np.array(self.mean), np.array(self.deviation)
        scale, shift = 1 / deviation, (-mean / deviation).astype(np.float32)
        return (
            Normalization(scale.astype(np.float32), shift),
            Normalization((scale * self.pixel_scale).astype(np.float32), shift),
        )

    def preparation(self, invert: str | None = None, fit: bool = False) -> Preparation:
        """How pictures become images for it: as those that it was trained on.

        `invert` is "yes", "no" or "auto", for those that are clearly the other way round than the
        training images; it is "auto" by default, or as the data section says. With `fit`, pictures
        of other sizes are fitted with their aspect kept, where the section does not say how.
        """
        section, borders = self.graph.data, self.observed.borders if self.observed else None
        shape = as_image(self.image_shape)
        usual = Preparation.of(section, shape)
        if usual.invert == "no":
            auto = "auto" if borders is not None else "no"
            usual = replace(usual, invert=invert or auto, borders=borders)
        elif invert is not None:
            usual = replace(usual, invert=invert)
        if section is not None:
            usual = replace(usual, drawn=DATASETS[section.kind].drawn)
        if fit and usual.resize is None:
            usual = replace(usual, resize="fit")
            if borders is not None and borders[1] - borders[0] < _NARROW:
                usual = replace(usual, background=(borders[0] + borders[1]) / 2)
        return usual

    def of_pictures(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """Bytes from black to white, as `preparation` makes them, as images to predict: what 255
        stands for depends on the training data."""
        if math.isclose(self.pixel_scale, 1 / 255):
            return pixels
        least, most = 0.0, 1.0
        if self.pixel_scale == 1 and self.observed is not None:  # floats of any range
            least, most = self.observed.least, self.observed.most
        return np.float32(least) + pixels.astype(np.float32) * np.float32((most - least) / 255)

    def outputs(self, images: NDArray[Any], in_blocks: bool = False) -> NDArray[np.float32]:
        """The net's outputs, (count, classes): log-probabilities, or probabilities after softmax.

        `images` is (count, channels, height, width), (count, height, width) where there is one
        channel, (count, values), or a single image. uint8 counts as bytes of the training data;
        floats are values as the training data's after scaling (0 to 1 for bytes).

        A few images may take a quicker way than many, whose last bits differ, unless `in_blocks`:
        then an image has the same outputs alone and among any others, as a table's rows always do.
        """
        in_blocks = in_blocks or self.features is not None
        pixels, normalization = prepared(self, np.asarray(images))
        return checked(self.predictor.outputs(pixels, normalization, in_blocks))

    def predict(
        self, images: "NDArray[Any] | str | Path | list[str | Path] | Any", in_blocks: bool = False
    ) -> Prediction | Answered:
        """The most probable class of each image; for `images` see `outputs`. They may also be the
        path of a picture, or a list of paths. A net of a table's columns takes rows: a DataFrame,
        an Arrow table, a dict of columns or of one row, a list of dicts, or a file. A net whose
        answers are no classes gives them as Answered, and one that answers each place as
        Segmented."""
        if self.features is not None and not isinstance(images, np.ndarray):
            from lenet.runtime.data.raw_rows import rows_of  # images need not wait for it

            images = rows_of(self.features, images)
        if isinstance(images, str | Path):
            images = [images]
        if isinstance(images, list) and images and isinstance(images[0], str | Path):
            images = self.of_pictures(read_pictures(self.preparation(), images))
        images = np.asarray(images)
        outputs = self.outputs(images, in_blocks)
        shapes = self.image_shape, self.graph.input
        first = kept(images, len(outputs), shapes, self.pixel_scale)
        if self.unit is not None and self.unit.classes:
            return Segmented.of(self.unit, outputs, self.graph.output, self.classes, first)
        if self.unit is not None:
            values = self.unit.in_columns(self.unit.all_of(outputs))
            return Answered(values, self.unit.names(self.classes), self.graph.answers, first)
        if self.logarithmic:
            outputs = np.exp(outputs)
        return Prediction(outputs.argmax(axis=1), outputs, self.classes, first)

    def evaluate(self, images: NDArray[Any], labels: NDArray[Any]) -> Evaluation:
        """A dict of `count` and of all metrics that fit, on labelled images, with attributes for
        its classes and tables. Labels are as the training data had them: whole numbers from 0, or
        the names of classes; or numbers, or yes (1) and no (0), (count, answers), as its columns
        have them."""
        found = self._outcomes(self.outputs(images), labels_of(self, np.asarray(labels)))
        return self.measured(found)

    def evaluate_read(self, images: Images) -> Evaluation:
        """The same of those of a dataset: their labels are numbers of classes, or answers, of which
        `predict log` has taken the logarithms."""
        return self.measured(self.outcomes(images))

    def outcomes(self, images: Images) -> Outcomes:
        """What it says of the images of a dataset, beside their labels."""
        if isinstance(images.pixels, np.ndarray):
            return self._outcomes(self.outputs(images.pixels), images.labels)
        found = self.predictor.outputs(images.pixels, self.normalizations[True])
        return self._outcomes(checked(found), images.labels)

    def measured(self, outcomes: Outcomes) -> Evaluation:
        """All metrics that fit."""
        asked = self.graph.train.measured if self.graph.train is not None else ()
        return evaluated(outcomes, self.classes, asked)

    def _outcomes(self, outputs: NDArray[np.float32], labels: NDArray[Any]) -> Outcomes:
        check_labels(self, labels, outputs)
        labels = labels.astype(np.int32 if self.unit is None else np.float32)
        return outcomes_of(outputs, labels, self.logarithmic, self.unit)

    def as_int8(self, images: NDArray[Any]) -> "Model":
        """A model of int8 weights, a quarter of the size, whose kernels sum products of bytes;
        `images`, as `outputs` takes them, are some of its training images, about 1,000, by which
        the ranges of what its layers see are found."""
        return as_int8(self, np.asarray(images))

    def save(self, path: str | Path) -> None:
        """Write `model.safetensors`, atomically."""
        write_atomically(Path(path), self.to_bytes())

    def to_onnx(self, path: str | Path) -> None:
        """Write an ONNX file, atomically; LenetError without the package onnx."""
        write_atomically(Path(path), onnx_bytes(self))

    def to_bytes(self) -> bytes:
        """The file's content."""
        return model_file.written(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """What `to_bytes` gave; LenetError where that is damaged."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            path.write_bytes(data)
            return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> "Model":
        """Read a model, or a checkpoint as one; LenetError where the file is missing, damaged or
        not one of ours."""
        return model_file.read(Path(path), cls)
