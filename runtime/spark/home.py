"""What Spark and Java want of a user: a name, a home, and a working folder to write to.

Containers often run as a bare number. Java then takes "?" for its home, and Hadoop, which asks for
a name, ends with a NullPointerException.
"""

import os
import pwd
from pathlib import Path

from lenet.compiler.jit.folders import folder_of_this_process


def has_name() -> bool:
    """Whether the system knows the user of this process."""
    try:
        return bool(pwd.getpwuid(os.getuid()).pw_name)
    except KeyError:
        return False


def name_user() -> None:
    """Set this process's environment so that Hadoop takes a nameless user for `uid…`."""
    if not has_name():
        name = os.environ.setdefault("HADOOP_USER_NAME", f"uid{os.getuid()}")
        os.environ.setdefault("SPARK_USER", name)


def home_settings(java_options: str) -> dict[str, str]:
    """Spark's settings for a session of ours: what it would write into the working folder or into
    a home that is not there goes into a folder that is gone with this process."""
    folder = folder_of_this_process("lenet-spark-")
    found = {"spark.sql.warehouse.dir": str(folder / "warehouse")}
    if not _home_can_be_written():
        found["spark.jars.ivy"] = str(folder / "ivy")
        java_options += f" -Duser.home={folder}"
    return {**found, "spark.driver.extraJavaOptions": java_options}


def _home_can_be_written() -> bool:
    """Java's, which is that of /etc/passwd, whatever HOME says."""
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return False
    return home.is_dir() and os.access(home, os.W_OK | os.X_OK)
