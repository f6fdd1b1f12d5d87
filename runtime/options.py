"""How a training is run, beside what its file says: one table, from which the Python API and the
command line have their parameters."""

from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lenet.dsl.errors import LenetError
from lenet.runtime.extras import need

if TYPE_CHECKING:
    from lenet.runtime.spark.session import SparkSession


@dataclass(frozen=True)
class Described:
    """What both faces tell of an option: `help` without its first capital and its full stop,
    `metavar` for its value on the command line; and which values it takes."""

    help: str
    metavar: str
    choices: tuple[str, ...] = ()
    least: int | None = None


def _option(
    default: Any, help: str, metavar: str = "N", choices: tuple[str, ...] = (),
    least: int | None = None,
) -> Any:  # fmt: skip
    described = Described(help, "|".join(choices) or metavar, choices, least)
    return field(default=default, metadata={"described": described})


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is described is the same for the API and the command line. Of the rest, each has its own
    way to say it: `spark` is a session to use, else one for `master` is started and stopped; `data`
    a folder with copies, to be found again by a run that goes on; `folder` the run's, where an
    older run is only replaced to `overwrite`, and goes on from its newest checkpoint to `resume`.
    LenetError where a value is none of those that the option takes.
    """

    engine: str = _option(
        "spark", "local: the same bits, without Spark and Java", choices=("spark", "local")
    )
    master: str = _option(
        "local[*]", "the Spark master, where a session has to be started; local[N] has N threads",
        "URL",
    )  # fmt: skip
    workers: int | None = _option(
        None, "tasks that train together; by default one for each slot of the session", least=1
    )
    epochs: int | None = _option(
        None, "stop after so many epochs, in place of the file's `stop`", least=1
    )
    threads: int | None = _option(
        None, "threads of the local engine, all cores by default; or of a cluster's executors",
        least=1,
    )  # fmt: skip
    seed: int | None = _option(
        None, "a seed in place of the file's; the same rows are held out", least=0
    )
    checkpoints: str | None = _option(
        None, "another folder for the checkpoints, such as hdfs:///user/me/run", "URL"
    )
    all_reduce: str = _option(
        "mesh", "driver: where executors cannot reach each other", choices=("mesh", "driver")
    )
    timeout: float = _option(
        60.0, "seconds after which a worker that says nothing is taken for dead", "SECONDS", least=1
    )
    memory: int | None = _option(
        None, "bytes of images beyond which pictures stay encoded until a batch needs them, and a "
        "worker keeps others in a file; by default half of the free", "BYTES", least=1,
    )  # fmt: skip
    spark: "SparkSession | None" = None
    data: Path | None = None
    folder: Path | None = None
    overwrite: bool = False
    resume: bool = False

    def __post_init__(self) -> None:
        for name, (_, described) in described_options().items():
            value = getattr(self, name)
            if described.choices and value not in described.choices:
                known = ", ".join(described.choices)
                raise LenetError(f"there is no {name} {value!r}", f"There is {known}.")
            if described.least is not None and value is not None and value < described.least:
                title = f"{name} is {value:g}, but must be at least {described.least}"
                raise LenetError(title)
        if self.engine == "spark":  # said before data are read
            without = ", or train without Spark, to the same bits: "
            need("spark", "Spark", f"{without}--engine local", f'{without}engine="local"')


def described_options() -> dict[str, tuple[Field[Any], Described]]:
    """Those that the API and the command line have alike, by their names."""
    return {
        known.name: (known, known.metadata["described"])
        for known in fields(Options)
        if "described" in known.metadata
    }
