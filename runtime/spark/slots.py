"""Whether a cluster can run all workers at once, before Spark waits for ever."""

import time

from pyspark.sql import SparkSession

from lenet.dsl.errors import LenetError
from lenet.runtime.spark.settings import local_cores

_FIRST_SECONDS = 60.0  # that the first executor may take to come
_NEXT_SECONDS = 10.0  # and each further one
_SECRETS = (
    "spark.authenticate", "spark.network.crypto.enabled", "spark.ssl.enabled",
    "spark.ssl.rpc.enabled", "spark.io.encryption.enabled",
)  # fmt: skip


def slots(session: SparkSession) -> int:
    """How many tasks run at once on the executors that are there now."""
    context = session.sparkContext._jsc.sc()
    profile = context.resourceProfileManager().defaultResourceProfile()
    return int(context.maxNumConcurrentTasks(profile))


def worker_count(session: SparkSession, wanted: int | None, most: int) -> int:
    """`wanted`, or one for each slot, but at most `most`; LenetError where there are too few.

    On a cluster, executors may still be on their way: those of a new session, or in place of some
    that were lost.
    """
    context = session.sparkContext
    local = local_cores(context.master or "") is not None
    found = slots(session)
    began = context.startTime / 1000
    young = time.time() - began < _FIRST_SECONDS
    since = time.time() if young or wanted or not found else began
    while not local and found < (wanted or most):
        if time.time() - since > (_NEXT_SECONDS if found else _FIRST_SECONDS):
            break
        time.sleep(0.5)
        before, found = found, slots(session)
        since = time.time() if found != before else since
    if found == 0:
        raise LenetError(
            "the cluster has no executors",
            f"None has come within {_FIRST_SECONDS:g} seconds; tasks want "
            f"{session.conf.get('spark.task.cpus', '1')} cores.",
            "look into the master's web page, and ask for fewer cores or less memory",
        )
    if wanted is not None and wanted > found:
        raise LenetError(
            f"{wanted} workers cannot run at once",
            f"The executors have room for {found} tasks of "
            f"{session.conf.get('spark.task.cpus', '1')} cores each, and all workers of a training "
            "run together.",
            f"ask for at most {found} workers, or for more executors",
        )
    return wanted or min(found, most)


def check_cluster(session: SparkSession) -> None:
    """LenetError where the cluster's size may change while a training runs."""
    conf = session.sparkContext.getConf()
    if conf.get("spark.dynamicAllocation.enabled", "false") == "true":
        raise LenetError(
            "Spark cannot run a training with dynamic allocation",
            "All workers run together from the first step to the last.",
            "set spark.dynamicAllocation.enabled to false, and spark.executor.instances",
        )


def encrypts(session: SparkSession) -> bool:
    """Whether Spark keeps secret what crosses the network, or wants to know who sends it."""
    conf = session.sparkContext.getConf()
    local = local_cores(session.sparkContext.master or "") is not None
    return not local and any(conf.get(key, "").lower() == "true" for key in _SECRETS)
