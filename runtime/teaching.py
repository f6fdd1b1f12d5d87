"""`teach`: the model that a file names as its net's teacher, and whether it fits."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from lenet.compiler.losses.code import given_by, teacher_of
from lenet.compiler.pipeline import compile_graph
from lenet.dsl.errors import LenetError
from lenet.dsl.graph import Graph
from lenet.dsl.messages import wording as messages
from lenet.dsl.messages.diagnostics import Diagnostic, SpecError
from lenet.dsl.syntax.tree import Span
from lenet.runtime.data.dataset import DataError
from lenet.runtime.models.model import Model
from lenet.runtime.training.parameters import from_tensors
from lenet.runtime.training.source import Source
from lenet.runtime.training.teacher import Teacher

_APART = 4.0  # between the largest values of data that are alike


def look_at_teacher(graph: Graph, spec: Path) -> Diagnostic | None:
    """What is wrong with the teacher of the file at `spec`, as far as that can be known without the
    data; None where nothing is, or there is none."""
    found = _opened(graph, spec)
    return found if isinstance(found, Diagnostic) else None


def model_of_teacher(graph: Graph, spec: Path) -> Model | None:
    """The teacher of the file at `spec`, None without one; SpecError where it does not fit."""
    found = _opened(graph, spec)
    if isinstance(found, Diagnostic):
        raise SpecError(str(spec), graph.source, (found,), graph.imports)
    return found


def teacher_for(model: Model, graph: Graph, source: Source, classes: tuple[str, ...]) -> Teacher:
    """The teacher for these images, of these `classes`; DataError where it knows others."""
    if model.classes != classes:
        raise DataError(
            f"the teacher has other classes than {source.name}",
            f"Its classes are {_some(model.classes)}; those of the data are {_some(classes)}.",
            "name a teacher that was trained on the same classes, in the same order",
        )
    if model.features != source.features:
        raise DataError(
            f"the teacher reads the columns of {source.name} in another way",
            "Its words, categories or numbers were counted on other rows.",
            "train the teacher on the same table, with the same section `data`",
        )
    most = float(source.counted[0].most) * source.scale
    seen = model.observed.most if model.observed is not None else most
    if not seen / _APART <= most <= seen * _APART:
        raise DataError(
            f"the teacher has seen other values than those of {source.name}",
            f"Its largest was {seen:.4g}; here it is {most:.4g}.",
            "bring the data to the range of those that the teacher was trained on",
        )
    nodes = model.graph.nodes
    if given_by(model.graph) == "probabilities":  # its logarithms are asked for
        nodes = (*nodes[:-1], replace(nodes[-1], kind="logsoftmax"))
    own = replace(model.graph, nodes=nodes, groups=(), augment=None)
    deviation, mean = np.array(model.deviation), np.array(model.mean)
    return Teacher(
        own, from_tensors(compile_graph(own), model.tensors),
        (source.scale / deviation).astype(np.float32), (-mean / deviation).astype(np.float32),
    )  # fmt: skip


def _opened(graph: Graph, spec: Path) -> Model | Diagnostic | None:
    teach = teacher_of(graph)
    if teach is None:
        return None
    span = teach.span or Span(1, 1, 2)
    try:
        model = Model.open(spec.parent / teach.path)
    except LenetError as error:
        return messages.teacher_unreadable(span, teach.path, f"{error.title}. {error.detail}")
    theirs = model.graph
    if theirs.answers != "class":
        return messages.teacher_answers_else(span, teach.path, theirs.answers)
    if theirs.input != graph.input or theirs.inputs != graph.inputs:
        return messages.teacher_sees_else(span, teach.path, theirs.input, graph.input)
    classes, own = theirs.output[0], graph.output[0]
    if classes != own:
        return messages.teacher_has_other_classes(span, teach.path, classes, own)
    return model


def _some(names: tuple[str, ...]) -> str:
    more = f" … ({len(names)} in all)" if len(names) > 12 else ""
    return ", ".join(names[:12]) + more
