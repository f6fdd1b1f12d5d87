"""Initial values: what a layer's weights are before the first step. Each is an entry, carried out
by the module of the same name in runtime/initial."""

from dataclasses import dataclass

from lenet.dsl.vocabulary import Option, Registry, Word


@dataclass(frozen=True, kw_only=True)
class Initial(Word):
    """An entry of initial values in the vocabulary: `formula` is how a weight is drawn, of a tensor
    whose outputs each see `inputs` values, and whose inputs are each seen by `outputs`."""

    formula: str


INITIAL: Registry[Initial] = Registry(__name__, "INITIAL")


def drawn(usual: str) -> tuple[Option, ...]:
    """The word of the distribution that values with a known deviation are drawn from."""
    choices = {
        "normal": "initial values from a normal distribution",
        "uniform": "initial values between two bounds, all as likely",
    }
    summary = "the distribution"
    return (Option("distribution", summary, "choice", usual, choices=choices),)
