"""Whether the net's end fits the loss and the classes."""

from collections.abc import Callable

from lenet.dsl.graph import Node
from lenet.dsl.losses import LOSSES, class_weights, usual_loss
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Layer, layers
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.training.values import Train

_SOFTMAXES = ("probabilities", "log-probabilities")


def end_is_followed(lowered: Lowering) -> bool:
    """Whether something follows what gives the net's results, which is then reported."""
    consumed = {name for node in lowered.nodes for name in node.inputs}
    for node, line in zip(lowered.nodes, lowered.lines, strict=True):
        gives = layers()[node.kind].gives
        if gives not in ("log-probabilities", "distances") or node.name not in consumed:
            continue
        follower = next(k for k, other in enumerate(lowered.nodes) if node.name in other.inputs)
        follows = layers()[lowered.nodes[follower].kind]
        if gives == "log-probabilities" and follows.rearranges:
            continue
        after = lowered.lines[follower].keyword
        lowered.report(messages.layer_after_output(after.span, after.text, node.kind,
                                                line.keyword.span))  # fmt: skip
        return True
    return False


def check_loss(lowered: Lowering, train: Train) -> None:
    """Whether the net ends with what its loss takes."""
    report = lowered.report
    last, last_line = _last(lowered, lambda layer: layer.rearranges)
    last_span = last_line.keyword.span
    loss_span = train.loss_span if train.loss_span else last_line.span
    gives = layers()[last.kind].gives
    usual = usual_loss(gives)
    loss = LOSSES[train.loss.name] if train.loss else usual
    if gives == "distances" and loss.takes != gives:
        report(messages.outputs_are_distances(loss_span, loss.name, last.kind, last_span,
                                              usual.name))  # fmt: skip
    elif loss.takes != gives:
        report(loss.unfit(loss_span, last.kind, last_span, gives))
    _check_weights(lowered, train, loss_span)
    if "distances" in (gives, loss.takes):
        return
    _check_scores(lowered)


def _check_weights(lowered: Lowering, train: Train, span: Span) -> None:
    """Whether each class has a weight, where any has."""
    said, output = class_weights(train.loss), lowered.nodes[-1].shape
    if not said or isinstance(said, str) or len(output) != 1:
        return
    if len(said) != output[0]:
        lowered.report(messages.class_weights_differ(span, len(said), output[0]))
    elif not any(said):
        lowered.report(messages.no_class_counts(span))


def _check_scores(lowered: Lowering) -> None:
    """Whether the scores before the softmax, written or not, may take any value."""
    node, line = _scores(lowered)
    bounds = layers()[node.kind].bounds
    if bounds == (0.0, 1.0):
        lowered.report(messages.squashed_scores(line.keyword.span, node.kind, node.shape[0],
                                             _stands_alone(line)))  # fmt: skip
    elif bounds is not None:
        lowered.report(messages.bounded_scores(line.keyword.span, node.kind, bounds))


def check_classes(lowered: Lowering, classes: int | None, data: str) -> bool:
    """Whether the output is a vector with a value for each class, where their number is known."""
    output, last = lowered.nodes[-1].shape, lowered.nodes[-1].kind
    node, line = _scores(lowered)
    if len(output) != 1:
        end = last if layers()[last].gives in _SOFTMAXES else None
        lowered.report(messages.output_is_map(lowered.lines[-1].span, output, classes, end))
    elif classes is not None and output[0] != classes:
        sized = layers()[node.kind].sized
        lowered.report(messages.class_count(line.span, output, classes, data, node.kind, sized))
    elif output == (1,):
        # Behind what may bound it, as in `linear 1`, `sigmoid` for two classes.
        node, line = _last(lowered, lambda layer: _keeps_scores(layer) or layer.bounds is not None)
        sized = layers()[node.kind].sized
        size = line.items[0].span if sized and _stands_alone(line) else None
        lowered.report(messages.one_class(line.span, node.kind, sized, size))
    return len(output) == 1


def _last(lowered: Lowering, passed: Callable[[Layer], bool]) -> tuple[Node, Line]:
    """The last layer but for those that are `passed`."""
    by_name = {
        node.name: (node, line) for node, line in zip(lowered.nodes, lowered.lines, strict=True)
    }
    node, line = lowered.nodes[-1], lowered.lines[-1]
    while node.inputs and passed(layers()[node.kind]):
        node, line = by_name[node.inputs[0]]
    return node, line


def _scores(lowered: Lowering) -> tuple[Node, Line]:
    """The layer that gives the scores of the classes, before a softmax."""
    return _last(lowered, _keeps_scores)


def _keeps_scores(layer: Layer) -> bool:
    return layer.rearranges or layer.gives in _SOFTMAXES


def _stands_alone(line: Line) -> bool:
    """Whether a line of the main file makes one layer only, so that it can be changed."""
    return not line.span.file and line.span.column == 1 and not line.body
