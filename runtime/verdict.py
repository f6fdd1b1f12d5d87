"""Whether a training has led to anything, when it is over."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from lenet.dsl.graph import Graph
from lenet.dsl.registry import layers
from lenet.runtime.events import Predictions, Warned
from lenet.runtime.look import class_names, what_are
from lenet.runtime.training.source import Source

_BETTER = 0.02  # of what the most frequent class leaves, what a net must gain to count as better
_NAMED = 10  # classes that a message lists


def verdict(
    graph: Graph, source: Source, history: Sequence[Mapping[str, Any]],
    predictions: Predictions | None,
) -> Iterator[Warned]:  # fmt: skip
    """What is wrong with the end of a training, and what to try.

    `history` has the epochs as a model keeps them, `predictions` what was counted at the last
    validation.
    """
    if not history:
        return
    last = history[-1]
    losses = [epoch["loss"] for epoch in history]
    if graph.answers != "class":
        yield from _of_answers(graph, source, predictions, losses)
        return
    counts = source.counted[0].labels
    names = class_names(graph, source)
    if predictions is None:
        right, images = last["top1"], "training images"
    else:
        own = predictions.classes
        counts = {label: count for label, count in enumerate(own) if count}
        right, images = predictions.hits / sum(own), "validation images"
    most = max(counts, key=lambda label: counts[label])
    share = counts[most] / sum(counts.values())
    stuck = len(losses) > 1 and losses[-1] >= losses[0]
    if len(counts) > 1 and right < share + _BETTER * (1 - share):
        text = f"the net is no better than guessing: {right:.2%} of the {images} are right, and "
        text += f"{share:.2%} would be with the answer {names[most]} to all of them"
        yield Warned(text, _what_to_try(graph, source, losses))
    elif stuck:
        yield _stuck(graph, source, losses)
    elif predictions is not None:
        taken = predictions.predicted
        never = [names[k] for k in sorted(counts) if not taken[k]]
        if never:
            shown = ", ".join(never[:_NAMED]) + (", …" if len(never) > _NAMED else "")
            what = what_are(graph, source)
            fix = (
                f"look at these classes' {what} and labels, and give more of them; or train longer"
            )
            yield Warned(f"no {what.removesuffix('s')} is ever taken for {shown}", fix)


def _stuck(graph: Graph, source: Source, losses: Sequence[float]) -> Warned:
    text = f"the training loss has not fallen: {losses[0]:.4f} in the first epoch, "
    return Warned(f"{text}{losses[-1]:.4f} in the last", _what_to_try(graph, source, losses))


def _of_answers(
    graph: Graph, source: Source, predictions: Predictions | None, losses: Sequence[float]
) -> Iterator[Warned]:
    """The same of a net whose answers are no classes."""
    gained = predictions.gained if predictions is not None else None
    if source.group > 1:  # what counts is the order of the answers
        gained = None
    if gained is not None and gained < _BETTER:
        same = "always the mean" if graph.answers == "numbers" else "always what is more frequent"
        text = f"the net is no better than guessing: than to answer {same}, by {gained:.2%} of what"
        yield Warned(f"{text} that leaves to be learnt", _what_to_try(graph, source, losses))
    elif len(losses) > 1 and losses[-1] >= losses[0]:
        yield _stuck(graph, source, losses)


def _what_to_try(graph: Graph, source: Source, losses: Sequence[float]) -> str:
    train = graph.train
    assert train is not None and train.rate is not None
    hints = []
    normalizes = any(layers()[node.kind].normalizes for node in graph.nodes)
    if normalizes and train.batch < _SMALL:
        hints.append(f"a larger batch (`batch 64`): `batchnorm` sees {train.batch} at a time")
    hints.append(_another_rate(max(train.rate.bases), losses))
    if graph.data is not None and not graph.data.normalize and not graph.data.tabular:
        hints.append("`normalize` in the data section")
    what = "labels" if graph.answers == "class" else "answers"
    hints.append(f"whether the {what} belong to the {what_are(graph, source)}")
    return "try " + ", ".join(hints[:-1]) + "; and look " + hints[-1]


def _another_rate(rate: float, losses: Sequence[float]) -> str:
    """A loss that falls in each epoch, but by a hair, falls too slowly; others jump."""
    lower, higher = f"`rate {_rounded(rate / 10)}`", f"`rate {_rounded(rate * 10)}`"
    if len(losses) < 2:
        return f"another rate ({lower} or {higher})"
    falls = all(after < before for before, after in pairwise(losses))
    if falls and losses[-1] > _HAIR * losses[0]:
        return f"a higher rate ({higher}) or more epochs"
    return f"a lower rate ({lower})"


_HAIR = 0.98  # of the first epoch's loss
_SMALL = 8  # images whose statistics say little


def _rounded(rate: float) -> str:
    digits = 1 - math.floor(math.log10(rate))
    return f"{round(rate, max(0, digits)):g}"
