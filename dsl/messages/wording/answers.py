"""Answers that are no classes: numbers, and yes or no."""

from collections.abc import Callable

from lenet.dsl.answers import WRITTEN, Answers
from lenet.dsl.messages.codes import Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.shapes import Shape, product, show
from lenet.dsl.syntax.tree import Span

E048 = Code(
    "a net, a loss and data that have other answers",
    "A net answers with classes, with numbers, with yes or no, or with a class for each place: so "
    "says its loss. The data have "
    "such answers, and the net an output for each.",
    'input 8\nlinear 2\ndata parquet "t"\n  predict a b c\ntrain\n  loss mse\n  rate 0.1\n',
)


def data_have_classes(
    span: Span, loss: str, answers: Answers, data: str, instead: str, gives_images: bool
) -> Diagnostic:
    """A loss takes other answers than those of a dataset of classes; perhaps the net `gives_images`
    of the size of its input."""
    fix = f"write `loss {instead}`"
    if gives_images and answers == "numbers":
        fix = "if the net is to give its images back, write `predict image` in the data section"
    return Diagnostic(
        "E048",
        span,
        f"`{loss}` takes {WRITTEN[answers]}, and the answers of `data {data}` are classes",
        "Numbers, and answers yes or no, come from the columns of `data parquet` and `data frame`.",
        fix,
    )


def other_answers(span: Span, loss: str, answers: Answers, said: Answers) -> Diagnostic:
    """The line `predict` names columns of other answers than the loss takes."""
    fix = {
        "class": "write `loss crossentropy`, and one column behind `predict`",
        "numbers": "write `loss mse`",
        "yes or no": "write `loss bce`",
        "places": "",
    }[said]
    return Diagnostic(
        "E048",
        span,
        f"`{loss}` takes {WRITTEN[answers]}, but the line `predict` names {WRITTEN[said]}",
        "",
        fix,
    )


def answer_count(
    span: Span, outputs: int, columns: int, each: int, layer: str, sized: bool
) -> Diagnostic:
    """The net has another number of outputs than the line `predict` names columns."""
    wanted, named = each * columns, "1 column" if columns == 1 else f"{columns} columns"
    detail = "There is an output for each."
    if each > 1:
        detail = f"There are {each} outputs for each, one a quantile."
    fix = f"write `linear {wanted}` on the line behind the last `{layer}`"
    if sized:
        fix = f"make the last layer `{layer} {wanted}`"
    found = "1 output" if outputs == 1 else f"{outputs} outputs"
    title = f"the net has {found}, but the line `predict` names {named}"
    return Diagnostic("E048", span, title, detail, fix)


def outputs_per_answer(span: Span, loss: str, each: int, outputs: int) -> Diagnostic:
    """The outputs are no whole number of answers."""
    found = "1 output" if outputs == 1 else f"{outputs} outputs"
    return Diagnostic(
        "E048",
        span,
        f"`{loss}` names {each} quantiles, and the net has {found}",
        "Each answer has one output for each quantile.",
        f"make the last layer `linear {each}`, for one number as answer",
    )


def answers_stay(span: Span, word: str, shape: Shape) -> Diagnostic:
    """An augmentation moves what is in an image whose places are answered one by one."""
    return Diagnostic(
        "E048",
        span,
        f"`{word}` moves what is in an image, but not the answers at its places",
        f"The net answers at each place of {show(shape)}; its answers would stay where they are.",
        "remove the line; what changes colours only, such as `brightness`, can stay, or augment "
        "images and answers before the training",
    )


def no_image(span: Span, output: Shape, image: Shape, each: int) -> Diagnostic:
    """The net is to answer with its image, and has another number of outputs."""
    wanted = each * product(image)
    many = "an output" if each == 1 else f"{each} outputs"
    return Diagnostic(
        "E048",
        span,
        f"the net's output is {show(output)}, and is to be the image, which is {show(image)}",
        f"`predict image` takes {many} for each of its values.",
        f"make the last layer give {wanted} values",
    )


def masks_need_places(span: Span, data: str, answers: str) -> Diagnostic:
    """Masks for a net that does not answer at each place."""
    return Diagnostic(
        "E048",
        span,
        f"`data {data}` has an answer for each place, and this net answers with {answers}",
        "A mask tells what is at each place of an image.",
        "end the net with `conv Nx1x1` for N classes, and write `loss crossentropy`; or with `conv "
        "1x1x1` and `loss bce` for yes and no",
    )


def other_places(span: Span, output: Shape, wanted: Shape) -> Diagnostic:
    """The net's map has not the places of its images."""
    return Diagnostic(
        "E048",
        span,
        f"the net's output is {show(output)}, and the masks' answers are {show(wanted)}",
        "There is one answer for each place of an image, as it is before `pad`.",
        f"make the last layer give {show(wanted)}",
    )


def places_do_not_mix(span: Span, word: str) -> Diagnostic:
    """Images whose places have classes are mixed."""
    return Diagnostic(
        "E048",
        span,
        f"`{word}` mixes two images, but the classes at their places cannot be mixed",
        "Each place has one class.",
        "remove the line",
    )


def only_for_classes(span: Span, line: str, answers: Answers) -> Diagnostic:
    """A line that numbers classes, where answers are none."""
    return Diagnostic(
        "E048",
        span,
        f"`{line}` is for labels that are classes, and this net answers with {WRITTEN[answers]}",
        "So says its loss, or the line `predict`.",
        f"leave `{line.removeprefix('label ')}` out of the line `label`",
    )


def no_logarithm(span: Span, loss: str) -> Diagnostic:
    """`predict log` with a loss that takes numbers as they are."""
    return Diagnostic(
        "E048",
        span,
        f"`{loss}` takes the numbers as they are, and not their logarithms",
        "",
        "leave `log` out of the line `predict`, or write `loss mse`",
    )


def bounded_numbers(
    span: Span, layer: str, bounds: tuple[float, float], logarithm: bool, alone: bool
) -> Diagnostic:
    """The last layer's values are bounded, and those that are wanted are not."""
    low, high = bounds
    lie = f"lie between {low:g} and {high:g}"
    if high == float("inf"):
        lie = f"are {low:g} or more"
    wanted = (
        "It gives their logarithms, which may be any numbers."
        if logarithm
        else (
            "They are standardized for the training: their mean becomes 0, and about half of them "
            "negative."
        )
    )
    return Diagnostic(
        "E044",
        span,
        f"the values of `{layer}` {lie}, and the net's answers are any numbers",
        wanted,
        f"remove this `{layer}` line: the net ends in the layer before it",
        edits=(Edit.remove_line(span),) if alone else (),
    )


def metric_of_others(
    span: Span, metric: str, taken: tuple[Answers, ...], answers: Answers, instead: str
) -> Diagnostic:
    """A metric measures other answers than the net gives."""
    return Diagnostic(
        "E080",
        span,
        f"`{metric}` measures {' and '.join(WRITTEN[a] for a in taken)}, and this net's answers "
        f"are {WRITTEN[answers].replace('answers ', '')}",
        "So says its loss, or the line `predict` of the data.",
        f"write `{instead}`",
    )


def squashed_twice(span: Span, layer: str, loss: str, alone: bool) -> Diagnostic:
    """A sigmoid before a loss that contains one."""
    return Diagnostic(
        "E038",
        span,
        f"`{loss}` contains a sigmoid already, and the net ends with `{layer}`",
        "The sigmoid would be applied twice. Predictions are given theirs anyway.",
        f"remove this `{layer}` line",
        edits=(Edit.remove_line(span),) if alone else (),
    )


def takes_numbers(loss: str) -> Callable[[Span, str, Span, str], Diagnostic]:
    """What is said of a net that ends in a softmax by a loss that takes plain numbers."""

    def unfit(span: Span, last: str, last_span: Span, gives: str) -> Diagnostic:
        return Diagnostic(
            "E037",
            span,
            f"`{loss}` takes plain numbers, and the net ends with `{last}`",
            f"`{last}` is for classes, whose loss is `nll` or `crossentropy`.",
            f"remove the `{last}` line if the answers are numbers, else write another loss",
            (Related(last_span, "the last layer is here"),),
        )

    return unfit


def kl_needs_logsoftmax(span: Span, last: str, last_span: Span, gives: str) -> Diagnostic:
    """`loss kl` without log-probabilities."""
    swap = gives == "probabilities"
    return Diagnostic(
        "E037",
        span,
        "`kl` needs log-probabilities",
        f"It compares two distributions over the outputs, but the net ends with `{last}`.",
        f"write `logsoftmax` instead of `{last}`" if swap else "add `logsoftmax` as the last layer",
        (Related(last_span, "the last layer is here"),),
        (Edit.of(last_span, "logsoftmax"),) if swap else (),
    )
