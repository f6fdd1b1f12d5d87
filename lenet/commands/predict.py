"""`lenet predict`: classes of images."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Json, Model


def predict(
    model: Model,
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT", help="PNG or JPEG files, an IDX file, or a folder."),
    ],
    resize: Annotated[bool, typer.Option("--resize", help="Fit pictures to the model.")] = False,
    as_json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Print each image's class and probability.

    In pictures black is 0 and white is 1; an IDX file has bytes as the training data had.
    """
    from csv import writer

    from lenet.inputs import read_inputs
    from runtime.model import Model as Trained

    if as_json and csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    trained = Trained.open(model)
    table = writer(sys.stdout, lineterminator="\n")
    if csv:
        table.writerow(["input", "class", "label", "probability"])
    for names, images in read_inputs(inputs, trained.image_shape, resize):
        prediction = trained.predict(images)
        for k, name in enumerate(names):
            number, label = int(prediction.classes[k]), prediction.label(k)
            probabilities = [float(p) for p in prediction.probabilities[k]]
            probability = probabilities[number]
            if as_json:
                row = {
                    "input": name,
                    "class": number,
                    "label": label,
                    "probability": probability,
                    "probabilities": probabilities,
                }
                print(json.dumps(row, ensure_ascii=False))
            elif csv:
                table.writerow([name, number, label, f"{probability:.6g}"])
            else:
                print(f"{name}  {label}  {probability:.2%}")
