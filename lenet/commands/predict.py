"""`lenet predict`: classes of images."""

import sys
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import typer

from lenet.commands import Json, Model
from lenet.commands.predict_file import Engine, Master, Output, check_output, predict_to_file
from lenet.commands.predict_pngs import Masks, Pictures, Pngs
from lenet.terminal.console import note, pass_on, say, say_json, show_error

Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT", help="PNG or JPEG files, an IDX file, a table (csv, parquet), or a folder."
    ),
]

Invert = Annotated[
    str | None,
    typer.Option(
        metavar="auto|yes|no",
        help="Make light of dark; auto: where a picture is clearly the other way round.",
    ),
]


def predict(
    model: Model,
    inputs: Inputs,
    resize: Annotated[
        bool, typer.Option("--resize", help="Fit pictures of other sizes in, with their aspect.")
    ] = False,
    invert: Invert = None,
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
    output: Output = None,
    engine: Engine = "local",
    master: Master = None,
) -> None:
    """Print each image's class and probability, or what else the model answers.

    Pictures are prepared as the training images were, and what else is done to them is said. In
    pictures black is 0 and white is 1; an IDX file has bytes as the training data had. The exit
    code is 1 where an input cannot be used; the others are predicted all the same.

    Rows of tables pass through some at a time, so that there may be any number of them. With -o
    they are written with all their columns and the answers; with --engine spark, executors read
    and write, and FILE is a folder, as Spark has it.
    """
    from lenet.inputs import read_inputs
    from lenet.runtime.models.model import Model as Trained

    if as_json and csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    if invert not in (None, "auto", "yes", "no"):
        raise typer.BadParameter(f"--invert takes auto, yes or no, not {invert!r}")
    check_output(output, engine, as_json or csv or masks or pictures or resize or invert)
    if output is not None:
        predict_to_file(Trained.open(model), inputs, output, engine, master)
        return
    trained = Trained.open(model)
    written: list[Pngs] = [
        kind(folder, trained)
        for kind, folder in ((Masks, masks), (Pictures, pictures))
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


def _answer(batch: Any, trained: Any, show: Any, written: list[Pngs], done: Counter[str]) -> bool:
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
