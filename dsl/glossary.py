"""Words that stand in lines and are no layer, line or dataset themselves, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lenet.dsl.words import KINDS


@dataclass(frozen=True)
class Term:
    """`keys` are the lines of sections in which the word may stand."""

    meaning: str
    keys: tuple[str, ...] = ()


_TIMES = ("stop", "rate", "validate", "checkpoint", "log")
_LISTED = ("validate", "stop")

_TERMS = {
    # Of `rate`.
    "decay": Term("the rate is divided by 1 + decay * iteration", ("rate",)),
    "cosine": Term("the rate falls to 0 in half a cosine, from where it begins to the end of the "
                   "training", ("rate",)),
    "warmup": Term("how long the rate climbs in a straight line at the beginning, as in "
                   "`warmup 5 epochs`", ("rate",)),
    "at": Term("when the rate changes, as in `rate 0.1 0.01 at 30 epochs`", ("rate",)),
    # Of `stop`.
    "after": Term("the length of the training, as in `stop after 20 epochs`", ("stop",)),
    "when": Term("the training ends early by a metric, as in `stop when top1 above 0.99`",
                 ("stop",)),
    "above": Term("the training ends when the metric is larger than this", ("stop",)),
    "below": Term("the training ends when the metric is smaller than this", ("stop",)),
    "stalls": Term("the training ends when the metric has not become better for so many epochs, as "
                   "in `stop when loss stalls for 3 epochs`", ("stop",)),
    "for": Term("how long a metric may stall, as in `stalls for 3 epochs`", ("stop",)),
    # What is measured and logged.
    "top1": Term("the part of the images whose right class is the likeliest one", _LISTED),
    "top5": Term("the part of the images whose right class is among the five likeliest", _LISTED),
    "loss": Term("the mean of the loss over images", (*_LISTED, "log")),
    "rate": Term("the learning rate of an iteration", ("log",)),
    "throughput": Term("images in a second, over all workers", ("log",)),
    "parameters": Term("histograms of what is trained, for TensorBoard; in `expect`, its number",
                       ("log",)),
    # Times.
    "every": Term("how often, as in `every epoch` or `every 50 iterations`",
                  ("validate", "checkpoint", "log")),
    "epoch": Term("a pass over all training images", _TIMES),
    "epochs": Term("passes over all training images", _TIMES),
    "iteration": Term("one step of the optimizer, with one batch", _TIMES),
    "iterations": Term("steps of the optimizer, with a batch each", _TIMES),
    # Of `augment`.
    "horizontal": Term("left and right are exchanged", ("flip",)),
    "vertical": Term("up and down are exchanged", ("flip",)),
    "degrees": Term("the unit of angles, of which a full turn has 360", ("rotate",)),
    "to": Term("between the smallest and the largest factor, as in `scale 0.9 to 1.1`", ("scale",)),
    "pad": Term("rows and columns of zeros around the image before it is cut, as in "
                "`crop 28x28 pad 2`", ("crop",)),
    # Of `data`.
    "from": Term("what the first label is, as in `label from 1`: it is subtracted", ("label",)),
    "distinct": Term("each different label is a class of its own, as in `label distinct`, whatever "
                     "numbers lie between them", ("label",)),
    "fit": Term("the whole picture is seen, with borders where its aspect is another", ("resize",)),
    "stretch": Term("the picture gets the size without its aspect", ("resize",)),
    "white": Term("what is transparent looks white", ("background",)),
    "black": Term("what is transparent looks black", ("background",)),
    "unreadable": Term("pictures that cannot be read, as in `skip unreadable`", ("skip",)),
    # Of layers.
    "all": Term("a window as large as its map, as in `avgpool all`"),
    "yes": Term("the layer has a bias; of `invert`, every picture is inverted", ("invert",)),
    "no": Term("the layer has no bias, as before a `batchnorm`, which would subtract it; of "
               "`invert`, no picture is inverted", ("invert",)),
    "auto": Term("the compiler chooses the algorithm that it expects to be faster; of `invert`, "
                 "pictures on light ground are inverted", ("invert",)),
    "direct": Term("a convolution computed as the sums that define it"),
    "winograd": Term("a convolution by Winograd's transforms: fewer multiplications, for 3x3 and "
                     "5x5 kernels with stride 1"),
    "trained": Term("codes of `rbf` that are learnt"),
    "ascii7x12": Term("codes of `rbf` that are bitmaps of the ten digits, 7 pixels wide and 12 "
                      "high"),
    # Of every line, and around the language.
    "as": Term("gives a layer, block or repeat its name, as in `conv 6x5x5 as conv1`"),
    "x": Term("joins sizes: 6x5x5, or with names `width x 3 x 3`"),
    "allow": Term("in a comment, silences a warning on its line: `# allow W001`"),
    "digest": Term("the SHA-256 of the trained weights: two runs with the same digest have the "
                   "same weights, bit for bit"),
    "engine": Term("where a net is trained: `lenet train --engine spark` or `--engine local`, with "
                   "the same weights"),
}  # fmt: skip


@cache
def glossary() -> Mapping[str, tuple[Term, ...]]:
    """All meanings of each word: those of the registries, then those above."""
    found: dict[str, list[Term]] = {}
    for kind in KINDS:
        for entry in kind.words.values():
            found.setdefault(entry.name, []).append(Term(entry.summary, kind.keys))
        users: dict[tuple[str, str], list[str]] = {}
        for entry, option in kind.options():
            default = (
                "" if option.switch or not option.default else f", {option.default:g} if absent"
            )
            users.setdefault((option.name, option.summary + default), []).append(entry.name)
        for (name, meaning), names in users.items():
            found.setdefault(name, []).append(Term(f"of {', '.join(names)}: {meaning}", kind.keys))
    for name, term in _TERMS.items():
        found.setdefault(name, []).append(term)
    return {name: tuple(terms) for name, terms in found.items()}
