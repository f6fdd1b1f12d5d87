"""What tensors are called elsewhere: files of names, of users and of our own in specs/names."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from lenet.compiler.memory.layout import Slot
from lenet.dsl.errors import LenetError
from lenet.dsl.files import read_file
from lenet.dsl.messages.clean import clean

Normal = tuple[tuple[float, ...], tuple[float, ...]]
_KNOWN = Path(__file__).parents[2] / "specs" / "names"
_NONE = "-"  # in place of our name: we have nothing for it
# Of PyTorch's tensors, what only its training reads.
_UNNEEDED = ("num_batches_tracked",)


@dataclass(frozen=True)
class Names:
    """What our layers and tensors are called in another file.

    `theirs` are their names by ours; a layer's goes for all that is in it. Of what begins with one
    of `unneeded`, a net needs nothing. `normal` are the mean and the deviation by which the
    weights want values normalized in which white is 1, one for all channels or one for each; None
    where that is not said. `source` is the file that says so.
    """

    source: str = ""
    theirs: Mapping[str, str] = field(default_factory=dict)
    unneeded: tuple[str, ...] = ()
    normal: Normal | None = None

    def of(self, slot: Slot) -> list[str]:
        """What a tensor may be called there, the most fitting first."""
        names, (layer, _, part) = self.theirs, slot.name.rpartition(".")
        wanted = [names[slot.name]] if slot.name in names else []
        # A layer's other name goes for all that begins with it, as a block's does for its layers.
        place = next((own for own in sorted(names, key=len, reverse=True)
                      if layer == own or layer.startswith(f"{own}.")), None)  # fmt: skip
        other = names[place] + layer[len(place) :] if place is not None else layer
        return [*wanted, f"{other}.{part}", f"{other}.{slot.parameter.pytorch or part}"]

    def needs_not(self, tensor: str) -> bool:
        """Whether it is known that a net has nothing for a tensor of theirs."""
        return tensor.rpartition(".")[2] in _UNNEEDED or any(
            is_in(tensor, own) for own in self.unneeded
        )

    def describes(self, tensors: Collection[str]) -> bool:
        """Whether a file with these tensors is of the net whose names these are: it has all of
        them, but perhaps for the last layer, which gives the classes, and no others."""
        places = {name for tensor in tensors for name in _places(tensor)}
        *layers, last = self.theirs.values()
        named = {*layers, last}
        known = (self.needs_not(t) or not named.isdisjoint(_places(t)) for t in tensors)
        return places.issuperset(layers) and all(known)


def _places(tensor: str) -> list[str]:
    """A tensor's name, and those of the layer and the blocks that it is in."""
    parts = tensor.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def is_in(tensor: str, place: str) -> bool:
    """Whether a tensor is that of a name, or of what the name stands for."""
    return tensor == place or tensor.startswith(f"{place}.")


@lru_cache(maxsize=1)
def known_names() -> tuple[Names, ...]:
    """Those of nets that are known elsewhere, in the order of their files."""
    return tuple(read_names(path) for path in sorted(_KNOWN.glob("*.txt")))


def shown_source(names: Names) -> str:
    """The file of the names as messages call it: ours without the folders around them."""
    path = Path(names.source)
    return f"specs/names/{path.name}" if path.parent == _KNOWN else names.source


def read_names(path: Path) -> Names:
    """A line `ours theirs` for each layer or tensor, `- theirs` for what we have nothing for, and
    perhaps `normalize mean … deviation …`; # before a comment. LenetError."""
    try:
        text = read_file(path).decode()
    except OSError as error:
        raise LenetError(f"cannot read {path}", error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise LenetError(f"cannot read {path}", "It is no UTF-8 text.") from None
    names: dict[str, str] = {}
    unneeded, normal = [], None
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "normalize" and len(words) > 2:
            normal = _normal_of(words[1:])
            if normal is None:
                raise _unread(path, number, line, "", "write it as in `normalize mean 0.5 deviation"
                              " 0.25`, with a number of each for each channel")  # fmt: skip
        elif len(words) != 2 or words[0] in names:
            why = f"{words[0]} stands there twice." if len(words) == 2 else ""
            raise _unread(path, number, line, why)
        elif words[0] == _NONE:
            unneeded.append(words[1])
        else:
            names[words[0]] = words[1]
    return Names(str(path), names, tuple(unneeded), normal)


def _normal_of(words: list[str]) -> Normal | None:
    """What stands behind `normalize`; None where that cannot be read."""
    half = len(words) // 2
    if len(words) % 2 or words[0] != "mean" or words[half] != "deviation":
        return None
    try:
        mean, deviation = (tuple(map(float, w)) for w in (words[1:half], words[half + 1 :]))
    except ValueError:
        return None
    sound = mean and all(map(math.isfinite, (*mean, *deviation))) and min(deviation, default=0) > 0
    return (mean, deviation) if sound else None


def _unread(
    path: Path, number: int, line: str, why: str,
    fix: str = "write our name and theirs in each line, as in `conv1 features.0`",
) -> LenetError:  # fmt: skip
    detail = f"Line {number} is `{clean(line[:80].strip())}`. {why}".rstrip()
    return LenetError(f"I cannot read the names in {path}", detail, fix)
