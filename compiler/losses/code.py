"""What a loss is made of: the layer before it, and its kernel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lenet.compiler.kernels import entry_of
from lenet.compiler.losses.soft import taught_kernel
from lenet.dsl.graph import Graph
from lenet.dsl.losses import class_weights, usual_loss
from lenet.dsl.registry import Outputs
from lenet.dsl.shapes import product
from lenet.dsl.training.values import Teach
from lenet.dsl.vocabulary import Use, carried_out

if TYPE_CHECKING:  # numpy takes a tenth of a second, and the shapes of a net need none
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ROW = "rows[first + lane]"  # of the image in a lane


@dataclass(frozen=True)
class LossCode:
    """How a loss is computed; of classes, always from their log-probabilities.

    `end` is the layer that makes these of what the loss takes, with its arguments, if it takes
    anything else. `kernel(outputs, use, weighted)` is the source of `loss` as a line uses it, which
    adds up the losses and the hits of a block's images and leaves the gradient. Where it is
    weighted, an image's loss and gradient are times its `importance`.

    `mixed(outputs, use)` is that of images which are mixtures of two, and there for classes: the
    loss is that of both `labels` and `others`, each times its column of `shares`, in which the
    importance is; hits are `labels`. Other answers can be mixed themselves.

    `values(outputs, targets, use)` are the losses of images, (count,), from the net's outputs,
    (count, outputs), and what they should be, (count, answers), all float64: there is none for
    classes, whose metric `loss` is the likelihood.

    `places(classes, places, use, weighted)` and `values_of_places(outputs, targets, use, classes)`
    are the same of a class for each place of a map, of plain scores.
    """

    kernel: Callable[[int, Use, bool], str]
    end: tuple[str, Mapping[str, Any]] | None = None
    mixed: Callable[[int, Use], str] | None = None
    values: "Callable[[Floats, Floats, Use], Floats] | None" = None
    places: Callable[[int, int, Use, bool], str] | None = None
    values_of_places: "Callable[[Floats, Floats, Use, int], Floats] | None" = None


def loss_of(graph: Graph) -> Use:
    """The one that the file names, or that the last layer calls for."""
    if graph.train is not None and graph.train.loss is not None:
        return graph.train.loss
    return usual_loss(given_by(graph), graph.answers).use()


def is_weighted(graph: Graph) -> bool:
    """Whether images count more or less than others: by their classes, or by a column."""
    by_class = graph.answers == "class" and bool(class_weights(loss_of(graph)))
    return by_class or (graph.data is not None and bool(graph.data.weight))


def has_two_labels(graph: Graph) -> bool:
    """Whether training images are mixtures of two, which may be of different classes."""
    return graph.answers == "class" and graph.augment is not None and graph.augment.mixes


def loss_kernel(graph: Graph) -> str:
    """The source of `loss`."""
    use, outputs = loss_of(graph), product(graph.output)
    code = code_of(use)
    if graph.answers == "places":
        assert code.places is not None
        return code.places(graph.output[0], product(graph.output[1:]), use, is_weighted(graph))
    counts, weighted = "", is_weighted(graph)
    if has_two_labels(graph):
        assert code.mixed is not None
        source, counts = code.mixed(outputs, use), f"(shares[{_ROW}, 0] + shares[{_ROW}, 1])"
    else:
        source = code.kernel(outputs, use, weighted)
        counts = f"importance[{_ROW}]" if weighted else ""
    teach = teacher_of(graph)
    return source if teach is None else taught_kernel(source, outputs, teach, counts)


def row_arrays(graph: Graph) -> tuple[str, ...]:
    """What a training is given of each row."""
    soft = () if teacher_of(graph) is None else ("soft",)
    if has_two_labels(graph):
        return "pixels", "labels", "others", "shares", *soft
    arrays = ("pixels", "labels" if graph.answers == "class" else "targets")
    return (*arrays, "importance", *soft) if is_weighted(graph) else (*arrays, *soft)


def teacher_of(graph: Graph) -> Teach | None:
    """What the file says of a teacher, if it has one."""
    return graph.train.teach if graph.train is not None else None


def given_by(graph: Graph) -> Outputs:
    """What the last layer gives."""
    return entry_of(graph.nodes[-1]).gives


def code_of(loss: Use) -> LossCode:
    """What a module of this folder says of it."""
    code = carried_out("lenet.compiler.losses", loss.name).CODE
    assert isinstance(code, LossCode)
    return code
