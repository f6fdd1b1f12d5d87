"""Which tensor of a file is which of a net's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lenet.compiler.memory.layout import Slot
from lenet.dsl.errors import LenetError
from lenet.dsl.shapes import Shape, show
from lenet.runtime.weights.names import Names, known_names
from lenet.runtime.weights.tensor_file import Floats, TensorFile


@dataclass(frozen=True)
class Match:
    """By `names`, a net's tensors and those of a file.

    `taken` are the file's by ours. Of ours, `missing` are those that the file has not; `misfits`
    those that it has with another shape or of another type, with what they are in both. Of the
    file's, `left` are those that nobody takes, without those that are known to be `unneeded`.
    """

    names: Names
    taken: Mapping[str, str]
    missing: tuple[str, ...]
    misfits: Mapping[str, str]
    left: tuple[str, ...]
    unneeded: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether each tensor of both is accounted for."""
        return not (self.missing or self.misfits or self.left)


def match(slots: Sequence[Slot], file: TensorFile, names: Names) -> Match:
    """The tensors of a net in a file, by names."""
    taken: dict[str, str] = {}
    misfits: dict[str, str] = {}
    missing, used = [], set()
    for slot in slots:
        found = next((name for name in names.of(slot) if name in file.shapes), None)
        used.add(found)
        if found is None:
            missing.append(slot.name)
        elif not file.is_floats(found):
            misfits[slot.name] = f"{file.kinds[found]} there"
        elif not same_order(slot.shape, file.shapes[found]):
            misfits[slot.name] = f"{show(slot.shape)} here, {_shown(file.shapes[found])} there"
        else:
            taken[slot.name] = found
    rest = [name for name in file.shapes if name not in used]
    unneeded = tuple(name for name in rest if names.needs_not(name))
    left = tuple(name for name in rest if not names.needs_not(name))
    return Match(names, taken, tuple(missing), misfits, left, unneeded)


def best_match(slots: Sequence[Slot], file: TensorFile, names: Names | None) -> Match:
    """By these names, if any are given. Else by our own, or by those of a known net that the file
    is of: whichever finds the most, our own first."""
    known = (own for own in known_names() if own.describes(file.shapes))
    candidates = [names] if names is not None else [Names(), *known]
    return max((match(slots, file, own) for own in candidates), key=lambda m: len(m.taken))


def same_order(ours: Shape, theirs: Shape) -> bool:
    """Whether a tensor of the one shape has the values of the other in the same order: they differ
    in axes of one place at most, as a linear layer's weights and those of a 1x1 convolution."""
    return [size for size in ours if size != 1] == [size for size in theirs if size != 1]


def _shown(shape: Shape) -> str:
    return show(shape) if shape else "a single number"


def read_matched(slot: Slot, file: TensorFile, name: str) -> Floats:
    """The values of a tensor that matches; LenetError where one is no number, or stands where the
    net has no connection."""
    values = file.read(name).reshape(slot.shape)
    mask = slot.parameter.mask
    if mask is not None and values[~np.array(mask, bool)].any():
        raise LenetError(
            f"the tensor {name} of {file.path} connects maps that the net does not",
            f"For {slot.name}, its table has a `.` where the weights are not 0.",
        )
    return values
