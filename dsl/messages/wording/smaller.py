"""Teachers, and weights that are pruned."""

from collections.abc import Sequence

from lenet.dsl.answers import WRITTEN, Answers
from lenet.dsl.messages.codes import TRAINED, Code
from lenet.dsl.messages.diagnostics import Diagnostic, Edit, Related
from lenet.dsl.shapes import Shape, show
from lenet.dsl.syntax.tree import Span

E096 = Code(
    "a loss that no teacher can be mixed with",
    "A teacher tells how likely it finds each class of an image. A loss that compares something "
    "else has nothing that this could be mixed with.",
    "input 1x8x8\nreshape 64\nlinear 10\ndata digits\ntrain\n  loss hinge\n  rate 0.1\n"
    '  teach "large.safetensors"\n',
)


def not_taught(
    span: Span, loss: str, known: Sequence[str], answers: Answers, loss_span: Span | None
) -> Diagnostic:
    """The net's loss is none of the `known` ones of classes, which may be taught."""
    if answers != "class":
        return Diagnostic(
            "E096",
            span,
            f"a teacher answers with a class, and this net's answers are {WRITTEN[answers]}",
            "",
            "remove this line",
            edits=(Edit.remove_line(span),),
        )
    related = (Related(loss_span, "the loss is here"),) if loss_span is not None else ()
    return Diagnostic(
        "E096",
        span,
        f"`{loss}` cannot be mixed with what a teacher says",
        "A teacher gives probabilities of the classes, which this loss does not compare.",
        f"train with {' or '.join(f'`loss {name}`' for name in known)}",
        related,
    )


E097 = Code(
    "a teacher that does not fit",
    "A teacher sees the same images as the net that it teaches, in the same shape, and answers "
    "with the same classes in the same order.",
    "",
)


def teacher_unreadable(span: Span, path: str, reason: str) -> Diagnostic:
    """The file is missing, or no model."""
    return Diagnostic(
        "E097",
        span,
        f"the teacher {path} cannot be read",
        reason,
        "name the model.safetensors of a trained net; its path begins at this file's folder",
    )


def teacher_answers_else(span: Span, path: str, answers: Answers) -> Diagnostic:
    """The teacher is no classifier."""
    return Diagnostic(
        "E097",
        span,
        f"the teacher {path} does not answer with a class",
        f"Its answers are {WRITTEN[answers]}.",
        "name a model that was trained on the same classes",
    )


def teacher_has_other_classes(span: Span, path: str, classes: int, own: int) -> Diagnostic:
    """Another number of classes."""
    return Diagnostic(
        "E097",
        span,
        f"the teacher {path} has {classes} classes, and this net has {own}",
        "It says of each class how likely that is.",
        "name a model that was trained on the same classes",
    )


def teacher_sees_else(span: Span, path: str, shape: Shape, own: Shape) -> Diagnostic:
    """An input of another shape, or of other kinds."""
    found = f"The teacher's is {show(shape)}, and this net's {show(own)}."
    if shape == own:
        found = "They have one shape, but the teacher's rows are made of other columns or texts."
    return Diagnostic(
        "E097",
        span,
        f"the teacher {path} has another input than this net",
        f"{found} Both see the same rows.",
        "write the `input` and the section `data` as the teacher's file has them",
    )


E098 = Code(
    "weights that are pruned before they are trained",
    "What is small among trained weights matters little; among those that a training begins with, "
    "it is so by chance. So `prune` goes with `start from`.",
    TRAINED + "  prune 0.5\n",
)


def prunes_chance(span: Span) -> Diagnostic:
    """`prune` without `start from`."""
    return Diagnostic(
        "E098",
        span,
        "`prune` would take weights away that are small by chance",
        "The training begins with random weights.",
        'name a trained model, `start from "model.safetensors"`, or use `lenet compress`',
    )
