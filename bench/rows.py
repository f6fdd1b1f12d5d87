"""What it costs to predict a csv file of many rows, here and through Spark, beside its parts.

    python bench/rows.py --data DIR [--rows 250000 1000000 4000000] [--model MODEL]

DIR has diamonds.csv, whose rows are repeated with other numbers. MODEL is one of diamonds.lenet;
without it, a net of that file is trained for an epoch, which takes as long to predict. Prints
seconds, processor seconds and the peak of memory, of Python and Java together (each process with
its share of what they have in common). The net alone takes rows that are numbers already; reading
alone takes the file's texts into memory, and into nothing. Ten rows tell what starting costs. Of a
million rows it also tells what Spark takes for each part once Java is warm: medians of three times.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.csv
from measure import machine

import lenet
from lenet.runtime.data.formats.chunks import chunks_of
from lenet.runtime.models.answered_rows import features_of

ROOT = Path(__file__).parents[1]
_EVERY = 0.1  # seconds between looks at memory
_ROUNDS = 6  # of which the last ones count
_SPARK_READS = """
import sys
from lenet.runtime.spark.predicted_table import csv_frame
from lenet.runtime.spark.session import used_session
with used_session("local[*]", "rows", {"spark.task.cpus": "1"}, thorough=True) as session:
    csv_frame(session, [sys.argv[1]]).write.format("noop").mode("overwrite").save()
"""


@dataclass
class Cost:
    """Seconds, seconds of all processors, and MB at the most."""

    seconds: float = 0.0
    processor: float = 0.0
    memory: float = 0.0

    def __str__(self) -> str:
        return f"{self.seconds:8.1f} {self.processor:10.1f} {self.memory:10.0f}"


def _processor(process: psutil.Process) -> float:
    """Seconds of a process and its children, with those of theirs that have ended."""
    seconds = 0.0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.Error):
            seconds += sum(each.cpu_times()[:4])
    return seconds


@contextmanager
def watched(process: psutil.Process, cost: Cost) -> Iterator[None]:
    """Note the memory and the processor time of a process and its children while this lasts."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(_EVERY):
            memory = 0
            with suppress(psutil.Error):
                for each in (process, *process.children(recursive=True)):
                    with suppress(psutil.Error):
                        memory += each.memory_full_info().pss
                cost.processor = max(cost.processor, _processor(process))
            cost.memory = max(cost.memory, memory / 2**20)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def of_program(*arguments: object) -> Cost:
    """A program of its own, which must succeed."""
    cost, started = Cost(), time.monotonic()
    program = subprocess.Popen([sys.executable, *map(str, arguments)], cwd=ROOT)
    with watched(psutil.Process(program.pid), cost):
        if program.wait():
            raise SystemExit(program.returncode)
    cost.seconds = time.monotonic() - started
    return cost


def of_call(work: Callable[[], object]) -> Cost:
    """A function, the second time that it is called."""
    work()
    cost, before, started = Cost(), time.process_time(), time.monotonic()
    with watched(psutil.Process(), cost):
        work()
    cost.seconds, cost.processor = time.monotonic() - started, time.process_time() - before
    return cost


def repeated(table: pa.Table, count: int) -> pa.Table:
    """So many rows of a table, whose fractions are a little different each time."""
    random = np.random.default_rng(count)
    found = table.take(pa.array(np.arange(count) % table.num_rows))
    for k, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            values = found[field.name].to_numpy() * random.uniform(0.99, 1.01, count)
            found = found.set_column(k, field.name, pa.array(values.round(3)))
    return found


def model_of(given: Path | None, data: Path, folder: Path) -> Path:
    """The model to predict with."""
    if given is not None:
        return given
    spec = (ROOT / "specs" / "diamonds.lenet").read_text()
    spec = spec.replace("diamonds.csv", str(data / "diamonds.csv")).replace("30 epochs", "1 epoch")
    path = folder / "model.safetensors"
    lenet.train(spec, engine="local", progress=False).save(path)
    return path


def costs(model_path: Path, path: Path, folder: Path) -> dict[str, Cost]:
    """Of a file of rows, and of its parts where it has more than a few."""
    predict = ("-m", "lenet", "predict", model_path, path, "-o")
    found = parts(lenet.open(model_path), path)
    found["predict"] = of_program(*predict, folder / "here.parquet")
    found["reading, Spark"] = of_program("-c", _SPARK_READS, path)
    found["predict, Spark"] = of_program(*predict, folder / f"{path.stem}.parquet", "--engine",
                                         "spark")  # fmt: skip
    return found


def warm(model: lenet.Model, path: Path, folder: Path) -> None:
    """Print what a session takes that has done all of it before."""
    from lenet.runtime.spark.predicted_table import csv_frame, predict_on_spark, predicted_lines
    from lenet.runtime.spark.session import start_session

    settings = {"spark.task.cpus": "1", "spark.sql.execution.arrow.maxRecordsPerBatch": "16384"}
    session = start_session("local[*]", "rows", settings=settings, thorough=True)
    frame = csv_frame(session, [str(path)])

    def into_nothing() -> None:
        lines = predicted_lines(session, model, [str(path)])
        assert lines is not None
        lines.write.format("noop").mode("overwrite").save()

    def predicted() -> None:
        shutil.rmtree(folder / "warm", ignore_errors=True)
        predict_on_spark(session, model, [str(path)], str(folder / "warm"), ".parquet")

    works = {
        "Spark reads": lambda: frame.write.format("noop").mode("overwrite").save(),
        "we, into nothing": into_nothing,
        "Spark copies": lambda: frame.write.mode("overwrite").parquet(str(folder / "copy")),
        "we predict": predicted,
    }
    seen: dict[str, list[float]] = {what: [] for what in works}
    for _ in range(_ROUNDS):
        for what, work in works.items():
            before = _processor(psutil.Process())
            work()
            seen[what].append(_processor(psutil.Process()) - before)
    session.stop()
    for what, seconds in seen.items():
        print(f"  {'warm':7} {what:16} {'':8} {statistics.median(seconds[-3:]):10.1f}", flush=True)


def parts(model: lenet.Model, path: Path) -> dict[str, Cost]:
    """Of what predicting is made of, with all rows in memory."""
    features = features_of(model)
    table = pa.concat_tables(chunks_of(path, features))
    values = features.encode(table).values
    return {
        "the net alone": of_call(lambda: model.outputs(values)),
        "rows to numbers": of_call(lambda: features.encode(table)),
        "reading, Arrow": of_call(lambda: pyarrow.csv.read_csv(path)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="What predicting many rows costs.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of diamonds.csv")
    parser.add_argument("--rows", type=int, nargs="*", default=[250_000, 1_000_000, 4_000_000])
    parser.add_argument("--model", type=Path, help="a model of diamonds.lenet")
    arguments = parser.parse_args()
    table = pyarrow.csv.read_csv(arguments.data / "diamonds.csv")
    print(", ".join(str(value) for value in machine().values()))
    print(f"{'rows':>9} {'':16} {'seconds':>8} {'processor':>10} {'MB':>10}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = model_of(arguments.model, arguments.data.resolve(), folder)
        for count in (10, *arguments.rows):
            path = folder / f"{count}.csv"
            pyarrow.csv.write_csv(repeated(table, count), path)
            for what, cost in costs(model, path, folder).items():
                print(f"{count:9,} {what:16} {cost}", flush=True)
            if count == 1_000_000:
                warm(lenet.open(model), path, folder)
            path.unlink()


if __name__ == "__main__":
    main()
