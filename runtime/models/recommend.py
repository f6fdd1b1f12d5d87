"""What a net of users and items recommends."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.messages.diagnostics import closest
from lenet.runtime.inputs.lists import Known

if TYPE_CHECKING:
    from lenet.runtime.data.features import Features
    from lenet.runtime.models.model import Model

Whole = NDArray[np.int64]
Scores = NDArray[np.float32]


def recommended(model: "Model", user: str, top: int = 10) -> list[tuple[str, float]]:
    """The items with the highest scores that a user had not seen in training, and their
    probabilities, or the ratings that a net of ratings tells; of the same scores the item that more
    have seen comes first. LenetError where the model is of no users and items, or does not know the
    user."""
    known = Recommender(model)
    number = known.users.number(user)
    if number is None:
        near = closest(user, known.users.entries)
        raise LenetError(
            f"the model knows no user {clean(user[:60])}",
            f"It knows {len(known.users):,}, such as "
            f"{', '.join(map(clean, known.users.entries[:3]))}.",
            f"did you mean {clean(near)}?" if near else "name one of the training rows",
        )
    items, scores = known.for_user(number, top)
    named = [known.items.entries[item] for item in items.tolist()]
    return list(zip(named, scores.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Recommender:
    """A model of users and items, its first and its second input: of `liked` rows, or of ratings.
    LenetError for another one."""

    model: "Model"

    def __post_init__(self) -> None:
        if not recommends(self.model):
            raise LenetError(
                "the model is of no users and items",
                "It was trained without a line `liked`, and not with two categories and a number.",
                "use `lenet predict`", "use model.predict(rows)",
            )  # fmt: skip

    @property
    def _features(self) -> "Features":
        assert self.model.features is not None
        return self.model.features

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the users and of the items, as its spec names them."""
        return tuple(names[0] for names in self._features.columns)

    @cached_property
    def users(self) -> Known:
        """The most frequent ones first."""
        return Known.of(self._features.facts[0]["categories"])

    @cached_property
    def items(self) -> Known:
        """As the users."""
        return Known.of(self._features.facts[1]["categories"])

    def scores(self, users: Whole, items: Whole) -> tuple[NDArray[np.float64], Scores]:
        """Of pairs: what orders them, and what is told, probabilities or ratings."""
        unit = self.model.unit
        assert unit is not None
        outputs = self.model.outputs(np.stack([users, items], axis=1).astype(np.float32))
        if unit.answers == "numbers":
            found = unit.points(outputs)
            return found[:, 0], unit.in_columns(found)[:, 0]
        order = unit.all_of(outputs)[:, 0]
        return order, order.astype(np.float32)

    def for_user(self, user: int, top: int) -> tuple[Whole, Scores]:
        """The best items that a user has not seen, by their numbers, and what is told of them."""
        seen = self._features.seen
        left = np.arange(len(self.items))
        left = left if seen is None else np.setdiff1d(left, seen.of_user(user))
        return self._best(np.full(len(left), user), left, left, top)

    def for_item(self, item: int, top: int) -> tuple[Whole, Scores]:
        """The users that have not seen an item, and may like it most."""
        left = np.setdiff1d(np.arange(len(self.users)), self._seen_by(item))
        return self._best(left, np.full(len(left), item), left, top)

    def _best(
        self, users: Whole, items: Whole, asked: Whole, top: int
    ) -> tuple[Whole, Scores]:  # fmt: skip
        if not len(asked):
            return asked, np.zeros(0, np.float32)
        order, told = self.scores(users, items)
        best = np.argsort(-order, kind="stable")[:top]
        return asked[best], told[best]

    def _seen_by(self, item: int) -> Whole:
        starts, users = self._viewers
        return users[starts[item] : starts[item + 1]]

    @cached_property
    def _viewers(self) -> tuple[Whole, Whole]:
        """The users of each item, as `Seen` has the items of each user."""
        seen, count = self._features.seen, len(self.items)
        if seen is None:
            return np.zeros(count + 1, np.int64), np.zeros(0, np.int64)
        users = np.repeat(np.arange(len(seen.starts) - 1), np.diff(seen.starts))
        order = np.argsort(seen.items, kind="stable")
        return np.searchsorted(seen.items[order], np.arange(count + 1)), users[order]


def recommends(model: "Model") -> bool:
    """Whether it is of users and items."""
    features, unit = model.features, model.unit
    if features is None or unit is None or len(features.inputs) != 2:
        return False
    if features.seen is not None:
        return True
    pairs = all(given.is_category for given in features.inputs)
    return pairs and unit.answers == "numbers" and len(model.classes) == 1 and unit.each == 1
