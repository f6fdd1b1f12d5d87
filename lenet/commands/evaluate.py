"""`lenet evaluate`: a model's metrics on test images."""

from pathlib import Path
from typing import Annotated

import typer

from lenet.commands import Data, Json, Model
from lenet.terminal.console import note, say, say_json


def evaluate(
    model: Model, data: Data = None, as_json: Json = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page about it: FILE.html.")
    ] = None,
) -> None:  # fmt: skip
    """Measure a model on test images.

    They are those of the data it was trained on, or of --data. With --json, an object: count, the
    metrics by name; classes, a list with label, count, precision, recall, f1, taken_for (the other
    class that its images are most often taken for, or null) and taken_for_count; and confusion,
    rows of counts, own class by predicted class. Where answers are numbers, classes is empty.
    """
    if report is not None and report.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"--report: name a file that ends in .html, not {report}")

    from lenet.runtime.models.model import Model as Trained
    from lenet.runtime.resolve import evaluation_images
    from lenet.terminal.evaluation import evaluation_lines

    trained = Trained.open(model)
    dataset = evaluation_images(trained.graph, data, trained.classes, trained.features)
    assert dataset.test is not None
    found = trained.evaluate_read(dataset.test)
    if as_json:
        say_json(found.as_dict())
    else:
        for line in evaluation_lines(found, dataset.name):
            say(line)
    if report is not None:
        from lenet.reporting import report_of_model
        from lenet.runtime.machine.files import write_atomically

        write_atomically(report, report_of_model(trained, dataset, model).encode())
        note(f"wrote {report}")
