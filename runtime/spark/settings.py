"""What Spark's sessions are told: nothing here needs pyspark, and so Java need not wait for it."""

import os
import re
from pathlib import Path

from lenet.compiler.jit.folders import cache_folder, cache_is_temporary
from lenet.dsl.messages.clean import clean
from lenet.runtime.machine.cores import available_cores, total_memory
from lenet.runtime.spark.class_archive import archive_options
from lenet.runtime.spark.home import home_settings
from lenet.runtime.spark.installed import plain_spark

# With more, Java's references are twice as long, and the archive of classes does not fit.
_MOST_MEMORY = 31 * 1024

# What takes long to start and is not used here, where nobody has settings that may want it: a web
# page, and functions of Spark ML, which runtime/spark/columns.py loads when a column needs them.
_LEFT_OUT = {"spark.ui.enabled": "false", "spark.sql.extensions.test.loadFromCp": "false"}

_OWN_WORKERS = {
    "spark.python.daemon.module": "lenet_workers",
    "spark.executorEnv.PYTHONPATH": str(Path(__file__).with_name("workers")),
}

# For rows that this process has, and hands over once: to compile Java for them, and to plan anew
# after each stage, takes longer than to do without. (Spark would read Parquet row by row with it.)
FOR_ROWS_AT_HAND = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}


def local_cores(master: str) -> int | None:
    """The threads of a master such as local, local[4], local[*] or local[4,2]; None for others."""
    local = re.fullmatch(r"local(?:\[(\*|\d+)(?:,\d+)?\])?", master)
    if local is None:
        return None
    return available_cores() if local[1] == "*" else int(local[1] or 1)


def is_ours(master: str) -> bool:
    """Whether a session is one in this machine for which nobody else has settings."""
    given = "PYSPARK_SUBMIT_ARGS" in os.environ
    return local_cores(master) is not None and plain_spark() is not None and not given


def session_settings(
    master: str, name: str, memory: int, threads: int | None, thorough: bool = False
) -> dict[str, str]:
    """Those of Spark's settings that a training needs, with so many MiB for Java in local mode; see
    `start_session`."""
    cores = local_cores(master)
    quiet = Path(__file__).with_name("log4j2.properties")
    java_options = f"-Dlog4j2.configurationFile={quiet.as_uri()}"
    chosen: dict[str, str | int] = {
        "spark.app.name": clean(name),
        "spark.ui.showConsoleProgress": "false",
        # Python's workers would look for modules in the working folder first: for Spark's, too.
        "spark.executorEnv.PYTHONSAFEPATH": "1",
        # After a lost executor the stage waits for another one: look for it every second.
        "spark.scheduler.barrier.maxConcurrentTasksCheck.interval": "1s",
        "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": 120,
        # A whole training is one stage, which may lose many executors in its time.
        "spark.stage.maxConsecutiveAttempts": 6,
        "spark.sql.execution.arrow.maxRecordsPerBatch": 4096,
    }
    if cores is not None:
        master = f"local[{cores}]"
        chosen["spark.task.cpus"] = cores
        chosen["spark.driver.host"] = chosen["spark.driver.bindAddress"] = "127.0.0.1"
        chosen["spark.driver.memory"] = f"{memory}m"
        if cache_is_temporary():  # one for all of them
            chosen["spark.executorEnv.LENET_CACHE"] = str(cache_folder())
        # Java's thorough compiler would take a part of the cores for the first seconds of the
        # training, for code that hands over the images once and then waits.
        java_options += archive_options()
        if is_ours(master):
            chosen |= _LEFT_OUT | _OWN_WORKERS
        if not thorough:
            java_options += " -XX:TieredStopAtLevel=1"
    elif threads is not None:
        chosen["spark.executor.cores"] = chosen["spark.task.cpus"] = threads
    found = chosen | {"spark.master": master, **home_settings(java_options)}
    return {key: str(value) for key, value in found.items()}


def driver_memory(data_bytes: int) -> int:
    """MiB for Java in local mode, where images pass through it and lie there several times. What
    is left of the machine, or of its container, is for Python; Spark starts with 450 at least."""
    wanted = max(1024, 512 + 4 * data_bytes // 2**20)
    most = total_memory() // 2**20 // 2
    return max(512, min(wanted, most)) if most else wanted


def memory_ahead() -> int:
    """MiB for a Java that starts before anybody knows how many images there will be: it takes no
    more of them than it comes to need."""
    return min(driver_memory(2**60), _MOST_MEMORY) if total_memory() else driver_memory(0)
