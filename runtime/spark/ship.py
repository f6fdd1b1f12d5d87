"""Ships this package to the executors, with the run itself."""

import atexit
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pyspark import cloudpickle
from pyspark.sql import SparkSession

from lenet.compiler.jit.folders import cache_folder, cache_is_temporary
from lenet.dsl.errors import LenetError
from lenet.runtime.spark import boot
from lenet.runtime.spark.settings import local_cores

_PACKAGE = Path(__file__).parents[2]
_KINDS = (".py", ".lark", ".properties")


def shipped(
    session: SparkSession, name: str, *arguments: Any
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A function of runtime/spark, such as `task.train`, for `mapInArrow`; the arguments come
    behind the batches."""
    context, code = session.sparkContext, str(_PACKAGE.parent)
    if local_cores(context.master or "") is None:
        path = _archive()
        code = path.name
        if not any(name.endswith(code) for name in context.listFiles):
            context.addFile(str(path))
    elif cache_is_temporary():
        context.environment["LENET_CACHE"] = str(cache_folder())
    cloudpickle.register_pickle_by_value(boot)
    return boot.boot(name, cloudpickle.dumps(arguments), code)


@cache
def _archive() -> Path:
    """A zip file of the package, named after what is in it."""
    # Some of its folders are links in a checkout, which Path.rglob does not follow.
    files = sorted(
        path
        for folder, _, names in os.walk(_PACKAGE, followlinks=True)
        for path in (Path(folder, name) for name in names)
        if path.suffix in _KINDS
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(_PACKAGE.parent)).encode() + b"\0" + path.read_bytes())
    try:
        folder = Path(tempfile.mkdtemp(prefix="lenet-code-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        archive = folder / f"lenet-{digest.hexdigest()[:16]}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in files:
                file.write(path, path.relative_to(_PACKAGE.parent))
    except OSError as error:
        raise LenetError("cannot pack the code for the executors", str(error)) from None
    return archive
