"""Kernel calls in their order, cut into phases, and the buffers that they touch."""

from collections.abc import Iterable
from dataclasses import dataclass

from lenet.dsl.graph import Node
from lenet.dsl.shapes import product


@dataclass(frozen=True)
class Buffer:
    """Space for one block of sixteen images, in floats.

    The name is a role and a layer, such as "value conv1"; it never becomes code.
    """

    name: str
    size: int


@dataclass(frozen=True)
class Call:
    """One kernel call. `arguments` are texts, or buffers whose offsets the plan decides.

    `scope` is "block" or "group" (of blocks), "once" for what is done anew only with new weights
    (in prediction such calls come first, and what they leave stays; in training they are by
    themselves), or "end" for what is done at the end of a slice that has images (what they take
    has come from all its blocks).
    """

    function: str
    arguments: tuple[str | Buffer, ...]
    scope: str
    node: str = ""  # the layer that it computes
    checks: bool = False  # it returns whether what it has read are finite numbers

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        return tuple(a for a in self.arguments if isinstance(a, Buffer))


@dataclass(frozen=True)
class Sync:
    """What has to be known of the whole batch before a normalization can go on.

    kind "statistics": its channels' mean and variance, from the sums of all slices; "slopes": the
    means of the gradient and of its product with the normalized value, which are the gradients of
    shift and scale. `at` is the place of its four numbers a channel in the array `batch`: mean,
    one over the standard deviation, and those two means (of the product first).
    """

    kind: str
    node: Node
    at: int

    @property
    def channels(self) -> int:
        return self.node.bare_shape[0]

    @property
    def end(self) -> int:
        """Of its numbers in `batch`."""
        return self.at + 4 * self.channels

    @property
    def places(self) -> int:
        """Values of a channel in one image."""
        return product(self.node.bare_shape[1:])


@dataclass(frozen=True)
class Phase:
    """Calls without a need to know anything of other slices; `sync` follows them.

    `gradients` are the nodes whose tensors' gradients it completes. `preparations` come before it,
    once for all slices, the longest first.
    """

    calls: tuple[Call, ...]
    gradients: tuple[Node, ...] = ()
    sync: Sync | None = None
    preparations: tuple[Call, ...] = ()


NOTHING = Buffer("nothing", 0)


def segments(calls: Iterable[Call]) -> list[tuple[Call, ...]]:
    """Runs of calls that one loop over the blocks of a group can hold; others stand alone."""
    found: list[list[Call]] = []
    for call in calls:
        if call.scope == "block" and found and found[-1][-1].scope == "block":
            found[-1].append(call)
        else:
            found.append([call])
    return [tuple(run) for run in found]
