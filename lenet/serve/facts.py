"""What a model takes and says, as its API's schema and its page have it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lenet.dsl.answers import WRITTEN, Answers
from lenet.dsl.errors import LenetError
from lenet.dsl.shapes import Shape, as_image, product
from lenet.runtime.models.described import outcome
from lenet.runtime.models.model import Model
from lenet.serve.columns import Column, columns_of

BYTES = 255


@dataclass(frozen=True)
class Facts:
    """A row is an image of `shape` with values as the training data had them, which went from
    `least` to `most` where that is known: `whole` numbers of a byte, or any. `pictures` says
    whether it may be a picture, too, and `drawn` whether drawings are cut out of them. A row of a
    table has a value for each of its `columns`, in place of all this. `names` are those of the
    answers: classes, numbers or questions."""

    shape: Shape
    whole: bool
    least: float | None
    most: float | None
    pictures: bool
    drawn: bool
    columns: tuple[Column, ...]
    answers: Answers
    names: tuple[str, ...]
    parameters: int
    outcome: str

    @classmethod
    def of(cls, model: Model) -> "Facts":
        """Of a model; LenetError where its spec cannot be read, or it does not answer rows."""
        features = model.features
        if features is not None and features.of_windows:
            raise LenetError(
                "the model goes on with series, and does not answer rows one by one", "",
                "use `lenet forecast MODEL TABLE`",
            )  # fmt: skip
        shape = model.image_shape
        observed = model.observed if features is None else None  # of encoded rows
        image, scale = as_image(shape), model.pixel_scale
        pictures = image[0] in (1, 3) and image[1] > 1 and features is None
        return cls(
            shape=shape,
            whole=scale != 1,
            least=None if observed is None else _unscaled(observed.least, scale),
            most=None if observed is None else _unscaled(observed.most, scale),
            pictures=pictures,
            drawn=pictures and model.preparation().drawn is not None,
            columns=() if features is None else columns_of(features),
            answers=model.graph.answers,
            names=model.classes if model.unit is None else model.unit.names(model.classes),
            parameters=model.graph.parameter_count,
            outcome=outcome(model.history),
        )

    @property
    def size(self) -> int:
        """Values of a row."""
        return product(self.shape)

    @property
    def outputs(self) -> int:
        """Numbers of an answer, about, which tells how long it is to write."""
        return len(self.names)

    @property
    def dtype(self) -> type[np.generic]:
        """Of rows."""
        return np.uint8 if self.whole else np.float32

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "input": {
                "shape": list(self.shape), "whole": self.whole, "least": self.least,
                "most": self.most, "pictures": self.pictures, "drawn": self.drawn,
                "columns": [column.as_dict() for column in self.columns],
            },
            "answers": {"kind": WRITTEN[self.answers], "names": list(self.names)},
            "parameters": self.parameters,
            "outcome": self.outcome,
        }  # fmt: skip


def _unscaled(value: float, scale: float) -> float:
    return float(f"{value / scale:.7g}")  # as it was before it was scaled
