"""The kinds of words that stand in lines of sections, and behind `input`: the only place that knows
all registries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lenet.dsl.augmentations import AUGMENTATIONS
from lenet.dsl.datasets import DATASETS
from lenet.dsl.early import EARLY
from lenet.dsl.initial import INITIAL
from lenet.dsl.inputs import INPUTS
from lenet.dsl.losses import LOSSES
from lenet.dsl.metrics import METRICS
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.rates import RATES
from lenet.dsl.samplers import SAMPLERS
from lenet.dsl.vocabulary import Option, Registry, Word


@dataclass(frozen=True)
class Kind:
    """`what` such a word is in messages, `title` the same with its article, and `keys` the lines of
    sections, sections, layers or their options, in which it may stand; without them it begins a
    line itself."""

    what: str
    title: str
    keys: tuple[str, ...]
    words: Registry[Any]

    def options(self) -> Iterator[tuple[Word, Option]]:
        """Each word with each of its options."""
        for entry in self.words.values():
            for option in entry.options:
                yield entry, option


KINDS: tuple[Kind, ...] = (
    Kind("optimizer", "an optimizer", ("optimizer",), OPTIMIZERS),
    Kind("loss", "a loss", ("loss",), LOSSES),
    Kind("metric", "a metric", ("validate", "stop", "keep", "best"), METRICS),
    Kind("way to change the rate", "a way to change the rate", ("rate",), RATES),
    Kind("dataset", "a dataset", ("data",), DATASETS),
    Kind("kind of input", "a kind of input", ("input",), INPUTS),
    Kind("initial value", "initial values", ("init",), INITIAL),
    Kind("sampler", "a sampler", ("sampler",), SAMPLERS),
    Kind("early stop", "an early stop", ("early",), EARLY),
    Kind("line of augment", "a line of the section augment", (), AUGMENTATIONS),
)
