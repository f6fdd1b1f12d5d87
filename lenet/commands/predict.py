"""`lenet predict`: classes of images."""

import re
import sys
from abc import ABC, abstractmethod
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import typer

from lenet.commands import Json, Model
from lenet.terminal.console import note, pass_on, say, say_json, show_error


def predict(
    model: Model,
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT", help="PNG or JPEG files, an IDX file, or a folder."),
    ],
    resize: Annotated[
        bool, typer.Option("--resize", help="Fit pictures of other sizes in, with their aspect.")
    ] = False,
    invert: Annotated[
        str | None,
        typer.Option(
            metavar="auto|yes|no",
            help="Make light of dark; auto: where a picture is clearly the other way round.",
        ),
    ] = None,
    as_json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    masks: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write a PNG of the class of each place, where a net answers so."
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a PNG of each answer, where a net gives pictures."),
    ] = None,
) -> None:
    """Print each image's class and probability, or what else the model answers.

    Pictures are prepared as the training images were, and what else is done to them is said. In
    pictures black is 0 and white is 1; an IDX file has bytes as the training data had. The exit
    code is 1 where an input cannot be used; the others are predicted all the same.
    """
    from lenet.inputs import read_inputs
    from lenet.runtime.models.model import Model as Trained

    if as_json and csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    if invert not in (None, "auto", "yes", "no"):
        raise typer.BadParameter(f"--invert takes auto, yes or no, not {invert!r}")
    trained = Trained.open(model)
    written: list[_Files] = [
        kind(folder, trained)
        for kind, folder in ((_Masks, masks), (_Pictures, pictures))
        if folder is not None
    ]
    show = (_Json if as_json else _Csv if csv else _Lines)(trained)
    done: Counter[str] = Counter()
    failed = [
        not _answer(batch, trained, show, written, done)
        for batch in read_inputs(inputs, trained, invert, resize)
    ]
    _say(done, trained, invert)
    if any(failed):
        raise typer.Exit(1)


def _answer(
    batch: Any, trained: Any, show: Any, written: "list[_Files]", done: Counter[str]
) -> bool:
    """Say what the model answers to some inputs, and count what was done to pictures; whether all
    could be used."""
    import numpy as np

    from lenet.runtime.data.preparation import DRAWN

    images = [found.image for found in batch if found.image is not None]
    prediction = trained.predict(np.stack(images)) if images else None
    number = 0
    for found in batch:
        if found.error is not None:
            show.error(found.name, found.error)
            continue
        show.answer(found, prediction, number)
        for files in written:
            files.write(found.name, prediction, number)
        # Of a drawing that is cut out, that says enough.
        done.update(found.done if DRAWN not in found.done else [DRAWN])
        number += 1
    return number == len(batch)


_NUMBERED = re.compile(r"(.+)\[(\d+)\]")  # the name of an image of an IDX file


class _Files(ABC):
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


class _Masks(_Files):
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


class _Pictures(_Files):
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


_SHOWN = 12  # answers in a line


class _Lines:
    def __init__(self, trained: Any) -> None:
        self.trained = trained
        self.unit = trained.unit  # of answers that are no classes

    def answer(self, found: Any, prediction: Any, k: int) -> None:
        if self.trained.graph.gives_images:
            say(f"{found.name}  rmse {self.difference(found, prediction, k):.4g}")
            return
        if self.unit is not None:
            said = list(zip(prediction.names, prediction.shown(k), strict=True))
            words = [f"{name} {value}" for name, value in said[:_SHOWN]]
            if len(said) > _SHOWN:
                words.append(f"and {len(said) - _SHOWN:,} more, which --json and --csv have")
            say("  ".join([found.name, *words]))
            return
        probability = float(prediction.probabilities[k].max())
        say(f"{found.name}  {prediction.label(k)}  {probability:.2%}")

    def difference(self, found: Any, prediction: Any, k: int) -> float:
        """Between an image and the one that the net gives back."""
        from lenet.pictures import difference

        return difference(self.trained, found.image, prediction.values[k])

    def error(self, name: str, error: Any) -> None:
        sys.stdout.flush()
        show_error(error)


class _Csv(_Lines):
    def __init__(self, trained: Any) -> None:
        super().__init__(trained)
        names = ("class", "label", "probability")
        unit = self.unit
        self._row("input", *(names if unit is None else unit.names(trained.classes)))

    def _row(self, *cells: object) -> None:
        from csv import writer

        row = StringIO()
        writer(row, lineterminator="\n").writerow(cells)
        pass_on(row.getvalue())

    def answer(self, found: Any, prediction: Any, k: int) -> None:
        if self.unit is not None:
            self._row(found.name, *(f"{value:.9g}" for value in prediction.values[k]))
            return
        number = int(prediction.classes[k])
        probability = f"{float(prediction.probabilities[k][number]):.6g}"
        self._row(found.name, number, prediction.label(k), probability)


class _Json(_Lines):
    def answer(self, found: Any, prediction: Any, k: int) -> None:
        if self.unit is not None:
            row = {"input": found.name, "answers": prediction[k]}
            if self.trained.graph.gives_images:
                row["rmse"] = self.difference(found, prediction, k)
            say_json(row | ({"prepared": list(found.done)} if found.done else {}))
            return
        number = int(prediction.classes[k])
        probabilities = [float(p) for p in prediction.probabilities[k]]
        row = {
            "input": found.name,
            "class": number,
            "label": prediction.label(k),
            "probability": probabilities[number],
            "probabilities": probabilities,
        }
        if found.done:
            row["prepared"] = list(found.done)
        say_json(row)

    def error(self, name: str, error: Any) -> None:
        text = ": ".join(part for part in (error.title, error.detail) if part)
        say_json({"input": name, "error": text})
        super().error(name, error)


def _say(done: Counter[str], trained: Any, invert: str | None) -> None:
    """What was done to pictures, once for each kind of it."""
    from lenet.runtime.data.preparation import DRAWN, INVERTED

    def pictures(count: int) -> str:
        return "1 picture" if count == 1 else f"{count:,} pictures"

    if done[DRAWN]:
        box = trained.preparation().drawn
        height, width = trained.image_shape[-2:]
        note(
            f"{pictures(done[DRAWN])} prepared as the training digits were: cut out, light on",
            f"dark, fitted into {box}x{box} and centred by mass in {height}x{width}",
        )
    if done[INVERTED] and invert != "yes":
        note(
            f"{pictures(done[INVERTED])} inverted: dark and light were the other way round than",
            "in the training images; --invert no leaves pictures as they are",
        )
