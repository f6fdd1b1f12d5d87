"""Which Spark sessions run on, and whether anybody has settings for it. Nothing here imports
pyspark, which takes longer than to find it."""

import os
from importlib.util import find_spec
from pathlib import Path

from lenet.dsl.errors import LenetError

_FOLDERS = ("SPARK_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR")
_PATHS = ("SPARK_DIST_CLASSPATH", "SPARK_HOME", "CLASSPATH")


def package() -> Path | None:
    """The folder of pyspark, which is a whole Spark where pip has installed it."""
    found = find_spec("pyspark")
    return Path(found.origin).parent if found is not None and found.origin else None


def plain_spark() -> Path | None:
    """The package, where sessions run on it alone: it has no settings, and no variable names
    settings or classes of others."""
    place = package()
    if place is None or any(map(os.environ.get, _PATHS)):
        return None
    if any(_has_files(folder) for name in _FOLDERS if (folder := os.environ.get(name))):
        return None
    return None if _has_files(str(place / "conf")) else place


def spark_home() -> str:
    """The folder of Spark's programs, as pyspark finds it."""
    place = None if os.environ.get("SPARK_HOME") else package()
    if place and (place / "jars").is_dir() and not (place / "spark-distribution").exists():
        return str(place)
    from pyspark.find_spark_home import _find_spark_home

    try:
        return str(_find_spark_home())
    except SystemExit:
        raise LenetError("Spark's programs are not there", fix="set SPARK_HOME") from None


def _has_files(folder: str) -> bool:
    try:
        return any(os.scandir(folder))
    except OSError:
        return False
