"""Whether the net's end fits the loss and the answers of the data."""

from collections.abc import Callable

from lenet.dsl.answers import WRITTEN, Answers
from lenet.dsl.datasets import DATASETS
from lenet.dsl.graph import Node, bare_input
from lenet.dsl.losses import LOSSES, Loss, class_weights, usual_loss
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import Layer, layers
from lenet.dsl.sections.data import Data
from lenet.dsl.shapes import product
from lenet.dsl.syntax.tree import Line, Span
from lenet.dsl.training.answered import answers_of
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


def check_loss(lowered: Lowering, train: Train, answers: Answers) -> None:
    """Whether the net ends with what its loss takes."""
    report = lowered.report
    last, last_line = _last(lowered, lambda layer: layer.rearranges)
    last_span = last_line.keyword.span
    loss_span = train.loss_span if train.loss_span else last_line.span
    gives = layers()[last.kind].gives
    usual = usual_loss(gives, answers)
    loss = LOSSES[train.loss.name] if train.loss else usual
    if gives == "distances" and loss.takes != gives:
        report(messages.outputs_are_distances(loss_span, loss.name, last.kind, last_span,
                                              usual.name))  # fmt: skip
    elif loss.takes != gives:
        report(loss.unfit(loss_span, last.kind, last_span, gives))
    _check_weights(lowered, train, answers, loss_span)
    if "distances" in (gives, loss.takes):
        return
    if answers == "numbers":
        _check_range(lowered, loss)
    else:
        _check_scores(lowered, loss)


def _check_weights(lowered: Lowering, train: Train, answers: Answers, span: Span) -> None:
    """Whether each class has a weight, where any has."""
    said, output = class_weights(train.loss), lowered.nodes[-1].shape
    what = "classes"
    if train.loss is not None and LOSSES[train.loss.name].answers == "yes or no":
        said, output, what = train.loss["weights"], (product(output),), "outputs"
    if answers == "places" and isinstance(said, str):
        lowered.report(messages.no_balance_of_places(span, output[0]))
    if not said or isinstance(said, str) or (len(output) != 1 and answers != "places"):
        return
    if len(said) != output[0]:
        by_place = answers == "places"
        lowered.report(messages.class_weights_differ(span, len(said), output[0], what, by_place))
    elif not any(said):
        lowered.report(messages.no_class_counts(span))


def _check_scores(lowered: Lowering, loss: Loss) -> None:
    """Whether the scores before the softmax, written or not, may take any value."""
    node, line = _scores(lowered)
    bounds, span = layers()[node.kind].bounds, line.keyword.span
    if bounds == (0.0, 1.0) and loss.answers == "yes or no":
        lowered.report(messages.squashed_twice(span, node.kind, loss.name, _stands_alone(line)))
    elif bounds == (0.0, 1.0):
        lowered.report(messages.squashed_scores(span, node.kind, node.shape[0],
                                             _stands_alone(line)))  # fmt: skip
    elif bounds is not None:
        follows = f"`{loss.name}`" if loss.answers == "yes or no" else "a softmax"
        lowered.report(messages.bounded_scores(span, node.kind, bounds, follows))


def _check_range(lowered: Lowering, loss: Loss) -> None:
    """Whether the net can give all numbers that its loss wants."""
    node, line = _last(lowered, lambda layer: layer.rearranges)
    bounds = layers()[node.kind].bounds
    if bounds is not None and (loss.standardized or loss.logarithm):
        lowered.report(messages.bounded_numbers(line.keyword.span, node.kind, bounds,
                                             loss.logarithm, _stands_alone(line)))  # fmt: skip


def check_answers(lowered: Lowering, train: Train | None, data: Data | None) -> Answers:
    """What the net answers; whether loss, data and the number of outputs agree on it is checked,
    but for classes."""
    outputs = product(lowered.nodes[-1].shape)
    use = train.loss if train is not None else None
    answers = answers_of(use, data, lowered.nodes[-1].shape)
    loss = LOSSES[use.name] if use is not None else usual_loss("scores", answers)
    span = train.loss_span if train is not None and train.loss_span else None
    each = loss.outputs_of(use) if use is not None else 1
    named = data is not None and bool(data.predict)
    if outputs % each and span is not None and use is not None and not named:
        lowered.report(messages.outputs_per_answer(span, use.name, each, outputs))
    if data is None:
        return answers
    place = span or data.span
    known = DATASETS[data.kind]
    if known.places:
        _check_masks(lowered, data, place, answers)
        return answers
    if data.itself:
        _check_image(lowered, loss, each, place, answers)
        return "numbers"
    if answers == "places" and not known.columns:
        return "class"  # whose output is no map
    if answers != "class" and not known.columns:
        usual = usual_loss(layers()[lowered.nodes[-1].kind].gives)
        gives_images = not known.given and outputs == each * product(lowered.nodes[0].shape)
        lowered.report(messages.data_have_classes(place, loss.name, answers, data.kind, usual.name,
                                               gives_images))  # fmt: skip
    elif data.predict and use is not None:
        said = answers_of(None, data, lowered.nodes[-1].shape)
        if data.any != (answers == "yes or no") and (data.any or answers == "class"):
            lowered.report(messages.other_answers(place, loss.name, answers, said))
        elif answers in ("class", "places") and (len(data.predict) > 1 or data.log):
            lowered.report(messages.other_answers(place, loss.name, answers, "numbers"))
        elif data.log and not loss.standardized:
            lowered.report(messages.no_logarithm(data.span, loss.name))
    if data.series is not None:
        _check_horizon(lowered, data, each)
    elif (
        answers not in ("class", "places") and data.predict and outputs != each * len(data.predict)
    ):
        node, line = _last(lowered, lambda layer: layer.rearranges or layer.bounds is not None)
        sized = layers()[node.kind].sized
        lowered.report(messages.answer_count(line.span, outputs, len(data.predict), each,
                                          node.kind, sized))  # fmt: skip
    return answers


def _check_horizon(lowered: Lowering, data: Data, each: int) -> None:
    """Whether the net tells as many steps of as many columns as the data ask for."""
    series = data.series
    assert series is not None
    outputs, answers = product(lowered.nodes[-1].shape), each * len(data.foreseen)
    if series.columns and series.window and outputs != series.ahead * answers:
        span = lowered.lines[-1].span
        lowered.report(messages.other_horizon(span, outputs, series.ahead, answers, series.span))


def _check_masks(lowered: Lowering, data: Data, place: Span, answers: Answers) -> None:
    """Whether the net answers at each place of its images."""
    output, given = lowered.nodes[-1].shape, bare_input(lowered.nodes[0].shape, data)
    if len(output) != 3 or answers not in ("places", "yes or no"):
        lowered.report(messages.masks_need_places(place, data.kind, WRITTEN[answers]))
    elif (answers == "yes or no" and output[0] != 1) or output[1:] != given[1:]:
        maps = 1 if answers == "yes or no" else output[0]
        lowered.report(messages.other_places(lowered.lines[-1].span, output, (maps, *given[1:])))


def _check_image(lowered: Lowering, loss: Loss, each: int, place: Span, answers: Answers) -> None:
    """Whether the net answers with as many numbers as its image has."""
    output, image = lowered.nodes[-1].shape, lowered.nodes[0].shape
    if answers != "numbers":
        lowered.report(messages.other_answers(place, loss.name, answers, "numbers"))
    elif product(output) != each * product(image):
        lowered.report(messages.no_image(lowered.lines[-1].span, output, image, each))


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
