"""Ships these packages to the executors, with the run itself."""

import atexit
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pyspark import cloudpickle
from pyspark.sql import SparkSession

from compiler.folders import cache_folder, cache_is_temporary
from dsl.errors import LenetError
from runtime.spark import boot
from runtime.spark.session import local_cores

_ROOT = Path(__file__).parents[2]
PACKAGES = ("dsl", "compiler", "runtime")
_KINDS = (".py", ".lark", ".properties")


def shipped(
    session: SparkSession, name: str, *arguments: Any
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A function of runtime/spark, such as `task.train`, for `mapInArrow`; the arguments come
    behind the batches."""
    context, code = session.sparkContext, str(_ROOT)
    if local_cores(context.master or "") is None:
        path = _archive()
        code = path.name
        if not any(name.endswith(code) for name in context.listFiles):
            context.addFile(str(path))
    elif cache_is_temporary():
        context.environment["LENET_CACHE"] = str(cache_folder())
    cloudpickle.register_pickle_by_value(boot)
    return boot.boot(name, cloudpickle.dumps(arguments), code, PACKAGES)


@cache
def _archive() -> Path:
    """A zip file of the packages, named after what is in it."""
    files = sorted(
        path
        for package in PACKAGES
        for path in (_ROOT / package).rglob("*")
        if path.suffix in _KINDS and "__pycache__" not in path.parts
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes())
    try:
        folder = Path(tempfile.mkdtemp(prefix="lenet-code-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        archive = folder / f"lenet-{digest.hexdigest()[:16]}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in files:
                file.write(path, path.relative_to(_ROOT))
    except OSError as error:
        raise LenetError("cannot pack the code for the executors", str(error)) from None
    return archive
