"""A graph and its images as the job of a training, and the model that comes of it."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from lenet.dsl.graph import Graph
from lenet.dsl.shapes import channels_of
from lenet.runtime.look import class_names
from lenet.runtime.models.model import Model
from lenet.runtime.models.model_facts import facts_of
from lenet.runtime.records.observed import Observed
from lenet.runtime.teaching import model_of_teacher, teacher_for
from lenet.runtime.training.importance import importance_of
from lenet.runtime.training.job import Job, digest_of
from lenet.runtime.training.slices.count import least_rows, slice_count
from lenet.runtime.training.source import Source
from lenet.runtime.unit import Unit


def make_job(
    graph: Graph, spec: Path, source: Source, settings: Mapping[str, Fraction]
) -> tuple[Job, Model]:
    """What is to be done, and the model that comes of it, without its tensors."""
    assert graph.train is not None
    counts = source.counted[0]
    apart = len(graph.input) > 1
    mean, deviation = fixed_normal(graph)
    if graph.data is not None and graph.data.normalize and not graph.data.mean:
        mean, deviation = counts.normal(source.scale, apart)
    scale = tuple(source.scale / d for d in deviation)
    shift = tuple(-m / d for m, d in zip(mean, deviation, strict=True))
    # The places of a map, and those of an image, have one unit.
    moments = counts.of_answers(len(graph.output) == 1 and not graph.gives_images)
    unit = None if graph.answers == "class" else Unit.of(graph, *moments)
    model = Model(
        graph.source, {}, class_names(graph, source), source.scale, mean, deviation,
        settings=dict(settings), imports=dict(graph.imports),
        observed=_observed(source), name=spec.stem.encode(errors="backslashreplace").decode(),
        answers=None if unit is None else (unit.mean, unit.deviation),
        features=source.features,
    )  # fmt: skip
    teaching = model_of_teacher(graph, spec)
    teacher, taught_by = None, ""
    if teaching is not None:
        teacher = teacher_for(teaching, graph, source, model.classes)
        taught_by = f" taught by {teaching.digest}"
    job = Job(
        graph, str(spec), scale, shift, slice_count(graph.train.batch, least_rows(graph)),
        digest_of(graph, scale, shift, source.fingerprint + taught_by), json.dumps(facts_of(model)),
        importance_of(graph, source), 1 / source.scale, model.classes,
        unit, source.features.seen if source.features is not None else None, teacher,
    )  # fmt: skip
    return job, model


def fixed_normal(graph: Graph) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and the deviation of each channel as the file says them, 0 and 1 if it does not."""
    channels = channels_of(graph.input)
    data = graph.data
    if data is None or not data.mean:
        return (0.0,) * channels, (1.0,) * channels
    each = channels // len(data.mean)  # one for all channels, or one for each
    return data.mean * each, data.deviation * each


def _observed(source: Source) -> Observed:
    """What predictions are to know of the images."""
    counts, scale = source.counted[0], source.scale
    (channels, height, width), pad = source.shape, source.pad
    shape = (channels, height - 2 * pad[0], width - 2 * pad[1])
    return Observed(shape, counts.least * scale, counts.most * scale, counts.border_range())
