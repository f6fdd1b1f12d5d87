"""The net's output, and the loss that takes it."""

import math
from collections.abc import Callable

from lenet.dsl.messages.codes import TRAINED, Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.messages.phrases import replacing
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.tree import Span

E036 = Code(
    "an output that does not fit the classes",
    "The net's output is a vector with one value for each class of the data.",
    "input 1x8x8\nreshape 64\nlinear 12\nlogsoftmax\ndata digits\n",
)


def class_count(
    span: Span, outputs: Shape, classes: int, data: str, layer: str, sized: bool
) -> Diagnostic:
    """`sized` tells whether `layer` names the number of its outputs."""
    return Diagnostic(
        "E036",
        span,
        f"the net's output is {show(outputs)}, but {data} has {classes} classes",
        "The output has one value for each class.",
        _with_outputs(layer, classes, sized),
    )


def _with_outputs(layer: str, count: int, sized: bool) -> str:
    """What gives so many outputs where `layer` gives another number."""
    if sized:
        return f"make the last layer `{layer} {count}`"
    return f"write `linear {count}` on the line behind the last `{layer}`"


def output_is_map(span: Span, shape: Shape, classes: int | None, end: str | None) -> Diagnostic:
    """`end` is the softmax that ends the net, if one does."""
    linear = "`flatten` and a `linear` with one output for each class"
    fix = f"end with {linear if classes is None else f'`flatten` and `linear {classes}`'}"
    if shape[1:] == (1, 1) and classes in (None, shape[0]):
        fix = "end with `flatten`"
    elif end is not None:
        fix = f"{fix}, both before `{end}`"
    return Diagnostic(
        "E036",
        span,
        f"the net's output is the map {show(shape)}, but a classifier's is a vector",
        "The output has one value for each class.",
        fix,
    )


E037 = Code(
    "a loss whose net ends differently",
    "Each loss takes what some last layers give: `nll` the logarithms of probabilities, which "
    "`logsoftmax` gives. `lenet explain loss` lists them all.",
    "input 1x8x8\nreshape 64\nlinear 10\ndata digits\ntrain\n  loss nll\n  rate 0.1\n",
)


def nll_needs_logsoftmax(span: Span, last: str, last_span: Span, gives: str) -> Diagnostic:
    """`gives` is what the `last` layer gives, as for the next two."""
    probabilities = gives == "probabilities"
    return Diagnostic(
        "E037",
        span,
        "`nll` needs log-probabilities",
        f"It is the negative of the right class's log-probability, but the net ends with `{last}`.",
        "add `logsoftmax` as the last layer, or write `loss crossentropy`"
        if not probabilities
        else "write `logsoftmax` instead of `softmax`",
        (Related(last_span, "the last layer is here"),),
        (Edit.of(last_span, "logsoftmax"),) if probabilities else (),
    )


def map_needs_rbf(span: Span, last: str, last_span: Span, gives: str) -> Diagnostic:
    """`loss map` without distances."""
    return Diagnostic(
        "E037",
        span,
        "`map` needs the distances of `rbf`",
        f"It takes the smallest output for the best, but the net ends with `{last}`.",
        "end with an `rbf` layer, or write `loss crossentropy`",
        (Related(last_span, "the last layer is here"),),
    )


def outputs_are_distances(
    span: Span, loss: str, last: str, last_span: Span, instead: str
) -> Diagnostic:
    """A loss that wants large outputs, and a last layer whose best is the smallest."""
    return Diagnostic(
        "E037",
        span,
        f"`{loss}` takes the largest output for the best, but those of `{last}` are distances",
        "",
        f"write `loss {instead}`",
        (Related(last_span, "the last layer is here"),),
    )


E038 = Code(
    "a softmax that is applied twice",
    "`crossentropy` contains a softmax. Behind another one the net still learns, but badly, "
    "and nothing says why: so this is an error.",
    TRAINED + "  loss crossentropy\n",
)


def crossentropy_after(span: Span, last: str, last_span: Span, gives: str) -> Diagnostic:
    """`loss crossentropy` behind a layer that gives probabilities or their logarithms; `gives` is
    which."""
    return Diagnostic(
        "E038",
        span,
        f"`crossentropy` contains a softmax already, and the net ends with `{last}`",
        "The softmax would be applied twice.",
        "remove the `softmax` line" if gives == "probabilities" else "write `loss nll`",
        (Related(last_span, "the last layer is here"),),
    )


def takes_scores(loss: str) -> Callable[[Span, str, Span, str], Diagnostic]:
    """What is said of a net that ends in a softmax, or in its logarithm, by a loss that takes
    plain scores."""

    def unfit(span: Span, last: str, last_span: Span, gives: str) -> Diagnostic:
        return Diagnostic(
            "E038",
            span,
            f"`{loss}` takes plain scores, and the net ends with `{last}`",
            "Predictions are given their softmax anyway.",
            f"remove the `{last}` line",
            (Related(last_span, "the last layer is here"),),
        )

    return unfit


E039 = Code(
    "a layer behind the output",
    "`logsoftmax` and `rbf` give results for a loss. Most likely the lines are in the wrong order.",
    "input 64\nlinear 10\nlogsoftmax\ntanh\n",
)


def layer_after_output(span: Span, layer: str, output: str, output_span: Span) -> Diagnostic:
    """A layer follows one whose output is for a loss only."""
    return Diagnostic(
        "E039",
        span,
        f"a `{layer}` follows the net's output",
        f"What `{output}` gives are results for a loss, not values to compute with.",
        f"move `{output}` to the end, or remove what follows it",
        (Related(output_span, "the output is here"),),
    )


E044 = Code(
    "outputs that are bounded, and a loss that wants any numbers",
    "The loss takes the softmax of the net's scores, which are any numbers. Those of a sigmoid "
    "lie between 0 and 1: so close together that no class can become likely, and the training "
    "stalls. Numbers as answers are standardized, or their logarithms: no activation stands "
    "behind them.",
    "input 8\nlinear 10\nsigmoid\ntrain\n  rate 0.1\n",
)


def squashed_scores(span: Span, layer: str, count: int, alone: bool) -> Diagnostic:
    """`alone` tells whether the line makes nothing else, so that it can be removed."""
    count = max(count, 2)
    most = math.e / (math.e + count - 1)
    return Diagnostic(
        "E044",
        span,
        f"`{layer}` keeps the scores between 0 and 1, but a softmax follows",
        f"With {count} classes the right one would never get more than {most:.0%}.",
        f"remove this `{layer}` line: the softmax alone makes probabilities of the scores",
        edits=(Edit.remove_line(span),) if alone else (),
    )


E045 = Code(
    "one output",
    "The output has one value for each class, and two classes are two outputs, also where "
    "another framework would take one and a sigmoid. A net whose answer is a number says so with "
    "its loss, such as `loss mse`, and one that answers yes or no with `loss bce`.",
    'input 8\nlinear 1\ndata parquet "t"\n',
)


def one_class(span: Span, layer: str, sized: bool, size: Span | None) -> Diagnostic:
    """`size` is where the number of outputs can be changed; `sized` as for class_count."""
    fix = (
        f"{_with_outputs(layer, 2, sized)}: one output for each of two classes; or, if the answer "
    )
    fix += "is a number, write `loss mse`"
    return Diagnostic(
        "E045",
        span,
        "the net has one output, and so one class only",
        "A single class always has the probability 1: there is nothing to learn.",
        fix,
        edits=replacing(size, "2") if size is not None else (),
    )


E046 = Code(
    "a training of a net that has nothing to train",
    "Training changes parameters, and the net has none, or only fixed ones. Without a section "
    "`train` such a net is fine: it predicts as it is.",
    "input 10x8x8\navgpool all\nlogsoftmax\ntrain\n  rate 0.1\n",
)


def all_is_frozen(span: Span, layers: int) -> Diagnostic:
    """Every layer that has parameters is frozen; `span` is the first place that says so."""
    which = (
        "The only layer that has parameters is"
        if layers == 1
        else (f"All {layers:,} layers that have parameters are")
    )
    return Diagnostic(
        "E046",
        span,
        "the net has nothing to train",
        f"{which} frozen.",
        "leave some of them as they are to be trained, the last one at least; or remove the "
        "section `train`: the net predicts as it is",
    )


def nothing_to_train(section: Span, fixed: tuple[str, Span] | None) -> Diagnostic:
    """`fixed` is a layer whose parameters are given and not trained, and its place, if any."""
    detail = "None of the net's layers has parameters."
    fix = "add a layer that has some, such as `linear 10`"
    if fixed is not None:
        detail = f"The parameters of `{fixed[0]}` are fixed, and no other layer has any."
        fix = f"write `{fixed[0]}` without fixed values, or {fix}"
    return Diagnostic(
        "E046",
        section,
        "the net has nothing to train",
        detail,
        f"{fix}; or remove the section `train`: the net predicts as it is",
        (Related(fixed[1], "these are fixed"),) if fixed is not None else (),
    )


E047 = Code(
    "weights of classes that are not one for each class",
    "`weights` of a loss has a number for each class, in their order, and some are above 0; or "
    "says `balanced`, which counts the training images.",
    "input 1x8x8\nreshape 64\nlinear 10\nlogsoftmax\ndata digits\ntrain\n"
    "  loss nll weights 1 2\n  rate 0.1\n",
)


def class_weights_differ(
    span: Span, weights: int, classes: int, what: str, by_place: bool
) -> Diagnostic:
    """A loss has weights for another number of classes than the net, or of outputs."""
    found = "1 weight" if weights == 1 else f"{weights} weights"
    detail = "There is one for each class, in their order: how much an image of it counts."
    fix = f"write {classes} numbers, or `weights balanced`"
    if by_place:  # nothing counts places
        detail = "There is one for each class, in their order: how much a place of it counts."
        fix = f"write {classes} numbers"
    if what == "outputs":
        detail = "There is one for each output, in their order: how much its yes counts."
        fix = f"write {classes} numbers"
    return Diagnostic(
        "E047", span, f"the loss has {found}, and the net {classes} {what}", detail, fix
    )


def no_balance_of_places(span: Span, classes: int) -> Diagnostic:
    """`balanced` where each place has a class."""
    return Diagnostic(
        "E047",
        span,
        "`balanced` counts the images of each class, and here each place has a class",
        "",
        f"write {classes} numbers, larger ones for classes of few places",
    )


def no_class_counts(span: Span) -> Diagnostic:
    """All weights of classes are 0."""
    return Diagnostic(
        "E047",
        span,
        "the weights of all classes are 0",
        "So no image would count.",
        "write larger ones, or leave `weights` out",
    )
