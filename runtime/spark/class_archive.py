"""Java's archive of Spark's classes: what one session has loaded and checked, the next ones map.

Half of the time until a session is up, and until it has answered its first query, goes into some
nine thousand classes. Java can write those that it has loaded into a file when it ends (dynamic
class data sharing, JEP 350), and uses the file where it fits the Java and the jars; where it does
not, it says nothing and loads the classes.
"""

import hashlib
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from lenet.compiler.jit.folders import cache_folder, cache_is_temporary
from lenet.runtime.spark.installed import plain_spark

_QUIET = "-Xlog:cds*=off"  # which classes cannot be shared is nothing for users
# The header comes last, so a file that begins otherwise is being written, or was not finished.
_HEADER = (0xF00BABA8).to_bytes(4, "little")
_WRITING = 600.0  # seconds after which whoever began to write a file has given up
_UNUSED = 90 * 86400.0  # seconds after which archives of other versions are removed


def archive_options() -> str:
    """Java's options for a session in this process: to use the archive, or to write it at the end
    where there is none yet. Nothing where neither can be."""
    archive = archive_path()
    if archive is None:
        return ""
    if is_whole(archive):
        os.utime(archive)
        return f" -XX:SharedArchiveFile={archive} {_QUIET}"
    if not _may_be_written(archive):
        return ""
    return f" -XX:ArchiveClassesAtExit={archive} {_QUIET}"


def drop_archive() -> bool:
    """Remove the archive if there is one: Java crashes on one that is damaged."""
    archive = archive_path()
    if archive is None or not archive.exists():
        return False
    with suppress(OSError):
        archive.unlink()
        return True
    return False


def archive_path() -> Path | None:
    """Where the archive is, or would be, for the Java and the Spark that a session would take."""
    # With folders on Java's path of classes that are not empty, it writes no archive, and does not
    # even start if it is asked to.
    java, spark = _java(), plain_spark()
    if java is None or spark is None or cache_is_temporary() or " " in str(cache_folder()):
        return None
    version = (spark / "version.py").read_text(errors="replace")
    known = f"{java}\n{java.stat().st_mtime_ns}\n{spark}\n{version}"
    digest = hashlib.sha256(known.encode()).hexdigest()[:16]
    return cache_folder() / "java" / f"spark-{digest}.jsa"


def _java() -> Path | None:
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home, "bin", "java")) if home else shutil.which("java")
    path = Path(found).resolve() if found else None
    return path if path is not None and path.is_file() else None


def is_whole(archive: Path) -> bool:
    """Whether Java has written the file to its end."""
    try:
        with archive.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return False


def _may_be_written(archive: Path) -> bool:
    """Whether nobody else writes it or is about to, and the place is there."""
    try:
        archive.parent.mkdir(mode=0o700, exist_ok=True)
        if archive.exists() and time.time() - archive.stat().st_mtime < _WRITING:
            return False
        for other in archive.parent.glob("spark-*.jsa"):
            if time.time() - other.stat().st_mtime > _UNUSED:
                other.unlink()
        archive.touch()  # for others to see: Java writes a new file when it ends
    except OSError:
        return False
    return True
