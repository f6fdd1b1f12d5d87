"""Sections `train` and `augment` with random words of all registries, for pictures of 8x8."""

from random import Random
from typing import Any

from lenet.dsl.augmentations import AUGMENTATIONS
from lenet.dsl.initial import INITIAL
from lenet.dsl.losses import LOSSES
from lenet.dsl.optimizers import OPTIMIZERS
from lenet.dsl.rates import RATES
from lenet.dsl.vocabulary import Option, Word

ENDS = {"scores": "linear 10 as score", "log-probabilities": "linear 10 as score\nlogsoftmax",
        "distances": "linear 84 as score\nrbf digits"}  # fmt: skip
CLASSES = 10


def value_of(option: Option, random: Random) -> str:
    """A value that an option may have, as it is written."""
    low = max(0.0, option.low)
    high = min(option.high, max(3.0, 2 * low))
    before = f"{option.before} " if option.before and option.kind != "duration" else ""
    match option.kind:
        case "switch":
            return ""
        case "choice":
            return random.choice(list(option.choices))
        case "whole":
            return f"{before}{int(low) + random.randint(0, 2)}"
        case "pair":
            return f"{before}{random.randint(max(1, int(low)), 3)}"
        case "range":
            return f"{before}{max(low, 0.5):g} to {min(high, 1.25):g}"
        case "fall":
            return f"{before}0.{random.randint(90, 97)} to 0.{random.randint(70, 89)}"
        case "angle":
            return f"{before}{random.randint(1, 9)} degrees"
        case "duration" if option.default and option.before != "every":
            return str(option.default)
        case "duration":
            every = "every " if option.before == "every" else before
            return f"{every}{random.randint(1, 4)} iterations"
        case "numbers" if option.high == 1:  # parts of a whole, which rise
            return random.choice(("0.5", "0.1 0.9", "0.1 0.3 0.5 0.7 0.9"))
        case "numbers" if option.choices and random.random() < 0.5:
            return random.choice(list(option.choices))
        case "numbers":
            return " ".join(str(random.randint(1, 3)) for _ in range(CLASSES))
        case _:
            usual = option.default if isinstance(option.default, float) else 0.0
            value = usual or low + (high - low) * random.choice((0.001, 0.01, 0.1))
            return f"{before}{value:.3g}"


def use_of(word: Word, random: Random) -> str:
    """A word with values that it takes, and with some of its options; they go together."""
    while True:
        chosen = [o for o in word.options if random.random() < 0.4]
        text = " ".join([
            word.name, *(value_of(option, random) for option in word.values),
            *(f"{o.name} {value_of(o, random)}".strip() for o in chosen),
        ])  # fmt: skip
        given: dict[str, Any] = {option.name: _typical(option) for option in chosen}
        given |= {option.name: _typical(option) for option in word.values}
        if word.fits(word.use(**given)):
            return text


def _typical(option: Option) -> Any:
    if option.kind == "numbers":
        return (0.5,)
    return True if option.kind == "switch" else option.default or 0.5


def spec(seed: int) -> str:
    """A whole file; the same seed always gives the same."""
    random = Random(seed)
    loss = random.choice([entry for entry in LOSSES.values() if entry.takes != "distances"])
    rate = f"  rate {random.choice((0.01, 0.02, 0.003))} "
    if random.random() < 0.8:
        rate += use_of(random.choice(list(RATES.values())), random)
    if random.random() < 0.3:
        rate += " warmup 3 iterations"
    fitting = [entry for entry in OPTIMIZERS.values() if entry.momentum or " momentum" not in rate]
    optimizer = random.choice(fitting)
    # One that needs all images in a batch makes a step in an epoch.
    often = (
        "batch 1500\n  stop after 8 epochs"
        if optimizer.whole
        else "batch 200\n  stop after 2 epochs"
    )
    train = [rate, f"  optimizer {use_of(optimizer, random)}",
             f"  loss {use_of(loss, random)}"]  # fmt: skip
    others = ["clip norm 0.5", "clip value 0.1", "l1 0.0001", "l2 0.001", "max_norm 1.5",
              "freeze first"]  # fmt: skip
    random.shuffle(others)
    train += [f"  {line}" for line in others[: random.randint(0, 3)]]
    clips = [line for line in train if line.startswith("  clip")]
    train = [line for line in train if line not in clips[1:]]
    words = [entry for entry in AUGMENTATIONS.values() if not entry.resizes]
    words = [entry for entry in words if not entry.of_colours]
    lines = random.sample(words, random.randint(0, min(4, len(words))))
    augment = [f"  {use_of(entry, random)}" for entry in lines]
    first = "conv 4x3x3" + random.choice(("", " rate x 0.5", " l2 0.01", " max_norm 1"))
    if random.random() < 0.5:
        first += f" init {use_of(random.choice(list(INITIAL.values())), random)}"
    net = ["input 1x8x8", f"{first} as first", *(["batchnorm"] if random.random() < 0.4 else []),
           "relu", "flatten", ENDS[loss.takes]]  # fmt: skip
    data = "data digits" if loss.answers == "class" else "data frame"
    sections = [data, *(["augment", *augment] if augment else []), "train", *train]
    return "\n".join([*net, *sections, f"  {often}\n"])
