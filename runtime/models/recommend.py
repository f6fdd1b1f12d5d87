"""What a net of users and items recommends."""

from typing import TYPE_CHECKING

import numpy as np

from lenet.dsl.errors import LenetError
from lenet.dsl.messages.clean import clean
from lenet.dsl.messages.diagnostics import closest

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model


def recommended(model: "Model", user: str, top: int = 10) -> list[tuple[str, float]]:
    """The items with the highest scores that a user had not seen in training, and their
    probabilities; of the same scores the item that more have seen comes first. LenetError where the
    model is of no `liked` rows, or does not know the user."""
    features, unit = model.features, model.unit
    if features is None or features.seen is None or unit is None:
        raise LenetError(
            "the model is of no users and items", "It was trained without a line `liked`.",
            "use `lenet predict`", "use model.predict(rows)",
        )  # fmt: skip
    users, items = (facts["categories"] for facts in features.facts)
    if user not in users:
        near = closest(user, users)
        raise LenetError(
            f"the model knows no user {clean(user[:60])}",
            f"It knows {len(users):,}, such as {', '.join(map(clean, users[:3]))}.",
            f"did you mean {clean(near)}?" if near else "name one of the training rows",
        )
    number = users.index(user)
    left = np.setdiff1d(np.arange(len(items)), features.seen.of_user(number))
    rows = np.stack([np.full(len(left), number), left], axis=1).astype(np.float32)
    found = unit.all_of(model.outputs(rows))[:, 0]
    order = np.argsort(-found, kind="stable")[:top]
    return [(items[int(left[k])], float(found[k])) for k in order]
