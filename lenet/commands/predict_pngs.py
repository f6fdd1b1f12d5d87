"""`lenet predict --masks DIR`, `--pictures DIR`: answers that are pictures, as PNGs."""

import re
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any

_NUMBERED = re.compile(r"(.+)\[(\d+)\]")  # the name of an image of an IDX file


class Pngs(ABC):
    """The PNGs of a net's answers, in a folder."""

    def __init__(self, folder: Path, trained: Any) -> None:
        self.folder = folder
        self._names: Counter[str] = Counter()
        self.check(trained)

    @abstractmethod
    def check(self, trained: Any) -> None:
        """LenetError where the net has no such answers."""

    @abstractmethod
    def save(self, path: Path, prediction: Any, k: int) -> None:
        """Write the answer to image k."""

    def write(self, picture: str, prediction: Any, k: int) -> None:
        """That of a picture, by its name; of several with one name the others are counted. Those of
        an IDX file have its name and their number."""
        stem = Path(picture).stem
        if numbered := _NUMBERED.fullmatch(Path(picture).name):
            stem = f"{Path(numbered[1]).stem}-{numbered[2]}"
        self._names[stem] += 1
        count = self._names[stem]
        name = f"{stem}.png" if count == 1 else f"{stem}-{count}.png"
        self.save(self.folder / name, prediction, k)


class Masks(Pngs):
    """Those of a net that answers each place."""

    def check(self, trained: Any) -> None:
        from lenet.dsl.answers import WRITTEN
        from lenet.dsl.errors import LenetError

        if trained.graph.answers != "places":
            said = WRITTEN[trained.graph.answers]
            raise LenetError(
                f"the model answers with {said}, so there are no masks to write",
                "Masks are of nets that answer with a class for each place.",
                "leave --masks out",
            )

    def save(self, path: Path, prediction: Any, k: int) -> None:
        from lenet.masks import write_mask

        write_mask(path, prediction.masks[k])


class Pictures(Pngs):
    """Those of a net whose answers are pictures, such as an autoencoder."""

    def check(self, trained: Any) -> None:
        from lenet.dsl.answers import WRITTEN
        from lenet.dsl.errors import LenetError
        from lenet.dsl.shapes import show
        from lenet.pictures import answered_shape

        graph = trained.graph
        self._graph, self._shape = graph, answered_shape(graph, trained.image_shape)
        if self._shape is None:
            said = f"{WRITTEN[graph.answers]}, {show(graph.output)}"
            raise LenetError(
                f"the model answers with {said}, so there are no pictures to write",
                "Pictures are of nets that give their images back, by `predict image` in the data "
                "section, or that answer with numbers in maps of one channel or three.",
                "leave --pictures out",
            )

    def save(self, path: Path, prediction: Any, k: int) -> None:
        from lenet.pictures import without_pad, write_picture

        picture = prediction.values[k].reshape(self._shape)
        write_picture(path, without_pad(picture, self._graph))
