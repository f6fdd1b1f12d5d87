"""`lenet predict -o FILE`: a table with what a model says of its rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet.dsl.errors import LenetError
from lenet.terminal.console import note, show_error

if TYPE_CHECKING:
    from lenet.runtime.models.model import Model
    from lenet.runtime.models.predicted_file import Written


Output = Annotated[
    Path | None,
    typer.Option(
        "-o", metavar="FILE", help="Of tables: write the rows and the answers, .parquet or .csv."
    ),
]
Engine = Annotated[
    str, typer.Option(metavar="local|spark", help="What reads and writes tables, with -o.")
]
Master = Annotated[
    str | None, typer.Option(metavar="URL", help="Spark's master, with --engine spark.")
]


def check_output(output: Path | None, engine: str, others: object) -> None:
    """BadParameter for options that do not go together, where `others` are for what is no table,
    and for a file of no kind that can be written."""
    if engine not in ("local", "spark") or (engine == "spark" and output is None):
        raise typer.BadParameter("--engine takes local, or with -o spark")
    if output is None:
        return
    if others:
        raise typer.BadParameter("-o is for tables, and goes with --engine and --master only")

    from lenet.runtime.models.predicted_file import WRITERS

    if output.suffix.lower() not in WRITERS:
        raise typer.BadParameter(f"-o: name a file that ends in {' or '.join(WRITERS)}")


def predict_to_file(
    model: "Model", inputs: list[Path], output: Path, engine: str, master: str | None
) -> None:
    """Write it, and say how many rows there are; exit code 1 where some cannot be used."""
    from lenet.runtime.models.predicted_file import predict_files

    if engine == "spark":
        written = _on_spark(model, inputs, output, master)
    else:
        written = predict_files(model, inputs, output)
    note(f"wrote {output}: {written.rows:,} rows")
    if written.unusable:
        show_error(
            LenetError(
                f"{written.unusable:,} of {written.rows:,} rows cannot be used",
                f"One of them: {written.why}",
                "see the column `error`",
            )
        )
        raise typer.Exit(1)


def _on_spark(model: "Model", inputs: list[Path], output: Path, master: str | None) -> "Written":
    from lenet.runtime.spark.predicted_table import predict_on_spark
    from lenet.runtime.spark.session import used_session

    # A task a core: most of its time goes into what is not the net, some of it once for a batch.
    settings = {"spark.task.cpus": "1", "spark.sql.execution.arrow.maxRecordsPerBatch": "16384"}
    with used_session(master or "local[*]", "lenet predict", settings, thorough=True) as session:
        return predict_on_spark(
            session, model, [str(path) for path in inputs], str(output), output.suffix.lower()
        )
