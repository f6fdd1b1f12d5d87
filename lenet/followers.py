"""Who follows each training of this process, such as a tracker of experiments."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from lenet.runtime.events import Event
from lenet.runtime.options import Options

if TYPE_CHECKING:
    from lenet.api import Network
    from lenet.runtime.models.model import Model


class Following(Protocol):
    """Of one training: takes its events, from any thread, and how it ends: with a model, or with
    an error."""

    def take(self, event: Event) -> None:
        """While it goes on."""

    def end(self, model: "Model | None", error: BaseException | None) -> None:
        """When it is over."""


class Follower(Protocol):
    """Begins to follow when a training begins."""

    def begin(self, network: "Network", options: Options) -> Following:
        """A training of this network."""


FOLLOWERS: list[Follower] = []


class Followed:
    """A training with those that follow it. Whatever they raise is a warning, and they are left
    alone from then on: a tracker that cannot be reached must not cost the training."""

    def __init__(self, network: "Network", options: Options) -> None:
        self.model: Model | None = None
        self.following: list[Following] = []
        for follower in FOLLOWERS:
            self._tried(follower, partial(self._begin, follower, network, options))

    def _begin(self, follower: Follower, network: "Network", options: Options) -> None:
        self.following.append(follower.begin(network, options))

    def take(self, event: Event) -> None:
        """Hand it on."""
        for each in list(self.following):
            self._tried(each, partial(each.take, event))

    def end(self, error: BaseException | None) -> None:
        """With the `model`, where there is one."""
        for each in list(self.following):
            self._tried(each, partial(each.end, self.model, error))

    def _tried(self, who: object, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self.following = [each for each in self.following if each is not who]
            first = (str(error).splitlines() or [""])[0]
            text = f"the training is not followed any more: {type(error).__name__}: {first}"
            warnings.warn(text, stacklevel=2)


@contextmanager
def followed(network: "Network", options: Options) -> Iterator[Followed]:
    """A training, inside, that all FOLLOWERS follow."""
    found = Followed(network, options)
    try:
        yield found
    except BaseException as error:
        found.end(error)
        raise
    found.end(None)
