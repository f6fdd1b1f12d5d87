"""What is kept between two calls, where, and how much it takes."""

import os
from collections.abc import Iterator
from pathlib import Path

from lenet.compiler.jit.folders import look_at_cache
from lenet.doctor.finding import Finding, size

_GROUP = "cache"


def cache_findings() -> Iterator[Finding]:
    """The folder, what lies in it, and Java's archive of classes."""
    folder, cause, cure = look_at_cache()
    if cause:
        problem = f"it cannot be used: {cause}; kernels are compiled anew for each process"
        yield Finding(_GROUP, "folder", str(folder), problem, cure)
        return
    sizes = {inside.name: _size_of(inside) for inside in sorted(folder.iterdir())}
    parts = ", ".join(f"{name} {size(count)}" for name, count in sizes.items() if count >= 2**20)
    yield Finding(_GROUP, "folder", f"{folder}, {size(sum(sizes.values()))}")
    if parts:
        yield Finding(_GROUP, "in it", parts)
    yield from _archive()


def _archive() -> Iterator[Finding]:
    """A session that finds it starts in half of the time."""
    from lenet.runtime.spark.class_archive import archive_path, is_whole
    from lenet.runtime.spark.installed import package

    if package() is None:  # without Spark there is none
        return
    archive = archive_path()
    if archive is None:
        yield Finding(_GROUP, "Java's classes", "not kept with this Java and these settings")
    elif is_whole(archive):
        yield Finding(_GROUP, "Java's classes", f"kept, {size(archive.stat().st_size)}")
    else:
        yield Finding(_GROUP, "Java's classes", "not kept yet: the first session writes them")


def _size_of(path: Path) -> int:
    """Bytes on the disk; what goes away meanwhile counts nothing."""
    total = 0
    paths = [Path(where, name) for where, _, names in os.walk(path) for name in names]
    for file in paths if path.is_dir() else [path]:
        try:
            total += file.lstat().st_size
        except OSError:
            continue
    return total
