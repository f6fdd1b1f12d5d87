"""Whether `teach` and `prune` go with the rest of the file."""

from lenet.dsl.answers import Answers
from lenet.dsl.losses import LOSSES, usual_loss
from lenet.dsl.lower.lowering import Lowering
from lenet.dsl.messages import wording as messages
from lenet.dsl.registry import layers
from lenet.dsl.training.values import Train


def check_smaller(lowered: Lowering, train: Train, answers: Answers) -> None:
    """Whether the loss can be mixed with a teacher's, and whether there are weights to prune."""
    if train.teach is not None and train.teach.span is not None:
        gives = layers()[lowered.nodes[-1].kind].gives
        loss = LOSSES[train.loss.name] if train.loss else usual_loss(gives, answers)
        if not loss.taught or answers != "class":
            known = [entry.name for entry in LOSSES.values() if entry.taught]
            span = train.teach.span
            lowered.report(messages.not_taught(span, loss.name, known, answers, train.loss_span))
    if train.prune is not None and train.prune.span is not None and train.start is None:
        lowered.report(messages.prunes_chance(train.prune.span))
