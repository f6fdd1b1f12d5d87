"""What a diagnostic's code stands for. The codes themselves are in `wording`, by subject."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """What a mistake is, why it is one, and a whole file that has it and no other ("" where one
    file cannot have it alone)."""

    title: str
    story: str
    example: str


# What examples about a net's end and its training begin with.
NET = "input 1x8x8\nreshape 64\nlinear 10\nlogsoftmax\n"
TRAINED = NET + "data digits\ntrain\n  rate 0.1\n"
