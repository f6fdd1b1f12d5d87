"""What layers of Caffe are read into, and what several of them share."""

from dataclasses import dataclass, field

from lenet.runtime.imports.caffe.prototxt import Message
from lenet.runtime.imports.draft import Draft, Head
from lenet.runtime.imports.lines import Two, reshaped
from lenet.runtime.imports.unread import Unread


@dataclass
class Net:
    """`values` are the draft's by the names of Caffe's blobs, whose values come from elsewhere
    where that is None."""

    draft: Draft
    values: dict[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """One: its message, and the values that it reads."""

    message: Message
    inputs: tuple[int, ...]

    @property
    def name(self) -> str:
        """What it is called there."""
        return self.message.text("name").replace("/", ".")

    def settings(self, name: str) -> Message:
        """Its message `name_param`."""
        return self.message.part(f"{name}_param")

    @property
    def x(self) -> int:
        """The first value that it reads."""
        if not self.inputs:
            raise Unread("which reads nothing that the net gives")
        return self.inputs[0]

    def as_map(self, net: Net) -> int:
        """The same as a map."""
        shape = net.draft.shape(self.x)
        return self.x if len(shape) == 3 else net.draft.add(reshaped((*shape, 1, 1)), self.x)

    def as_vector(self, net: Net) -> int:
        """The same as a vector."""
        return (
            self.x if len(net.draft.shape(self.x)) == 1 else net.draft.add(Head("flatten"), self.x)
        )

    def add(self, net: Net, head: Head, x: int | None = None) -> int:
        """A line, of the first value or of another one."""
        return net.draft.add(head, self.x if x is None else x, name=self.name)


def both(settings: Message, name: str, default: int, whole: str = "") -> Two:
    """A number for each direction: `name` once or twice, or `name_h` and `name_w`."""
    found = settings.wholes(whole or name)
    if len(found) > 2:
        raise Unread(f"of {len(found)} directions, where 2 are due")
    down, across = (found or [default])[0], (found or [default])[-1]
    return (settings.whole(f"{name}_h", down), settings.whole(f"{name}_w", across))
